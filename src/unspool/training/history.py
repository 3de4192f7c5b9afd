"""The events of a run on disk, a JSON object on each line."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from unspool.errors import reporting_write_errors
from unspool.folder.atomic import write_atomically


class History:
    """Appends events to `history.jsonl`.

    Args:
        path: is that of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, **event: Any) -> None:
        """Write one event.

        Raises:
            OutputError: it cannot be written.
        """
        with reporting_write_errors(self._path), self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")

    def events(self) -> list[dict[str, Any]]:
        """Return all events; a line that a crash cut off is left out."""
        if not self._path.exists():
            return []
        with reporting_write_errors(self._path):
            lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        return [event for event in map(_parsed, lines) if event is not None]

    def closed(self) -> bool:
        """Return whether a run was trained to the end, measured, and its model completed."""
        return any(event["event"] == "end" and event.get("done") for event in self.events())

    def rewind(self, step: int) -> None:
        """Drop the events after a step, because the run continues from there."""
        kept = [json.dumps(event) + "\n" for event in self.events() if event["step"] <= step]
        write_atomically(self._path, "".join(kept))


def loss_curves(events: Iterable[Mapping[str, Any]]) -> dict[str, list[tuple[float, float]]]:
    """Return the losses of a run against its seconds, in nats per token: of the training part, and of the held-out one.

    Args:
        events: are those of a run.
    """
    measured = [event for event in events if isinstance(event.get("seconds"), int | float) and event["event"] != "end"]
    found = {
        name: [(float(event["seconds"]), float(event[key])) for event in measured if event.get(key) is not None]
        for name, key in (("training", "loss"), ("held out", "fresh"))
    }
    return {name: points for name, points in found.items() if points}


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    whole = isinstance(event, dict) and isinstance(event.get("event"), str) and type(event.get("step")) is int
    return event if whole else None
