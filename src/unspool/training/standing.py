"""Where a run stands: what a terminal, a notebook or a program shows of it while it goes."""

import time
from math import isnan

from unspool.training.callback import Callback, StepEvent, ValidationEvent
from unspool.training.phases import DOING

RATE_STEPS = 50  # the rate is the mean of so many steps


class Standing(Callback):
    """Keeps what the last events of a run said.

    Attributes:
        doing: says what is being done: `reading the data`, or in a phase without a word of its own its name.
        since: is `time.monotonic` when the phase began.
        event: is the last update of the weights; none before the first.
        training: is the training loss in bits; none before the first update.
        fresh: is the loss of the last validation in bits; none before the first.
        unit: names what the bits are counted per: `character` or `label`.
    """

    def __init__(self) -> None:
        self.doing, self.since = "starting", time.monotonic()
        self.event: StepEvent | None = None
        self.training: float | None = None
        self.fresh: float | None = None
        self.unit = "character"
        self._steps: list[tuple[float, int]] = []

    def on_phase(self, name: str) -> None:
        """Keep what is being done."""
        self.doing, self.since = DOING.get(name, name), time.monotonic()

    def on_encoded(self, size: int) -> None:
        """Keep how much has been read."""
        self.doing = f"reading the data, {size / 1e6:,.0f} MB"

    def on_pictures(self, done: int, total: int) -> None:
        """Keep how many pictures have been prepared."""
        self.doing = f"preparing {done:,} of {total:,} pictures"

    def on_step(self, event: StepEvent) -> None:
        """Keep the event, and the training loss."""
        self.event, self.training, self.unit = event, event.bits_per_character, event.unit
        self._steps = [*self._steps[-RATE_STEPS:], (event.seconds, event.tokens)]

    def on_validation(self, event: ValidationEvent) -> None:
        """Keep both losses."""
        self.fresh, self.unit = event.fresh_bits_per_character, event.unit
        if not isnan(event.loss):  # no update since a resume
            self.training = event.bits_per_character

    @property
    def progress(self) -> float:
        """The fraction of the budget that is used up, 0 to 1."""
        return self.event.progress if self.event else 0.0

    @property
    def seconds_left(self) -> float | None:
        """An estimate of the time until the budget is used up; none before the first update."""
        if self.event is None or self.event.progress <= 0:
            return None
        return self.event.seconds * (1 - self.event.progress) / self.event.progress

    @property
    def tokens_per_second(self) -> float:
        """The rate of the last 50 updates; 0 where there were too few."""
        if len(self._steps) < 2:
            return 0.0
        seconds = self._steps[-1][0] - self._steps[0][0]
        return sum(tokens for _, tokens in self._steps[1:]) / seconds if seconds > 0 else 0.0


def clock(seconds: float) -> str:
    """Return a time as clocks show it: `0:09`, `12:34`, `1:02:03`.

    Args:
        seconds: are rounded to the next whole one.
    """
    minutes, whole = divmod(int(-(-seconds // 1)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{whole:02}" if hours else f"{minutes}:{whole:02}"
