"""Show a run in a notebook: one display that is drawn again, with the loss curve, the time left and the last sample."""

import time
from html import escape
from typing import Any

from unspool.display.curve import curve_picture
from unspool.display.html import fragment
from unspool.training.callback import StepEvent, ValidationEvent
from unspool.training.progress import PlainProgress
from unspool.training.standing import clock
from unspool.training.tensorboard import TensorBoard

SECONDS = 1.0  # between two drawings
SAMPLE_CHARACTERS = 300


class NotebookProgress(PlainProgress):
    """Draws where the run stands, at most once a second; what was said before is folded up below it."""

    def __init__(self, board: TensorBoard | None) -> None:
        super().__init__(board)
        from IPython.display import HTML, display

        self._form: Any = HTML
        self._show: Any = display
        self._curves: dict[str, list[tuple[float, float]]] = {"training": [], "fresh": []}
        self._notes: list[str] = []
        self._sample, self._done, self._drawn = "", False, time.monotonic()
        self._display: Any = None  # until there is something to show: what is refused at once shows nothing

    def on_phase(self, name: str) -> None:
        """Draw the phase."""
        super().on_phase(name)
        self._draw(at_once=True)

    def on_encoded(self, size: int) -> None:
        """Draw how much has been read."""
        self.standing.on_encoded(size)
        self._draw()

    def on_pictures(self, done: int, total: int) -> None:
        """Draw how many pictures have been prepared."""
        self.standing.on_pictures(done, total)
        self._draw()

    def on_step(self, event: StepEvent) -> None:
        """Add a point to the curve of the training loss."""
        self._curves["training"].append((event.seconds, event.bits_per_character))
        super().on_step(event)

    def on_validation(self, event: ValidationEvent) -> None:
        """Add a point to the curve of the held-out loss."""
        self._curves["fresh"].append((event.seconds, event.fresh_bits_per_character))
        super().on_validation(event)
        self._draw(at_once=True)

    def on_sample(self, step: int, text: str) -> None:
        """Show the sample."""
        if self._board:
            self._board.on_sample(step, text)
        self._sample = text[:SAMPLE_CHARACTERS]
        self._draw(at_once=True)

    def show(self, event: StepEvent) -> None:
        """Draw where the run stands, if that was long ago."""
        self._draw()

    def print_line(self, line: str) -> None:
        """Keep a line among those that are folded up; a warning stands above them."""
        self._notes.append(line)
        self._draw()

    def close(self) -> None:
        """Draw the run a last time."""
        self._done = True
        if self._display is not None:
            self._draw(at_once=True)

    def _draw(self, at_once: bool = False) -> None:
        if at_once or time.monotonic() - self._drawn >= SECONDS:
            self._drawn = time.monotonic()
            form = self._form(self._html())
            if self._display is None:
                self._display = self._show(form, display_id=True)
            else:
                self._display.update(form)

    def _html(self) -> str:
        standing, unit = self.standing, f"bits per {self.standing.unit}"
        head = f"{escape(standing.doing)} …"
        if standing.event is not None:
            left = "" if self._done else f" · {clock(standing.seconds_left or 0)} left"
            rate = f" · {standing.tokens_per_second:,.0f} tokens/s" if standing.tokens_per_second else ""
            head = (
                f"{standing.progress:.0%}{left} · step {standing.event.step:,} · epoch {standing.event.epoch:.1f}{rate}"
            )
        meter = "" if self._done else f'<progress value="{standing.progress:.3f}" aria-label="progress"></progress> '
        warnings = [f"<p>{escape(line)}</p>" for line in self._notes if line.startswith("warning")]
        notes = "\n".join(map(escape, self._notes))
        folded = f'<details><summary>What was said</summary><p class="text">{notes}</p></details>' if notes else ""
        sample = f'<p class="quiet">Last sample</p><p class="text">{escape(self._sample)}</p>' if self._sample else ""
        return fragment(
            f"<p>{meter}{head}</p>", curve_picture(self._curves, "seconds", unit), sample, *warnings, folded
        )
