"""Break things around `unspool`: run it in this process or another one, kill it, damage its folders."""

import os
import re
import signal
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.engines import trainer
from helpers.commands import SENTENCE, SMALL, Result, call_main, environment
from unspool.engines.registry import build_learner, usual_training_engine
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.training import TrainingSpec
from unspool.training.budget import Budget


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def start_process(*args: object, **options: Any) -> subprocess.Popen[bytes]:
    """`python -m unspool ARGS` in a new process, not waited for."""
    command = [sys.executable, "-m", "unspool", *map(str, args)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=environment(), **options
    )


def wait_for(process: subprocess.Popen[bytes], condition: Callable[[], bool], seconds: float = 90) -> None:
    """Until something is so; a process that ends before fails the test."""
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()[1].decode()
        assert time.monotonic() < end
        time.sleep(0.002)


class Faults:
    """What the tests of this folder share."""

    Result = Result
    small = SMALL
    call = staticmethod(call_main)
    start = staticmethod(start_process)
    wait_for = staticmethod(wait_for)
    bytes_of = staticmethod(bytes_of)


@pytest.fixture(scope="session")
def faults() -> type[Faults]:
    return Faults


@pytest.fixture(scope="session")
def learner() -> type[Any]:
    """The class of the learners that train here, for tests that break one."""
    spec = NetworkSpec(decoder=DecoderSpec(hidden_size=4, embedding_size=2, vocabulary_size=6))
    return type(build_learner(trainer() or usual_training_engine(), spec, TrainingSpec(threads=1)))


@pytest.fixture(scope="session")
def fox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "fox.txt"
    path.write_text(SENTENCE * 40, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, fox: Path) -> Path:
    """A trained model; tests work on copies."""
    path = tmp_path_factory.mktemp("models") / "finished"
    result = call_main("train", fox, "--out", path, "--steps", 12, *SMALL)
    assert result.code == 0, result.err
    return path


@pytest.fixture(scope="session")
def cut_off() -> Callable[..., None]:
    """Run a training that Ctrl-C cuts off after five steps."""
    return run_five_steps


@pytest.fixture(scope="session")
def unfinished(tmp_path_factory: pytest.TempPathFactory, fox: Path) -> Path:
    """A run that Ctrl-C cut off after five steps; tests work on copies."""
    path = tmp_path_factory.mktemp("models") / "unfinished"
    run_five_steps("train", fox, "--out", path, "--steps", 8, "--validations", 4, *SMALL)
    return path


def run_five_steps(*arguments: object) -> None:
    """A command that trains, interrupted."""
    from unspool.training.progress import PlainProgress

    step = PlainProgress.on_step

    def on_step(self: PlainProgress, event: Any) -> None:
        step(self, event)
        if event.step == 5:
            signal.raise_signal(signal.SIGINT)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PlainProgress, "on_step", on_step)
        result = call_main(*arguments)
    assert result.code == 0, result.err


@pytest.fixture
def trial() -> Iterator[Callable[..., Result | None]]:
    """Run commands on damaged things, and tell at the end which of them ended in a way that must not be."""
    problems: Counter[str] = Counter()
    examples: dict[str, object] = {}

    def run(example: object, *arguments: object, forked: bool = False) -> Result | None:
        result, problem = outcome_in_fork(arguments) if forked else outcome(arguments)
        if problem:
            problems[problem] += 1
            examples.setdefault(problem, example)
        return result

    yield run
    told = [f"{count} x {problem}\n    first: {examples[problem]!r:.300}" for problem, count in problems.items()]
    assert not told, "\n".join(told)


def outcome(arguments: tuple[object, ...]) -> tuple[Result | None, str]:
    """What a command gave, and what is wrong with that."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of numbers that are too large
            warnings.simplefilter("ignore", ResourceWarning)
            result = call_main(*arguments)
    except Exception as error:
        trace = error.__traceback__
        while trace is not None and trace.tb_next:
            trace = trace.tb_next
        place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
        said = re.sub(r"\d+", "#", str(error))
        return None, f"{arguments[0]}: {type(error).__name__} in {place}: {said:.80}"
    if not result.clean:
        return result, f"{arguments[0]}: exit {result.code}: {result.err[-300:]}"
    if result.code == 0 and "--json" in arguments and ("NaN" in result.out or "Infinity" in result.out):
        return result, f"{arguments[0]}: not JSON"
    return result, ""


def outcome_in_fork(arguments: tuple[object, ...]) -> tuple[None, str]:
    """The same in a fork of this process, which may be aborted."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        os.write(writing, outcome(arguments)[1].encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        problem = stream.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return None, f"{arguments[0]}: the process died of signal {-status}" if status < 0 else problem


@pytest.fixture
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged budget must not train for ever: ten steps end any run."""
    progress = Budget.progress
    monkeypatch.setattr(Budget, "progress", lambda self, step: 1.0 if step >= 10 else progress(self, step))
