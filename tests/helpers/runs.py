"""Runs that are cut off after some updates, continued, and used; in this process, or in one of another engine.

results = of_another_process("torch", [("train", {...}), ("resume", {...}), ("score", {...})])
"""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import unspool
from helpers.commands import call_main, environment
from unspool.training.callback import Callback, StepEvent

ROOT = Path(__file__).parents[2]
Job = tuple[str, dict[str, Any]]


class StopAt(Callback):
    """Interrupts a run after a number of updates, as Ctrl-C does."""

    def __init__(self, step: int) -> None:
        self._step = step

    def on_step(self, event: StepEvent) -> None:
        if event.step == self._step:
            signal.raise_signal(signal.SIGINT)


def train(data: str, out: str, engine: str, stop: int = 0, **settings: Any) -> None:
    """Train, and be interrupted after so many updates; 0 lets the run end."""
    unspool.train(Path(data), out=out, engine=engine, callback=StopAt(stop), **settings)


def resume(path: str, options: Sequence[str] = ()) -> str:
    """Continue a run by the command, and return what it says."""
    result = call_main("train", "--resume", path, *options)
    assert result.code == 0, result.err
    return result.err


def score(path: str, text: str, engine: str) -> list[float]:
    """Return the log-probabilities of a text, which are made of the logits."""
    return list(unspool.load(path, engine=engine).score(text).log_probabilities)


DOES = {"train": train, "resume": resume, "score": score}


def of_another_process(engine: str, jobs: Sequence[Job]) -> list[Any]:
    """Do these in the process of an engine, and return what each returns."""
    done = subprocess.run(
        [sys.executable, "-m", "helpers.runs"],
        cwd=ROOT / "tests",
        env=environment({"UNSPOOL_TEST_ENGINE": engine}),
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


if __name__ == "__main__":
    print(json.dumps([DOES[name](**given) for name, given in json.load(sys.stdin)]))
