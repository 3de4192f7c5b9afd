"""Find stop strings in a stream: text is returned only when it can no longer be part of one."""


class StopMatcher:
    """Hold back what may be the start of a stop string, until one is complete or cannot be.

    The result equals searching the whole text at each new character: the text ends before the stop string
    that is complete first, and of several complete at the same character before the one that starts first.

    Args:
        stops: are the strings; empty ones are left out.
    """

    def __init__(self, stops: tuple[str, ...]) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._held = ""
        self.stopped = False

    def add(self, text: str) -> str:
        """Take new text, and return what can no longer be part of a stop string; after one, `stopped` is set."""
        if self.stopped:
            return ""
        if not self._stops:
            return text
        known = len(self._held)
        self._held += text
        for end in range(known + 1, len(self._held) + 1):
            matches = [stop for stop in self._stops if self._held.endswith(stop, 0, end)]
            if matches:
                safe = self._held[: end - max(map(len, matches))]
                self._held, self.stopped = "", True
                return safe
        keep = max((self._overlap(stop) for stop in self._stops), default=0)
        cut = len(self._held) - keep
        safe, self._held = self._held[:cut], self._held[cut:]
        return safe

    def finish(self) -> str:
        """Return what was held back, when no more text comes."""
        rest, self._held = self._held, ""
        return rest

    def _overlap(self, stop: str) -> int:
        """Count the characters at the end of what is held back that may be the start of this string."""
        longest = min(len(stop) - 1, len(self._held))
        return next((size for size in range(longest, 0, -1) if self._held.endswith(stop[:size])), 0)
