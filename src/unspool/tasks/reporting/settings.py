"""The figures, the settings and the environment of a run, at the end of its report."""

from collections.abc import Mapping, Sequence
from typing import Any

from unspool.pages.page import folded, paragraph, section, table
from unspool.specs.recipe import Recipe, without_folders
from unspool.tasks.reporting.meanings import MEANINGS

OTHER = {
    "event",
    "step",
    "best_step",
    "done",
    "seconds",
    "phases",
    "tokens_per_second",
    "untrained",
    "ngrams",
    "change",
}


def figures_section(end: Mapping[str, Any]) -> str:
    """Return the closing figures of a run with what they mean."""
    rows = [
        (MEANINGS.get(name, name.replace("_", " ")), f"{value:,}" if isinstance(value, int) else f"{value:.4f}")
        for name, value in end.items()
        if name not in OTHER and isinstance(value, int | float)
    ]
    caution = f"This model is untrained: {end['untrained']}." if end.get("untrained") else ""
    found = table("Measured on what was held out, at the end of the run", ("figure", "value"), rows) if rows else ""
    return section("What do the figures say?", paragraph(caution), found)


def settings_section(recipe: Recipe, events: Sequence[Mapping[str, Any]], size: str) -> str:
    """Return what a model was made with: its settings and the environment, folded.

    Args:
        recipe: holds the settings.
        events: are those of the history.
        size: says how large the model is.
    """
    values = without_folders(recipe).model_dump(exclude_none=True)
    parts = [
        table(f"{name}", ("setting", "value"), [(key, _shown(value)) for key, value in part.items()], words=True)
        for name, part in values.items()
        if isinstance(part, Mapping) and part
    ]
    places = [event["environment"] for event in events if isinstance(event.get("environment"), Mapping)]
    ran = [
        table("What it ran on", ("what", "value"), [(key, _shown(value)) for key, value in place.items()], words=True)
        for place in places
    ]
    timed = [event["phases"] for event in events if isinstance(event.get("phases"), Mapping)]
    phases = timed[-1] if timed else {}
    took = table("What took how long", ("phase", "seconds"), [(name, f"{value:.2f}") for name, value in phases.items()])
    return section(
        "What was it made with?",
        paragraph(size),
        folded("All settings", "\n".join(parts)),
        folded("Environment", "\n".join([*ran, *([took] if phases else [])])) if ran or phases else "",
    )


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value)) or "none"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)
