"""Training next to a process that keeps one core busy, against a quiet machine, in turn.

A run by minutes chooses between all threads and one as it goes (`training/threads.py`). The neighbour is a process that
counts. The rate is that of reading in training steps.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.claims import Claim, highest
from benchmarks.common import Bench, unspool

MINUTES, ROUNDS = 0.5, 2
COUNT = "while True: pass"
CLAIMS = (Claim("with a busy neighbour, of a quiet machine", 0.5, highest("of_quiet", machine="one busy neighbour")),)


def run(bench: Bench) -> None:
    """Train in both situations, one after the other."""
    text = bench.text("tinyshakespeare/input.txt")
    if text is None:
        return
    steps: dict[str, list[float]] = {"quiet": [], "one busy neighbour": [], "one busy neighbour, all threads": []}
    for _ in range(ROUNDS):
        steps["quiet"].append(_tokens_per_second(text))
        with busy_neighbour():
            steps["one busy neighbour"].append(_tokens_per_second(text))
            steps["one busy neighbour, all threads"].append(_tokens_per_second(text, "--threads", "2"))
    quiet = statistics.median(steps["quiet"])
    for name, found in steps.items():
        rate = statistics.median(found)
        bench.add(machine=name, tokens_per_second=rate, lowest=min(found), highest=max(found), of_quiet=rate / quiet)


@contextmanager
def busy_neighbour() -> Iterator[None]:
    """A process that keeps one core busy."""
    process = subprocess.Popen([sys.executable, "-c", COUNT])
    try:
        yield
    finally:
        process.kill()
        process.wait(10)


def _tokens_per_second(text: Path, *options: str) -> float:
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "model"
        unspool("train", text, "--minutes", str(MINUTES), "--out", out, *options, report="half a minute")
        events = [json.loads(line) for line in (out / "history.jsonl").read_text(encoding="utf-8").splitlines()]
        return float(events[-1]["tokens_per_second"])
