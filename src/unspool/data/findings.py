"""What reading some data found out, left out or changed: said at the top of the run and on the model card.

The sentences are kept with the examples, so that a run that is resumed can say them again.
"""

import json
from pathlib import Path
from typing import Protocol

from unspool.errors import reporting_write_errors

FILE = "findings.json"


class Named(Protocol):
    """A file, as its counts need to know it."""

    @property
    def name(self) -> str:
        """What it is called."""


class Findings:
    """Collects notes, warnings and counts. A file may be read again and again: its first complete reading counts."""

    def __init__(self) -> None:
        self._notes: dict[str, None] = {}
        self._warnings: dict[str, None] = {}
        self._counts: dict[str, dict[Named, tuple[int, str]]] = {}  # what -> file -> number, place of the first
        self._complete: set[Named] = set()
        self._again: set[Named] = set()  # files that are read once more, and have been counted

    def note(self, sentence: str) -> None:
        """Take a sentence about the data."""
        self._notes[sentence] = None

    def warn(self, sentence: str) -> None:
        """Take a sentence that a person should act on."""
        self._warnings[f"warning: {sentence}"] = None

    def begin(self, file: Named) -> None:
        """Begin to read a file at its start: what a reading that was not complete has counted is forgotten."""
        if file in self._complete:
            self._again.add(file)
            return
        for counts in self._counts.values():
            counts.pop(file, None)

    def complete(self, file: Named) -> None:
        """Keep the counts of a file, which has been read to its end."""
        self._complete.add(file)
        self._again.discard(file)

    def count(self, what: str, file: Named, place: str, number: int = 1) -> None:
        """Count examples, cells or characters.

        Args:
            what: names them, and says what became of them: `rows left out because their text is empty`.
            file: is the one that they are in.
            place: says where in it the first of them is: `line 7`; empty where it is the file itself.
            number: is how many there are.
        """
        if number and file not in self._again:
            before, first = self._counts.setdefault(what, {}).get(file, (0, place))
            self._counts[what][file] = (before + number, first)

    def added_to(self, where: str) -> str:
        """Return what an error calls the sources, with what was left out of them, since that may be the reason."""
        return "; ".join([where, *(line.removesuffix(".") for line in self._counted_lines)])

    @property
    def _counted_lines(self) -> list[str]:
        return [_counted(what, counts) for what, counts in self._counts.items() if counts]

    @property
    def lines(self) -> list[str]:
        """The notes and counts as sentences, a line each; files are named without their folders."""
        return [*self._notes, *self._counted_lines]

    @property
    def warnings(self) -> list[str]:
        """The warnings, a line each."""
        return list(self._warnings)

    def keep(self, folder: Path) -> None:
        """Write the sentences, to be read by `kept_findings`."""
        content = json.dumps({"lines": self.lines, "warnings": self.warnings}, indent=1)
        with reporting_write_errors(folder):
            (folder / FILE).write_text(content, encoding="utf-8")


def _counted(what: str, counts: dict[Named, tuple[int, str]]) -> str:
    total = sum(number for number, _ in counts.values())
    file, (_, place) = next(iter(counts.items()))
    where = f"in {Path(file.name).name}, {place}" if place else Path(file.name).name
    return f"{what}: {total:,}, the first {where}."


def kept_findings(folder: Path) -> tuple[list[str], list[str]]:
    """Read the lines and the warnings that `Findings.keep` wrote; none where a former version wrote the folder."""
    try:
        values = json.loads((folder / FILE).read_bytes())
        return [str(line) for line in values["lines"]], [str(line) for line in values["warnings"]]
    except (OSError, ValueError, KeyError, TypeError):
        return [], []
