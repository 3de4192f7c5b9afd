"""What `train` needs besides its options: recipes, a path for the model, the closing figures of a run."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from unspool.display.terminal import tell, visible
from unspool.errors import UsageError, reporting_write_errors, shell_command, shell_word, this_program

REMEDY = "More data help most, then more minutes."


def read_recipe(config: Path | None, given: Mapping[str, Any]) -> tuple[dict[str, dict[str, Any]], str | None]:
    """Return the settings of a recipe file and of the options, which win; and the task that the file implies.

    Args:
        config: is the path of the file; none reads no file.
        given: are the options.

    Raises:
        UsageError: the file is not a recipe.
    """
    from unspool.folder.migration import migrated_recipe
    from unspool.folder.model_folder import read_toml, with_paths
    from unspool.tasks.registry import choose_row
    from unspool.tasks.settings import grouped, known_settings, merged

    settings = grouped(given)
    if config is None:
        return settings, None
    file = read_toml(config)
    for name, value in file.items():
        if name not in (*settings, "task", "started_from") or (name in settings and not isinstance(value, dict)):
            raise UsageError(
                f"{config}: {name} is not a section of a recipe.", f"its sections are {', '.join(settings)}."
            )
    sections = migrated_recipe({name: value for name, value in file.items() if name in settings}, {})
    row = choose_row({**sections.get("data", {}), **settings["data"]}, file.get("task"))
    recipe = migrated_recipe(sections, known_settings(row.load("recipe")))
    recipe = with_paths(row.load("recipe"), config, recipe)
    return merged(recipe, settings), row.name


@contextmanager
def model_path(
    chosen: Path | None, data: list[str], settings: dict[str, dict[str, Any]], task: str | None
) -> Iterator[Path]:
    """Return the path of the model folder: the one that was chosen, or a new `runs/NAME`, with a number if that exists.

    The new folder is made at once, so that no other process takes it, and removed if nothing was written into it. That
    it has a number is said at the end.

    Raises:
        OutputError: it cannot be made.
    """
    from unspool.folder.atomic import waiting
    from unspool.folder.lock import is_locked

    if chosen is not None:
        yield chosen
        return
    if data:
        name = _name_of(data)
    else:
        from unspool.tasks.registry import choose_row

        name = choose_row(settings["data"], task).load("task")().name(settings)
    path, number = Path("runs") / name, 2
    with reporting_write_errors(path):
        path.parent.mkdir(exist_ok=True)
        while path.exists() or waiting(path) or is_locked(path) or not _make(path):
            path, number = Path("runs") / f"{name}-{number}", number + 1
    try:
        yield path
        if path.name != name:
            tell(visible(f"{path.with_name(name)} was there before, so this model is {path}."))
    finally:
        for folder in (path, path.parent):
            with suppress(OSError):
                folder.rmdir()


def _name_of(sources: list[str]) -> str:
    """Return the name of the folder of a model of some sources: that of the first, or of the folder they all are in."""
    from unspool.data.files import bare_name
    from unspool.data.given import is_text

    first, folders = sources[0], {Path(source).parent for source in sources}
    if first == "-":
        return "stdin"
    if is_text(first):
        return "text"
    in_one = len(sources) > 1 and len(folders) == 1 and Path(first).parent.name not in ("", "..")
    return bare_name(str(Path(first).parent) if in_one else first).split(".")[0] or "model"


def _make(path: Path) -> bool:
    """Make a folder; return whether it is new."""
    try:
        path.mkdir()
    except FileExistsError:
        return False
    return True


def closing_values(model: Any, path: Path) -> dict[str, Any]:
    """Return what a run ended with, for programs; one that was interrupted has the command that continues it.

    Args:
        model: is that of the run.
        path: is that of its folder.
    """
    from unspool.training.history import History

    events = model.read_folder(lambda folder: History(folder.path / "history.jsonl").events())
    figures = next(event for event in reversed(events) if event["event"] == "end")
    resume = {} if figures["done"] else {"resume": shell_command("train", "--resume", path)}
    return {"model": str(path), **figures, **resume}


def closing_text(model: Any, path: Path) -> str:
    """Return what a run ended with, in some lines. See `closing_values`."""
    from unspool.tasks.registry import ROWS
    from unspool.tasks.reporting.whole import REPORT

    figures, learnt = closing_values(model, path), ROWS[model.config.task].load("task")()
    lines = [
        f"{path}: {learnt.summary(figures)}",
        *([f"warning: this model is untrained: {figures['untrained']}. {REMEDY}"] if figures["untrained"] else []),
        *([f"interrupted; to go on: {figures['resume']}"] if "resume" in figures else []),
        *([f"report: {path / REPORT}"] if (path / REPORT).exists() else []),
    ]
    return "".join(f"{visible(line)}\n" for line in lines)


def example(path: Path, config: Any) -> str:
    """Return a command that uses the model at a path, which the config describes."""
    from unspool.tasks.registry import ROWS

    command: str = ROWS[config.task].load("task")().card_of(config).command
    return this_program() + command.removeprefix("unspool").format(name=shell_word(path))
