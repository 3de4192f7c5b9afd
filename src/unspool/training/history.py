"""The events of a run on disk, a JSON object on each line."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from unspool.errors import reporting_write_errors
from unspool.folder.atomic import write_atomically
from unspool.training.callback import StepEvent

POINTS = 300  # of a curve of the training loss


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

    def begin(self, step: int, environment: dict[str, Any], **facts: Any) -> None:
        """Write what a run begins with; of one that goes on, the environment alone, where it is another.

        Args:
            step: is where the run stands.
            environment: says what it runs on.
            **facts: are what its curves are drawn by.
        """
        known = [event["environment"] for event in self.events() if "environment" in event]
        if not known:
            self.add(event="begin", step=step, environment=environment, **facts)
        elif known[-1] != environment:
            self.add(event="environment", step=step, environment=environment)

    def rewind(self, step: int) -> None:
        """Drop the events after a step, because the run continues from there."""
        kept = [json.dumps(event) + "\n" for event in self.events() if event["step"] <= step]
        write_atomically(self._path, "".join(kept))


def loss_curves(events: Iterable[Mapping[str, Any]]) -> dict[str, list[tuple[float, float]]]:
    """Return the losses of a run against its seconds, in nats per token: of the training part, and of the held-out one.

    Args:
        events: are those of a run.
    """
    timed = [event for event in events if isinstance(event.get("seconds"), int | float)]
    often = "training" if any(event["event"] == "training" for event in timed) else "validation"  # of older folders
    found = {
        name: [(float(one["seconds"]), float(one[key])) for one in timed if one["event"] == kind and one.get(key)]
        for name, kind, key in (("training", often, "loss"), ("held out", "validation", "fresh"))
    }
    return {name: points for name, points in found.items() if points}


class TrainingCurve:
    """Writes the training loss into a history, often enough to draw a curve.

    A point is the mean loss of the updates since the point before. Where the points are depends on the progress alone,
    so a run that was cut off and resumed has those of one that was not.

    Args:
        history: receives the points.
        progress: is that of the run so far, 0 to 1.
    """

    def __init__(self, history: History, progress: float) -> None:
        self._history, self._written = history, _points(progress)
        self._losses: list[float] = []

    def add(self, event: StepEvent, loss: float) -> None:
        """Take the loss of an update, in nats per token, and write a point where one is due."""
        self._losses.append(loss)
        due = _points(event.progress)
        if due > self._written:
            mean = round(sum(self._losses) / len(self._losses), 5)
            seconds, epoch = round(event.seconds, 3), round(event.epoch, 4)
            self._history.add(event="training", step=event.step, epoch=epoch, seconds=seconds, loss=mean)
            self._written, self._losses = due, []


def _points(progress: float) -> int:
    """Return how many points a curve has at a progress of 0 to 1; a rounding error takes none away."""
    return int(progress * POINTS + 1e-6)


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    whole = isinstance(event, dict) and isinstance(event.get("event"), str) and type(event.get("step")) is int
    return event if whole else None
