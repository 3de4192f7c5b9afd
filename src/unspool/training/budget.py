"""The progress of a run, 0 to 1, by a budget in steps, epochs or minutes."""

import time
from dataclasses import dataclass, field

from unspool.specs.training import BudgetSpec


@dataclass
class Budget:
    """Measures progress.

    With minutes, progress is the fraction of the time that is used up. So the schedule is stretched over the steps
    that fit, whatever the speed turns out to be, and the run ends on time with the final learning rate.

    Attributes:
        spec: is the budget.
        steps_per_epoch: is the number of steps in an epoch, for a budget of epochs.
        reserved: is the number of seconds at the end for the last evaluation.
        started: is `time.monotonic` when the run began.
        used: is the number of seconds that earlier parts of a resumed run took.
    """

    spec: BudgetSpec
    steps_per_epoch: int
    reserved: float = 0.0
    used: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def seconds(self) -> float:
        """Return the wall time so far, of all parts of the run."""
        return self.used + time.monotonic() - self.started

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

    def steps_that_fit(self, step: int) -> int:
        """Estimate how many steps the run will have, at the speed so far; `step` is at least 1."""
        return self.total_steps() or round(step / max(self.progress(step), 1e-9))
