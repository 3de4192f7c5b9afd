"""Run `unspool` in a pseudo-terminal, type, and look at what is shown."""

import os
import pty
import re
import select
import subprocess
import sys
import time

import pytest

from helpers.commands import environment

GREY = re.compile(r"\x1b\[[0-9;]*m")


class Terminal:
    """A process in a pseudo-terminal."""

    def __init__(self, *arguments: object, env: dict[str, str] | None = None) -> None:
        self._main, side = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "unspool", *map(str, arguments)],
            stdin=side,
            stdout=side,
            stderr=side,
            env=environment({"TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1", "COLUMNS": "100", **(env or {})}),
            start_new_session=True,
        )
        os.close(side)
        self.shown = ""

    def wait_for(self, text: str, seconds: float = 60) -> str:
        """Read until something is shown, escapes of colour left out, and return what was; it is forgotten then."""
        end = time.monotonic() + seconds
        while text not in GREY.sub("", self.shown):
            ready, _, _ = select.select([self._main], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"{text!r} is not shown, but {self.shown!r}"
            try:
                self.shown += os.read(self._main, 4096).decode(errors="replace")
            except OSError:
                pytest.fail(f"it ended without {text!r}, but with {self.shown!r}")
        shown, self.shown = self.shown, ""
        return shown

    def type(self, keys: str) -> None:
        os.write(self._main, keys.encode())

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._main)
