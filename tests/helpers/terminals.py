"""A process in a pseudo-terminal of some size: what it shows, and keys that are typed into it."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time

import pytest

from helpers.commands import environment

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-ln-z]")  # all but colours
UNSPOOL = ("-m", "unspool")


class Terminal:
    """A Python process in a pseudo-terminal.

    Args:
        *arguments: are those of Python, such as `*UNSPOOL, "train"`.
        columns: is the width of the terminal.
        env: are variables of its environment.
    """

    def __init__(self, *arguments: object, columns: int = 100, env: dict[str, str] | None = None) -> None:
        self._main, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
        own = {"TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1", **(env or {})}
        inherited = {name: value for name, value in environment().items() if name not in ("COLUMNS", "NO_COLOR")}
        self.process = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            stdin=side,
            stdout=side,
            stderr=side,
            env={**inherited, **own},
            start_new_session=True,
        )
        os.close(side)
        self.shown = ""

    def wait_for(self, text: str, then: str = "", seconds: float = 60) -> str:
        """Read until something is shown, with escapes or without, and something after it; return it, and forget it."""
        end = time.monotonic() + seconds
        while not any(text in shown and then in shown.partition(text)[2] for shown in (self.shown, self._bare())):
            assert self._read(end), f"{text!r} is not shown, but {self.shown!r}"
        shown, self.shown = self.shown, ""
        return shown

    def _bare(self) -> str:
        return CONTROL.sub("", COLOUR.sub("", self.shown))

    def read_all(self, seconds: float = 60) -> str:
        """Read until the process ends, and return what it showed."""
        end = time.monotonic() + seconds
        while self._read(end):
            pass
        return self.shown

    def _read(self, end: float) -> bool:
        """Read some of what is shown; return whether there was any before the end of the process."""
        ready, _, _ = select.select([self._main], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            pytest.fail(f"nothing more is shown after {self.shown!r}")
        try:
            data = os.read(self._main, 4096)
        except OSError:  # the process has ended
            return False
        self.shown += data.decode(errors="replace")
        return bool(data)

    def type(self, keys: str) -> None:
        os.write(self._main, keys.encode())

    def end(self, seconds: float = 30) -> int:
        """Type Ctrl-D until the process ends, as a terminal drops it while nothing reads; return the exit code."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, f"it goes on after {self.shown!r}"
            self.type("\x04")
            time.sleep(0.2)
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._main)


def lines_of(shown: str) -> list[str]:
    """Every line that was ever shown, also those that were drawn again, without colours and movements."""
    bare = CONTROL.sub("\r", COLOUR.sub("", shown))
    return [line for line in re.split("[\r\n]+", bare) if line.strip()]
