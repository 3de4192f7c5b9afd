"""Ctrl-C and SIGTERM, turned into a wish that the loop honours at its next step."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupt:
    """Whether someone wants the run to end."""

    requested = False


@contextmanager
def catching_interrupts() -> Iterator[Interrupt]:
    """Note the first Ctrl-C or SIGTERM instead of dying of it; the second Ctrl-C works as always.

    Outside the main thread signals are left alone, as Python delivers them to the main thread only.
    """
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return

    def note(number: int, frame: FrameType | None) -> None:
        interrupt.requested = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
