"""The phases of a run besides the training itself, each with a line for people and the time that it took."""

import time
from collections.abc import Callable


class Phases:
    """Times phases that follow one another without a gap.

    Args:
        show: receives a line as each phase begins.
        started: is `time.monotonic` when the first one began.

    Attributes:
        seconds: are those that each phase took, by name, in order; the phase that goes on is not among them.
    """

    def __init__(self, show: Callable[[str], None], started: float) -> None:
        self._show, self._at, self._name = show, started, ""
        self.seconds: dict[str, float] = {}

    def begin(self, name: str, line: str) -> None:
        """End the phase before, and begin one."""
        self.end()
        self._name = name
        self._show(line)

    def end(self) -> None:
        """End the phase that goes on."""
        if not self._name:
            return  # what comes before the first phase belongs to it
        now = time.monotonic()
        self.seconds[self._name] = now - self._at
        self._at, self._name = now, ""

    def summary(self) -> str:
        """Return the phases so far and their seconds in a line."""
        self.end()
        told = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in self.seconds.items())
        return f"before training: {told}."
