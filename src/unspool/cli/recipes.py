"""What `train` reads before a run, and where it writes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unspool.errors import UsageError


def read_recipe(config: Path | None, given: Mapping[str, Any]) -> tuple[dict[str, dict[str, Any]], str | None]:
    """What the recipe file says, and the options, which win; and the task that the file names.

    Raises:
        UsageError: the file is no recipe.
    """
    from unspool.folder.model_folder import read_toml
    from unspool.tasks.recipe import SECTIONS, grouped, merged

    if config is None:
        return grouped(given), None
    file = read_toml(config)
    for name, value in file.items():
        if name not in (*SECTIONS, "task", "started_from") or (name in SECTIONS and not isinstance(value, dict)):
            raise UsageError(
                f"{config}: {name} is not a section of a recipe.", f"its sections are {', '.join(SECTIONS)}."
            )
    return merged(file, grouped(given)), file.get("task")


def free_place(data: list[str], task: str | None) -> Path:
    """`runs/NAME`, with a number if that is taken."""
    name = "dates" if task == "translation" else "python-reference"
    if data:
        name = "stdin" if data[0] == "-" else Path(data[0]).resolve().name.split(".")[0] or "model"
    place, number = Path("runs") / name, 2
    while place.exists():
        place, number = Path("runs") / f"{name}-{number}", number + 1
    return place


def last_figures(path: Path) -> dict[str, Any]:
    """The event of the history that ended the run."""
    from unspool.training.history import History

    return next(event for event in reversed(History(path / "history.jsonl").events()) if event["event"] == "end")
