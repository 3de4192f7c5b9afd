"""The progress of a run, 0 to 1, by a budget in steps, epochs or minutes."""

import time
from dataclasses import dataclass

from unspool.specs.training import BudgetSpec


@dataclass
class Budget:
    """Measures progress.

    With minutes, progress is the fraction of the time that is used up. So the schedule is stretched over the steps
    that fit, whatever the speed turns out to be, and the run ends on time with the final learning rate.

    Attributes:
        spec: is the budget.
        steps_per_epoch: is the number of steps in an epoch, for a budget of epochs.
        reserved: is the number of seconds at the end for the last validation.
        used: is the number of seconds that earlier parts of a resumed run trained.
        started: is `time.monotonic` when the first update began; none before that.
    """

    spec: BudgetSpec
    steps_per_epoch: int
    reserved: float = 0.0
    used: float = 0.0
    started: float | None = None

    def start(self) -> None:
        """Start the clock; what happened before does not count."""
        self.started = time.monotonic()

    def seconds(self) -> float:
        """Return the wall time of training so far, of all parts of the run."""
        return self.used if self.started is None else self.used + time.monotonic() - self.started

    def seconds_left(self) -> float | None:
        """Return the seconds that a budget of minutes still has; none for another budget."""
        return None if self.spec.minutes is None else max(0.0, self.spec.minutes * 60 - self.seconds())

    def announcement(self) -> str:
        """Say how long training takes from now on, and with a budget of minutes when it ends."""
        total, left = self.total_steps(), self.seconds_left()
        if total is not None or left is None:
            return f"training: until update {total:,}."
        end = time.strftime("%H:%M:%S", time.localtime(time.time() + left))
        return f"training: {_duration(left)}, until {end}; the closing figures take a little longer."

    def total_steps(self) -> int | None:
        """Return how many steps the run has; none if the time decides."""
        if self.spec.steps is not None:
            return self.spec.steps
        if self.spec.epochs is not None:
            return max(1, round(self.spec.epochs * self.steps_per_epoch))
        return None

    def progress(self, step: int) -> float:
        """Return the fraction of the budget that is used up after so many steps, 0 to 1."""
        total = self.total_steps()
        if total is not None:
            return min(1.0, step / total)
        assert self.spec.minutes is not None
        return min(1.0, self.seconds() / max(1e-3, self.spec.minutes * 60 - self.reserved))

    def is_over(self, step: int, step_seconds: float) -> bool:
        """Return whether the run ends after so many steps; in a run of minutes, where most of another would not fit.

        Args:
            step: counts the updates so far.
            step_seconds: is the time that another takes.
        """
        left = self.seconds_left()
        return self.progress(step) >= 1 if left is None else left <= self.reserved + step_seconds / 2

    def steps_that_fit(self, step: int) -> int:
        """Estimate how many steps the run will have, at the speed so far; `step` is at least 1."""
        return self.total_steps() or round(step / max(self.progress(step), 1e-9))


def _duration(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds < 120 else f"{seconds / 60:.3g} min"
