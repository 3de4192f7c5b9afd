"""Say what takes long, to whoever waits: that kernels are being compiled, and how far a measurement is."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

FIRST_TIME = "preparing, the first time only: compiling kernels for this processor"
EVERY_TIME = "preparing: compiling kernels, which no folder can keep for the next time; name one in NUMBA_CACHE_DIR"


class Background:
    """What a thread in the background compiles, which is said as soon as somebody waits for it."""

    def __init__(self) -> None:
        self.awaited = False
        self.kept: bool | None = None  # whether there is a folder for what is compiled, if anything is

    @contextmanager
    def unannounced(self) -> Iterator[None]:
        """Say nothing of what this thread compiles, until somebody waits for it."""
        _announcements.background = self
        try:
            yield
        finally:
            _announcements.background = None

    def awaiting(self) -> None:
        """Say what is being compiled, now or when that begins."""
        self.awaited = True
        if self.kept is not None:
            announce_compiling(self.kept)


class _Announcements(threading.local):
    background: Background | None = None  # of a thread that nobody waits for at first


_announcements = _Announcements()
_receivers: list[Callable[[str], None]] = []
_followers: list[Callable[[int, int, str], None]] = []
_said: set[str] = set()


@contextmanager
def announcing(receive: Callable[[str], None]) -> Iterator[None]:
    """Pass the lines that are announced to a function; of several functions the last one receives them.

    Args:
        receive: shows a line.
    """
    _receivers.append(receive)
    try:
        yield
    finally:
        _receivers.remove(receive)


def announce(line: str) -> None:
    """Pass a line to the function that receives lines; without one it is not said.

    Args:
        line: says what is being done.
    """
    if _receivers and _announcements.background is None:
        _receivers[-1](line)


def announce_compiling(kept: bool) -> None:
    """Announce that kernels are being compiled, once in a process.

    Args:
        kept: says whether there is a folder to keep the kernels in.
    """
    background = _announcements.background
    if background is not None:
        background.kept = kept
        if not background.awaited:
            return
    line = FIRST_TIME if kept else EVERY_TIME
    if _receivers and line not in _said:
        _said.add(line)
        _receivers[-1](line)


@contextmanager
def following(receive: Callable[[int, int, str], None]) -> Iterator[None]:
    """Pass how far a measurement is to a function; of several functions the last one receives it.

    Args:
        receive: takes what `advance` is given.
    """
    _followers.append(receive)
    try:
        yield
    finally:
        _followers.remove(receive)


def advance(done: int, total: int, unit: str) -> None:
    """Say how far a measurement is, to whoever follows it; it may be said often.

    Args:
        done: counts what is done.
        total: counts all there is to do.
        unit: names what is counted, in the plural.
    """
    if _followers and _announcements.background is None:
        _followers[-1](done, total, unit)
