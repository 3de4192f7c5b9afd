"""Ctrl-C and SIGTERM, turned into a request that the loop meets at its next step."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupt:
    """Holds whether the end of the run is requested."""

    requested = False


@contextmanager
def catching_interrupts() -> Iterator[Interrupt]:
    """Turn the first Ctrl-C or SIGTERM into a request; the second Ctrl-C works as always.

    Outside the main thread signals are left alone, as Python delivers them to the main thread only.
    """
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return

    def note(signum: int, frame: FrameType | None) -> None:
        interrupt.requested = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {signum: signal.signal(signum, note) for signum in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupt
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
