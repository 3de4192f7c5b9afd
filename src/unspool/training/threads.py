"""All threads of the machine, or one: whichever is faster at the moment.

Operations that are split over all cores wait for the slowest of them. When a neighbour keeps one core busy they become
many times slower, and a single thread, which the neighbour does not disturb, is the faster one. So both are tried at
the start; all again from time to time while one is in use, and one as soon as all become slower than they were.
Results differ in the last bits from one number of threads to another, so only a run whose budget is in minutes may
choose.
"""

from collections.abc import Callable
from statistics import median

WARM_UP = 3  # steps that compile and fill caches
TRIAL = 3  # steps of a trial
RECENT = 8  # steps whose median is the present time for a token
SLOWER = 1.3  # times the usual time, and the other number is tried
RETRY_SECONDS = 10.0
WORTH_IT = 0.9  # of the time with one thread: only below it are all threads used again


class ThreadChoice:
    """Decides after every step how many threads the next one uses.

    Args:
        max_threads: is the number of all threads; with 1 there is nothing to choose.
        use: sets the number of threads from the next step on.
        settled: receives the number that a trial ended with, if it differs from the one before.
    """

    def __init__(self, max_threads: int, use: Callable[[int], None], settled: Callable[[int], None]) -> None:
        self._max_threads, self._use, self._settled = max_threads, use, settled
        self._threads = self._chosen = max_threads
        self._warm_up = WARM_UP
        self._usual = {max_threads: float("inf"), 1: float("inf")}  # the least median of seconds for a token
        self._recent: list[float] = []
        self._since_trial = 0.0

    def after_step(self, seconds: float, tokens: int) -> None:
        """Record a step.

        Args:
            seconds: is the time that it took.
            tokens: is the work that its batch made, in tokens.
        """
        if self._max_threads == 1:
            return
        if self._warm_up:
            self._warm_up -= 1
            return
        self._recent = [*self._recent[1 - RECENT :], seconds / tokens]
        self._since_trial += seconds
        if self._threads != self._chosen:
            self._continue_trial()
        elif len(self._recent) >= TRIAL:
            self._consider_trial()

    def _consider_trial(self) -> None:
        """Start a trial of the other number where it may be faster."""
        now = median(self._recent)
        slower = len(self._recent) == RECENT and now > SLOWER * self._usual[self._chosen]
        self._usual[self._chosen] = min(now, self._usual[self._chosen])
        never = self._usual[self._other] == float("inf")
        again = self._chosen == 1 and self._since_trial > RETRY_SECONDS
        if never or again or (slower and self._chosen != 1):
            self._before = now
            self._switch(self._other)

    def _continue_trial(self) -> None:
        """Continue a trial: one step that is slower than before ends it."""
        lost = self._recent[-1] > self._before
        if not lost and len(self._recent) < TRIAL:
            return
        now = median(self._recent)
        self._usual[self._threads] = min(now, self._usual[self._threads])
        if not lost and now < self._before * (WORTH_IT if self._threads != 1 else 1):
            self._chosen = self._threads
            self._settled(self._chosen)
        else:
            self._usual[self._chosen] = self._before  # slower than it was, and yet the faster one
            self._switch(self._chosen)
        self._since_trial = 0.0

    def _switch(self, threads: int) -> None:
        self._threads, self._recent = threads, []
        self._use(threads)

    @property
    def _other(self) -> int:
        return self._max_threads if self._chosen == 1 else 1
