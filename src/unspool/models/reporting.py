"""Write the report of a model."""

from contextlib import suppress
from pathlib import Path

from unspool.errors import ModelFolderError
from unspool.folder.atomic import write_atomically
from unspool.folder.copies import BEFORE
from unspool.folder.model_folder import ModelFolder
from unspool.models.base import Model
from unspool.tasks.opening import read_recipe, row_of_folder
from unspool.tasks.reporting.whole import REPORT, Facts, report_page
from unspool.training.history import History

READ_MORE = "It has read more since: the figures and the curves are from before."


def write_report(model: Model, out: Path | None) -> Path:
    """Write the report of a model, and return its path.

    Args:
        model: was opened.
        out: is the file to write; none writes `report.html` into the model folder.

    Raises:
        ModelFolderError: the model was replaced since it was opened.
        OutputError: the file cannot be written.
    """

    def drawn(folder: ModelFolder) -> str:
        events = History(folder.path / "history.jsonl").events()
        recipe, kind = None, row_of_folder(folder).load("task").card.kind
        with suppress(ModelFolderError):  # of what another program trained there is none
            recipe = read_recipe(folder)
        caution = READ_MORE if (folder.path / BEFORE).is_dir() else ""
        facts = Facts(model.path.resolve().name, kind, model.config.network, recipe, events, caution)
        return report_page(facts, model.own_report(folder, events))

    place = model.path / REPORT if out is None else out
    write_atomically(place, model.read_folder(drawn))
    return place
