"""Show the progress of training: a bar on a terminal, plain lines elsewhere."""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import isnan
from pathlib import Path

from unspool.cli.console import surviving_loss, tell
from unspool.cli.shown import visible
from unspool.training.callback import Callback, StepEvent, ValidationEvent
from unspool.training.tensorboard import TensorBoard

PLAIN_LINES = 10  # progress reports in a run
READING_SECONDS = 10  # between two reports of how much has been read
RATE_STEPS = 50  # the rate that is shown is the mean of so many steps
SAMPLE_WIDTH = 100


@contextmanager
def make_progress(quiet: bool = False, tensorboard: Path | None = None) -> Iterator["PlainProgress"]:
    """Make the callback that fits standard error, a terminal or not.

    Args:
        quiet: shows nothing but warnings.
        tensorboard: is a folder for curves; none writes no curves.
    """
    board = TensorBoard(tensorboard) if tensorboard else None
    if quiet:
        yield QuietProgress(board)
    elif sys.stderr.isatty():
        progress = BarProgress(board)
        progress.bar.start()
        try:
            yield progress
        finally:
            with surviving_loss():
                progress.bar.stop()
    else:
        yield PlainProgress(board)


class PlainProgress(Callback):
    """Prints a line at times, on standard error.

    Args:
        board: receives the events too.
    """

    def __init__(self, board: TensorBoard | None) -> None:
        self._board = board
        self._shown = 0
        self._rate = _Rate()
        self._read_at = time.monotonic()

    def on_note(self, line: str) -> None:
        """Print a note."""
        self.print_line(line)

    def on_encoded(self, size: int) -> None:
        """Print the size every ten seconds."""
        self._say_reading(f"read {size / 1e6:,.0f} MB")

    def on_pictures(self, done: int, total: int) -> None:
        """Print the number of pictures every ten seconds."""
        self._say_reading(f"prepared {done:,} of {total:,} pictures")

    def on_step(self, event: StepEvent) -> None:
        """Print the progress ten times in a run."""
        self._rate.add(event)
        if self._board:
            self._board.on_step(event)
        self.show(event)

    def on_validation(self, event: ValidationEvent) -> None:
        """Print both losses in bits: that of training, and the fresh one on the held-out part."""
        if self._board:
            self._board.on_validation(event)
        mark = ", the best so far" if event.best else ""
        training = "" if isnan(event.loss) else f"training {event.bits_per_character:.3f}, "  # no update since a resume
        self.print_line(
            f"step {event.step:,}: {training}fresh {event.fresh_bits_per_character:.3f} bits per {event.unit}{mark}"
        )

    def on_sample(self, step: int, text: str) -> None:
        """Print a line of what the network generates."""
        if self._board:
            self._board.on_sample(step, text)
        joined = re.sub("[ \t\r\n]+", " ", text).strip()
        self.print_line(f"  sample: {joined[:SAMPLE_WIDTH]}")

    def show(self, event: StepEvent) -> None:
        """Print where the run stands."""
        if int(event.progress * PLAIN_LINES) > self._shown:
            self._shown = int(event.progress * PLAIN_LINES)
            self.print_line(
                f"{event.progress:4.0%}  step {event.step:,} of about {event.steps_that_fit:,}  "
                f"epoch {event.epoch:.1f}  "
                f"{self._rate.value():,.0f} tokens/s  training {event.bits_per_character:.3f} bits per {event.unit}"
            )

    def _say_reading(self, line: str) -> None:
        if time.monotonic() - self._read_at > READING_SECONDS:
            self._read_at = time.monotonic()
            self.print_line(line)

    def print_line(self, line: str) -> None:
        """Print a line; control characters in it are made visible."""
        tell(visible(line))


class QuietProgress(PlainProgress):
    """Prints only warnings."""

    def on_note(self, line: str) -> None:
        """Print a warning; drop other notes."""
        if line.startswith("warning"):
            super().print_line(line)

    def print_line(self, line: str) -> None:
        """Print nothing."""


class BarProgress(PlainProgress):
    """Shows a bar with rate, time left and losses; notes and samples scroll above it."""

    def __init__(self, board: TensorBoard | None) -> None:
        super().__init__(board)
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self.bar = Progress(
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
            console=Console(stderr=True),
        )
        self._task = self.bar.add_task("starting, reading the data", total=1.0)
        self._fresh = ""

    def on_pictures(self, done: int, total: int) -> None:
        """Update the bar."""
        self.bar.update(self._task, description=f"preparing {done:,} of {total:,} pictures")

    def on_validation(self, event: ValidationEvent) -> None:
        """Print both losses, and keep the fresh one in the bar."""
        self._fresh = f", fresh {event.fresh_bits_per_character:.3f}"
        super().on_validation(event)

    def show(self, event: StepEvent) -> None:
        """Update the bar."""
        left = event.seconds * (1 - event.progress) / max(event.progress, 1e-9)
        self.bar.update(
            self._task,
            completed=event.progress,
            description=f"{self._rate.value():,.0f} tokens/s, {left:,.0f} s left, "
            f"training {event.bits_per_character:.3f}{self._fresh} bits per {event.unit}",
        )

    def print_line(self, line: str) -> None:
        """Print a line above the bar, unbroken, so that a command in it can be pasted."""
        with surviving_loss():
            self.bar.console.print(visible(line), markup=False, highlight=False, emoji=False, soft_wrap=True)


class _Rate:
    """Tokens per second over the last steps."""

    def __init__(self) -> None:
        self._events: list[tuple[float, int]] = []

    def add(self, event: StepEvent) -> None:
        self._events = [*self._events[-RATE_STEPS:], (event.seconds, event.tokens)]

    def value(self) -> float:
        seconds = self._events[-1][0] - self._events[0][0]
        return sum(tokens for _, tokens in self._events[1:]) / seconds if seconds > 0 else 0.0
