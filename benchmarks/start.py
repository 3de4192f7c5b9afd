"""From pressing return to the first sign: `--help`, and the first character that a trained model writes.

Every figure is the wall time of a new process, the median of several rounds in which all take turns. The bytecode of
the package is there, as it is wherever pip installed it; a shell that forbids Python to write it
(PYTHONDONTWRITEBYTECODE) would have a checkout compiled anew by every process.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.claims import Claim, middle
from benchmarks.common import Bench, unspool

ROUNDS = 9
CORPUS = "the quick brown fox jumps over the lazy dog.\n" * 2000
CLAIMS = (
    Claim("--help, seconds", 0.12, middle("seconds", what="unspool --help"), True),
    Claim("import unspool, seconds", 0.15, middle("seconds", what="import unspool"), True),
    Claim("first generated character, seconds", 0.3, middle("seconds", what="first character of 200"), True),
)


def run(bench: Bench) -> None:
    """Start each in turn."""
    with tempfile.TemporaryDirectory() as place:
        text, model = Path(place) / "text.txt", Path(place) / "model"
        text.write_text(CORPUS, encoding="utf-8")
        unspool("train", text, "--out", model, "--steps", 30, "--hidden-size", 512, report="a model of 1 x 512")
        write = ["-m", "unspool", "generate", str(model), "-p", "", "--stream", "--seed", "1", "--max-new-tokens"]
        commands = {
            "python, nothing else": ["-c", "print(1)"],
            "import numpy": ["-c", "import numpy; print(1)"],
            "import torch": ["-c", "import torch; print(1)"],
            "import unspool": ["-c", "import unspool; print(1)"],
            "unspool --help": ["-m", "unspool", "--help"],
            "first character of 200": [*write, "200"],
            "first character of 20,000": [*write, "20000"],
            "first character of 20,000, bfloat16": [*write, "20000", "--weights", "bfloat16"],
        }
        found: dict[str, list[float]] = {name: [] for name in commands}
        for number in range(ROUNDS + 1):
            for name, command in commands.items():
                seconds = first_byte([sys.executable, *command])
                if number:
                    found[name].append(seconds)
    for name, times in found.items():
        bench.add(what=name, seconds=statistics.median(times), lowest=min(times), highest=max(times))


def first_byte(command: list[str]) -> float:
    """Seconds until a process writes its first byte; it is ended then."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)
    assert process.stdout is not None
    first = process.stdout.read(1)
    seconds = time.perf_counter() - started
    process.terminate()
    process.wait(60)
    assert first, command
    return seconds
