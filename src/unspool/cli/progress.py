"""Show how training goes: a bar on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unspool.training.callback import Callback, StepEvent, ValidationEvent
from unspool.training.tensorboard import TensorBoard

PLAIN_LINES = 10  # of progress in a run
RATE_STEPS = 50  # that the shown rate is the mean of
SAMPLE_WIDTH = 100


@contextmanager
def make_progress(quiet: bool = False, tensorboard: Path | None = None) -> Iterator["PlainProgress"]:
    """What fits the place that standard error goes to.

    Args:
        quiet: show nothing but warnings.
        tensorboard: a folder for curves.
    """
    board = TensorBoard(tensorboard) if tensorboard else None
    if quiet:
        yield QuietProgress(board)
    elif sys.stderr.isatty():
        progress = BarProgress(board)
        with progress.bar:
            yield progress
    else:
        yield PlainProgress(board)


class PlainProgress(Callback):
    """A line now and then, on standard error.

    Args:
        board: receives the events too.
    """

    def __init__(self, board: TensorBoard | None) -> None:
        self._board = board
        self._shown = 0
        self._rate = _Rate()
        self._encoded_at = time.monotonic()

    def on_note(self, line: str) -> None:
        """A line for people."""
        self.say(line)

    def on_encoded(self, size: int) -> None:
        """Every ten seconds."""
        if time.monotonic() - self._encoded_at > 10:
            self._encoded_at = time.monotonic()
            self.say(f"encoded {size / 1e6:,.0f} MB")

    def on_step(self, event: StepEvent) -> None:
        """Ten times in a run."""
        self._rate.add(event)
        if self._board:
            self._board.on_step(event)
        self.show(event)

    def on_validation(self, event: ValidationEvent) -> None:
        """Both losses, in bits: of training, and fresh, on the held-out part."""
        if self._board:
            self._board.on_validation(event)
        mark = ", the best so far" if event.best else ""
        self.say(
            f"step {event.step:,}: training {event.bits_per_character:.3f}, "
            f"fresh {event.fresh_bits_per_character:.3f} bits per {event.unit}{mark}"
        )

    def on_sample(self, step: int, text: str) -> None:
        """One line of what the network writes."""
        if self._board:
            self._board.on_sample(step, text)
        self.say(f"  it writes: {' '.join(text.split())[:SAMPLE_WIDTH]}")

    def show(self, event: StepEvent) -> None:
        """Where the run is."""
        if int(event.progress * PLAIN_LINES) > self._shown:
            self._shown = int(event.progress * PLAIN_LINES)
            self.say(
                f"{event.progress:4.0%}  step {event.step:,} of about {event.steps_that_fit:,}  "
                f"epoch {event.epoch:.1f}  "
                f"{self._rate.value():,.0f} tokens/s  training {event.bits_per_character:.3f} bits per {event.unit}"
            )

    def say(self, line: str) -> None:
        """One line."""
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


class QuietProgress(PlainProgress):
    """Only warnings."""

    def on_note(self, line: str) -> None:
        """Warnings go through."""
        if line.startswith("warning"):
            super().say(line)

    def say(self, line: str) -> None:
        """Nothing."""


class BarProgress(PlainProgress):
    """A bar with rate, time left and losses; notes and samples scroll above it."""

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
        self._task = self.bar.add_task("reading the text", total=1.0)
        self._fresh = ""

    def on_validation(self, event: ValidationEvent) -> None:
        """Both losses."""
        self._fresh = f", fresh {event.fresh_bits_per_character:.3f}"
        super().on_validation(event)

    def show(self, event: StepEvent) -> None:
        """Where the run is."""
        left = event.seconds * (1 - event.progress) / max(event.progress, 1e-9)
        self.bar.update(
            self._task,
            completed=event.progress,
            description=f"{self._rate.value():,.0f} tokens/s, {left:,.0f} s left, "
            f"training {event.bits_per_character:.3f}{self._fresh} bits per {event.unit}",
        )

    def say(self, line: str) -> None:
        """One line above the bar."""
        self.bar.console.print(line, markup=False, highlight=False)


class _Rate:
    """Tokens per second over the last steps."""

    def __init__(self) -> None:
        self._events: list[tuple[float, int]] = []

    def add(self, event: StepEvent) -> None:
        self._events = [*self._events[-RATE_STEPS:], (event.seconds, event.tokens)]

    def value(self) -> float:
        seconds = self._events[-1][0] - self._events[0][0]
        return sum(tokens for _, tokens in self._events[1:]) / seconds if seconds > 0 else 0.0
