"""A line at the bottom of the terminal that says how far something is, and fits any width of 40 columns and more.

    ━━━━━━━━━━━━━━──────────   57%  0:26 left  training 1.745  fresh 1.802  63,821 tokens/s    of 80 columns and more
    57%  0:26 left  loss 1.745  fresh 1.802                                                    of 40

What is said is chosen by the width, so nothing is cut off in the middle; what is written meanwhile scrolls above it.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from unspool.display.terminal import surviving_loss, visible
from unspool.training.standing import Standing, clock

REFRESHES = 4  # a second
MIN_BAR, MAX_BAR = 8, 24  # columns
DONE, REST = "cyan", "bright_black"  # colours that are read on a light and on a dark ground
ROOMY = 60  # columns from which the training loss is called so
GAP = 2  # columns between two parts
MUST = 3  # parts that are never left out: what is done, the time left, the loss


class Piece(NamedTuple):
    """Some characters of the line, and how they look."""

    text: str
    style: str = ""


def can_redraw() -> bool:
    """Return whether standard error is a terminal that can write a line again."""
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


def standing_line(standing: Standing, width: int, ascii_only: bool = False) -> list[Piece]:
    """Return the line of a run: where it stands, or the phase that it is in.

    Args:
        standing: is that of the run.
        width: is that of the terminal in columns, at least 40.
        ascii_only: draws the bar in ASCII.
    """
    losses = [
        f"{name} {bits:.3f}"
        for name, bits in (("training" if width >= ROOMY else "loss", standing.training), ("fresh", standing.fresh))
        if bits is not None
    ]
    if standing.event is None or standing.doing != "training":
        return phase_line(standing.doing, time.monotonic() - standing.since, losses, width)
    left = f"{clock(standing.seconds_left or 0)} left"
    rate = standing.tokens_per_second
    further = [*([f"{rate:,.0f} tokens/s"] if rate else []), f"bits per {standing.unit}"]
    return fraction_line(standing.progress, [left, *losses], further, width, ascii_only)


def fraction_line(
    progress: float, needed: Sequence[str], further: Sequence[str], width: int, ascii_only: bool = False
) -> list[Piece]:
    """Return a bar, a percentage, and what is said about it, as much as fits.

    Args:
        progress: is the fraction that is done, 0 to 1.
        needed: is said, the first two in any case; where there is little room the bar goes.
        further: is said where there is room, the first first.
        width: is that of the terminal in columns.
        ascii_only: draws the bar in ASCII.
    """
    said, gap = [f"{progress:4.0%}", *needed], GAP
    if _length(said, gap) > width:
        said = [one.strip() for one in said]
        gap = GAP if _length(said, GAP) <= width else 1
    while len(said) > MUST and _length(said, gap) > width:
        said.pop()
    room = width - _length(said, gap) - GAP
    for one in further:
        if room - MIN_BAR >= GAP + len(one):
            said.append(one)
            room -= GAP + len(one)
    bar = _bar(progress, min(room, MAX_BAR), ascii_only) if room >= MIN_BAR else []
    first, *others = said
    return [*bar, Piece(first), *(Piece(f"{' ' * gap}{one}") for one in others)]


def phase_line(doing: str, seconds: float, said: Sequence[str], width: int) -> list[Piece]:
    """Return what is being done, for how long, and what else is said, as far as it fits.

    Args:
        doing: is cut off where the terminal is too narrow for it.
        seconds: is the time since it began.
        said: is left out where there is no room, the last first.
        width: is that of the terminal in columns.
    """
    shown = [clock(int(seconds)), *said]
    while len(shown) > 1 and len(doing) + GAP + _length(shown, GAP) > width:
        shown.pop()
    room = width - _length(shown, GAP) - GAP
    named = doing if len(doing) <= room else f"{doing[: max(0, room - 3)]}..."
    return [Piece(named, DONE), *(Piece(f"{' ' * GAP}{one}") for one in shown)]


def _length(said: Sequence[str], gap: int) -> int:
    return sum(map(len, said)) + gap * (len(said) - 1)


def _bar(progress: float, width: int, ascii_only: bool) -> list[Piece]:
    """Draw a bar of so many columns, and the gap after it."""
    done = min(width, int(progress * width))
    mark, rest = (
        ("#", "-") if ascii_only else ("\N{BOX DRAWINGS HEAVY HORIZONTAL}", "\N{BOX DRAWINGS LIGHT HORIZONTAL}")
    )
    return [Piece(mark * done, DONE), Piece(rest * (width - done), REST), Piece(" " * GAP)]


class Bar:
    """The line, drawn again four times a second.

    Args:
        line: returns it for a width in columns, in ASCII or not.
    """

    def __init__(self, line: Callable[[int, bool], list[Piece]]) -> None:
        from rich.console import Console  # here and not above: most commands draw nothing
        from rich.live import Live

        self._line = line
        self._console = Console(stderr=True)
        self._ascii = not self._console.encoding.lower().startswith("utf")
        self._live = Live(
            get_renderable=self._render,
            console=self._console,
            refresh_per_second=REFRESHES,
            transient=True,
            redirect_stdout=False,  # answers go there, as bytes too
        )

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the line until the end of a block; then it is gone."""
        with surviving_loss():
            self._live.start()
        try:
            yield
        finally:
            with surviving_loss():
                self._live.stop()

    def print(self, line: str) -> None:
        """Write a line above the bar, unbroken, so that a command in it can be pasted."""
        with surviving_loss():
            self._console.print(visible(line), markup=False, highlight=False, emoji=False, soft_wrap=True)

    def _render(self) -> Any:
        from rich.text import Text

        pieces = self._line(self._console.width, self._ascii)
        return Text.assemble(*pieces, no_wrap=True, overflow="crop")
