"""Say on standard error how far a command is that answers many texts, or measures a model."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from unspool.display.terminal import tell
from unspool.engines.announcing import following
from unspool.training.bar import Bar, Piece, can_redraw, fraction_line, phase_line
from unspool.training.standing import clock

LINE_SECONDS = 10  # between two lines, where there is no bar

Advance = Callable[[int, int, str], None]  # how much is done, of how much (0 is not known), counted in what


@contextmanager
def showing_progress(wanted: bool, scrolls: bool = False) -> Iterator[Advance]:
    """Show how far a command is: a bar on a terminal, elsewhere a line every ten seconds.

    Args:
        wanted: shows it.
        scrolls: says that answers are written to standard output meanwhile. Where that is the terminal, they show how
            far the command is, and nothing more is shown.

    Yields:
        a function that is told how far it is.
    """
    beside_answers = scrolls and sys.stdout is not None and sys.stdout.isatty()
    if not wanted or (beside_answers and can_redraw()):
        yield _nothing
        return
    shown = _Shown()
    if can_redraw():
        with Bar(shown.line).shown():
            yield shown.keep
        return
    yield shown.say


@contextmanager
def showing_measurement(wanted: bool) -> Iterator[None]:
    """Show how far the measurements of a block are, which say it themselves; see `showing_progress`."""
    with showing_progress(wanted) as advance, following(advance) if wanted else nullcontext():
        yield


def _nothing(done: int, total: int, unit: str) -> None:
    """Show nothing."""


class _Shown:
    """What was said last."""

    def __init__(self) -> None:
        self._began = self._said = time.monotonic()
        self._done, self._total, self._unit = 0, 0, ""

    def keep(self, done: int, total: int, unit: str) -> None:
        """Keep how far it is, for the bar."""
        if unit != self._unit or done < self._done:
            self._began = time.monotonic()  # another measurement
        self._done, self._total, self._unit = done, total, unit

    def say(self, done: int, total: int, unit: str) -> None:
        """Print a line, if the last one was long ago."""
        if time.monotonic() - self._said > LINE_SECONDS:
            self._said = time.monotonic()
            tell(_counted(done, total, unit))

    def line(self, width: int, ascii_only: bool) -> list[Piece]:
        """Return the line of the bar."""
        taken = time.monotonic() - self._began
        if not self._total or not self._done:
            return phase_line(_counted(self._done, 0, self._unit) if self._unit else "reading", taken, (), width)
        left = f"{clock(taken * (self._total - self._done) / self._done)} left"
        counted = _counted(self._done, self._total, self._unit)
        return fraction_line(self._done / self._total, [left], [counted], width, ascii_only)


def _counted(done: int, total: int, unit: str) -> str:
    return f"{done:,} of {total:,} {unit}" if total else f"{done:,} {unit}"
