"""Run `unspool` in a process of its own or in this one."""

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conformance.engines import trainer
from unspool.cli.main import main

SMALL = ["--hidden-size", "16", "--embedding-size", "8", "--threads", "1", "--precision", "float32", "--dropout", "0"]
TRAINER = {"UNSPOOL_TRAIN_ENGINE": trainer()} if trainer() else {}  # of the commands that name no other
SENTENCE = "the quick brown fox jumps over the lazy dog. pack my box with five dozen jugs.\n"
OWN = "sphinx of black quartz judge my vow. the five boxing wizards jump quickly.\n" * 12  # what is read more


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error_lines(self) -> list[str]:
        return self.err.splitlines()

    @property
    def clean(self) -> bool:
        """Success, or a mistake told in two last lines and an exit code of the table."""
        lines = self.err.splitlines()[-2:]
        told = len(lines) == 2 and lines[0].startswith("error: ") and lines[1].startswith("hint: ")
        return "Traceback" not in self.err and (self.code == 0 or (1 <= self.code <= 7 and told))


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UNSPOOL")}
    return {**kept, "PYTHONIOENCODING": "utf-8", **TRAINER, **(extra or {})}


def unimportable(package: str, problem: str, place: Path) -> dict[str, str]:
    """The environment of a process that finds a package, in a new folder below a place, and cannot import it."""
    folder = place / "shadow" / package
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(f"raise ImportError({problem!r})\n", encoding="utf-8")
    others = filter(None, [os.environ.get("PYTHONPATH")])
    return {"PYTHONPATH": os.pathsep.join([str(folder.parent), *others])}


def run_process(*args: object, input: str | None = None, env: dict[str, str] | None = None) -> Result:
    """`python -m unspool ARGS` in a new process."""
    command = [sys.executable, "-m", "unspool", *map(str, args)]
    done = subprocess.run(
        command, input=None if input is None else input.encode(), capture_output=True, env=environment(env), timeout=120
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def call_main(*args: object, input: bytes | str = b"", env: dict[str, str] | None = None) -> Result:
    """The same in this process; any exception but SystemExit goes through."""
    data = input.encode() if isinstance(input, str) else input
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    code: object = 0
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("UNSPOOL")]:
            patch.delenv(name)
        for name, value in {**TRAINER, **(env or {})}.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["unspool", *map(str, args)])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        try:
            main()
        except SystemExit as wish:
            code = wish.code
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())  # type: ignore[attr-defined]
    return Result(code if isinstance(code, int) else 0 if code is None else 1, *texts)
