"""What happened in a run, one JSON event a line, on disk at once."""

import json
from pathlib import Path
from typing import Any

from unspool.folder.atomic import reporting_write_errors, write_atomically


class History:
    """Appends events to `history.jsonl`.

    Args:
        path: of the file.
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
        """All events; a line that a crash cut off is left out."""
        if not self._path.exists():
            return []
        events = []
        for line in self._path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                events.append(json.loads(line))
            except ValueError:
                continue
        return events

    def rewind(self, step: int) -> None:
        """Drop what came after a step, because the run goes on from there."""
        kept = [json.dumps(event) + "\n" for event in self.events() if event.get("step", 0) <= step]
        write_atomically(self._path, "".join(kept))
