"""The phases of a run besides the training itself, each with a line for people and the time that it took."""

import time
from collections.abc import Callable

DOING = {  # phase -> what is being done in it, for people
    "imports": "loading the engine",
    "data": "reading the data",
    "machine": "timing this machine",
    "network": "building the network",
    "kernels": "trying a first update",
    "training": "training",
    "counting": "counting",
    "closing": "measuring the model",
}


class Phases:
    """Times phases that follow one another without a gap.

    The lines of the first phases are held back until the data are read, because until then a mistake of the person may
    come to light, which is told in an error and a hint and nothing else.

    Args:
        show: receives the lines.
        started: is `time.monotonic` when the first one began.
        begun: receives the name of each phase when it begins.

    Attributes:
        seconds: are those that each phase took, by name, in order, all its times together; the phase that goes on is
            not among them.
    """

    def __init__(
        self, show: Callable[[str], None], started: float, begun: Callable[[str], None] = lambda name: None
    ) -> None:
        self._show, self._at, self._begun = show, started, begun
        self._name = self._done = ""
        self._held: list[str] | None = []
        self.seconds: dict[str, float] = {}

    def begin(self, name: str, done: str = "") -> None:
        """End the phase before, and begin one.

        Args:
            name: is that of the phase.
            done: is said when it ends, with its seconds; empty says nothing.
        """
        self.end()
        self._name, self._done = name, done
        self._begun(name)

    def conclude(self, done: str) -> None:
        """Replace what is said when the phase that goes on ends."""
        self._done = done

    def end(self) -> None:
        """End the phase that goes on."""
        if not self._name:
            return  # what comes before the first phase belongs to it
        now = time.monotonic()
        seconds = now - self._at
        self.seconds[self._name] = self.seconds.get(self._name, 0.0) + seconds
        if self._done:
            self._say(f"{self._done} in {seconds:.2f} s.")
        self._at, self._name = now, ""

    def release(self) -> None:
        """End the phase that goes on, and show the lines that were held back."""
        self.end()
        held, self._held = self._held or [], None
        for line in held:
            self._show(line)

    def _say(self, line: str) -> None:
        if self._held is None:
            self._show(line)
        else:
            self._held.append(line)
