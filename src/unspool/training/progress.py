"""Show the progress of training: a bar on a terminal, a display in a notebook, plain lines elsewhere."""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import isnan
from pathlib import Path

from unspool.display.terminal import tell, visible
from unspool.errors import in_python
from unspool.training.bar import Bar, can_redraw, standing_line
from unspool.training.callback import Callback, StepEvent, ValidationEvent
from unspool.training.standing import Standing, clock
from unspool.training.tensorboard import TensorBoard

PLAIN_LINES = 10  # progress reports in a run
READING_SECONDS = 10  # between two reports of how much has been read
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
    elif in_notebook():
        from unspool.training.notebook import NotebookProgress  # here and not above: it imports what draws

        display = NotebookProgress(board)
        try:
            yield display
        finally:
            display.close()
    elif can_redraw():
        progress = BarProgress(board)
        with progress.bar.shown():
            yield progress
    else:
        yield PlainProgress(board)


@contextmanager
def showing_run(callback: Callback | None, progress: bool | None) -> Iterator[Callback]:
    """Make the callback of a run that a program of Python started.

    Args:
        callback: is that of the program, if it has one.
        progress: shows how far the run is; none does so where the program has no callback.
    """
    if progress or (progress is None and callback is None):
        with make_progress() as shown:
            yield InPython(shown, callback or Callback())
    else:
        yield callback or Callback()


def in_notebook() -> bool:
    """Return whether a notebook runs this process; nothing is imported to find out."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    return type(shell).__name__ in ("ZMQInteractiveShell", "Shell")  # of Jupyter, and of Colab


class InPython(Callback):
    """Passes events to what shows them, whose notes name settings as Python does, and to a program.

    Args:
        shown: shows them.
        program: receives them.
    """

    def __init__(self, shown: Callback, program: Callback) -> None:
        self._shown, self._program = shown, program

    def on_note(self, line: str) -> None:
        """Pass a note on."""
        self._shown.on_note(in_python(line))
        self._program.on_note(line)

    def on_phase(self, name: str) -> None:
        """Pass the phase on."""
        self._shown.on_phase(name)
        self._program.on_phase(name)

    def on_encoded(self, size: int) -> None:
        """Pass the size on."""
        self._shown.on_encoded(size)
        self._program.on_encoded(size)

    def on_pictures(self, done: int, total: int) -> None:
        """Pass the numbers on."""
        self._shown.on_pictures(done, total)
        self._program.on_pictures(done, total)

    def on_step(self, event: StepEvent) -> None:
        """Pass the event on."""
        self._shown.on_step(event)
        self._program.on_step(event)

    def on_validation(self, event: ValidationEvent) -> None:
        """Pass the event on."""
        self._shown.on_validation(event)
        self._program.on_validation(event)

    def on_sample(self, step: int, text: str) -> None:
        """Pass the sample on."""
        self._shown.on_sample(step, text)
        self._program.on_sample(step, text)


class PlainProgress(Callback):
    """Prints a line at times, on standard error.

    Args:
        board: receives the events too.

    Attributes:
        standing: is that of the run.
    """

    def __init__(self, board: TensorBoard | None) -> None:
        self._board = board
        self._shown = 0
        self._read_at = time.monotonic()
        self.standing = Standing()

    def on_note(self, line: str) -> None:
        """Print a note."""
        self.print_line(line)

    def on_phase(self, name: str) -> None:
        """Keep the phase."""
        self.standing.on_phase(name)

    def on_encoded(self, size: int) -> None:
        """Print the size every ten seconds."""
        self.standing.on_encoded(size)
        self._say_reading(f"read {size / 1e6:,.0f} MB")

    def on_pictures(self, done: int, total: int) -> None:
        """Print the number of pictures every ten seconds."""
        self.standing.on_pictures(done, total)
        self._say_reading(f"prepared {done:,} of {total:,} pictures")

    def on_step(self, event: StepEvent) -> None:
        """Print the progress ten times in a run."""
        self.standing.on_step(event)
        if self._board:
            self._board.on_step(event)
        self.show(event)

    def on_validation(self, event: ValidationEvent) -> None:
        """Print both losses in bits: that of training, and the fresh one on the held-out part."""
        self.standing.on_validation(event)
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
            rate = self.standing.tokens_per_second
            self.print_line(
                f"{event.progress:4.0%}  {clock(self.standing.seconds_left or 0)} left  "
                f"step {event.step:,} of about {event.steps_that_fit:,}  epoch {event.epoch:.1f}  "
                + (f"{rate:,.0f} tokens/s  " if rate else "")
                + f"training {event.bits_per_character:.3f} bits per {event.unit}"
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
    """Shows where the run stands on a line that is drawn again; notes and samples scroll above it.

    Attributes:
        bar: draws it.
    """

    def __init__(self, board: TensorBoard | None) -> None:
        super().__init__(board)
        self.bar = Bar(lambda width, ascii_only: standing_line(self.standing, width, ascii_only))

    def show(self, event: StepEvent) -> None:
        """Leave it to the bar."""

    def _say_reading(self, line: str) -> None:
        """Leave it to the bar."""

    def print_line(self, line: str) -> None:
        """Print a line above the bar."""
        self.bar.print(line)
