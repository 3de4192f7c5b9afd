"""Start a run of any task, or go on with one: the right kind of run for the row, with the engine that trains."""

from pathlib import Path

from unspool.engines.registry import usual_training_engine
from unspool.errors import ModelFolderError
from unspool.folder.lock import locked
from unspool.folder.model_folder import ModelFolder
from unspool.folder.request import read_request
from unspool.specs.recipe import sections
from unspool.tasks.opening import read_pretrained, row_of_folder
from unspool.tasks.pretrained import Pretrained
from unspool.tasks.registry import Row, row_of
from unspool.tasks.settings import Settings, grouped
from unspool.training.callback import Callback


def start_run(
    path: Path,
    row: Row,
    requested: Settings,
    callback: Callback,
    started: float,
    overwrite: bool = False,
    pretrained: Pretrained | None = None,
) -> None:
    """Train or count, and write the model folder.

    Args:
        path: is that of the folder.
        row: is that of the task.
        requested: are the settings, by section.
        callback: receives events.
        started: is `time.monotonic` when the run began.
        overwrite: allows the folder to replace a model.
        pretrained: is the model to start from; none starts from random weights.

    Raises:
        UnspoolError: the settings, the data or the folder cannot be used, or training failed.
    """
    from unspool.tasks.base import CountedTask
    from unspool.tasks.counted import CountedRun
    from unspool.tasks.run import Run  # here and not above: models are opened without what trains them

    task = row.load("task")()
    if isinstance(task, CountedTask):
        task.check_pretrained(pretrained)
        CountedRun(path, task, requested, callback, started).new(overwrite)
    else:
        Run(path, task, requested, callback, started).new(overwrite, pretrained)


def go_on(path: Path, callback: Callback, engine: str | None) -> None:
    """Go on with a run that was cut off.

    What there is to go on with is looked for once nobody else writes the folder: a run in another process may have
    ended since, and would be begun again in the place of its model.

    Args:
        path: is that of the model folder.
        callback: receives events.
        engine: names the engine that trains; none takes the one that began the run.

    Raises:
        ModelFolderError: there is nothing to resume.
        OutputError: another process writes the folder.
    """
    with locked(path):
        _go_on(path, callback, engine)


def _go_on(path: Path, callback: Callback, engine: str | None) -> None:
    from unspool.tasks.base import CountedTask
    from unspool.tasks.counted import CountedRun
    from unspool.tasks.run import Run

    folder = ModelFolder(path)
    request = read_request(folder)
    row = row_of(request["task"]) if request else row_of_folder(folder)
    task = row.load("task")()
    if isinstance(task, CountedTask):
        if request is None:
            raise ModelFolderError(
                f"{path} is counted to the end.", "count another text, or this one with --overwrite."
            )
        CountedRun(path, task, naming_engine(row, request["settings"], engine), callback).again()
    elif request is None:
        Run(path, task, grouped({"engine": engine}), callback).resume()
    else:
        pretrained = read_pretrained(Path(request["start_from"])) if request["start_from"] else None
        Run(path, task, naming_engine(row, request["settings"], engine), callback).again(pretrained)


def naming_engine(row: Row, settings: Settings, engine: str | None) -> Settings:
    """Return settings with the engine that trains: the one given, the one that they name, or the usual one."""
    if engine is None and "training" not in sections(row.load("recipe")):
        return settings  # nothing is trained
    training = settings.get("training", {})
    return {
        **settings,
        "training": {"engine": usual_training_engine(), **training, **({"engine": engine} if engine else {})},
    }
