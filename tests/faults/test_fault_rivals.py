"""Two processes train into one folder and are killed, a third reads: never a lost model, never a mixed one."""

import random
import signal
import time
from itertools import groupby
from multiprocessing import get_context

import pytest

from helpers.rivals import Noting, checked, note, noted, read_for_ever, train_for_ever, train_one


@pytest.fixture(scope="module")
def processes():
    """Starts processes by a fork of one that has imported everything and computed nothing."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["unspool.tasks.run", "unspool.engines.torch.learner", "torch._dynamo"])
    return context


@pytest.mark.parametrize("rounds", [6, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_at_any_moment_two_runs_leave_the_last_model_whole(processes, tmp_path, rounds):
    path = tmp_path / "models" / "m"
    path.parent.mkdir()
    kept, problems, read = (tmp_path / name for name in ("kept", "problems", "read"))
    generator = random.Random(rounds)
    train_one(path, Noting(path, kept), seed=0, steps=4)
    reader = processes.Process(target=read_for_ever, args=(path, read, problems))
    reader.start()
    try:
        for number in range(rounds):
            fight(processes, generator, (path, kept, problems), 10_000 * (number + 1))
            seed = checked(path)
            seeds = noted(kept)
            assert seed == seeds[-1] or seed not in seeds, (number, seed, seeds)
            note(kept, seed)
    finally:
        reader.kill()
        reader.join()
    assert not noted(problems)
    seen = [seed for seed, _ in groupby(noted(read))]
    assert len(seen) > rounds / 3
    assert len(seen) == len(set(seen)), "an older model came back"
    train_one(path, Noting(path, kept), seed=1, steps=8)
    assert checked(path) == 1
    assert [place.name for place in path.parent.iterdir() if place.is_dir()] == ["m"]


def fight(processes, generator, places, seed):
    """Two processes that train; each is killed at a moment of its own, one in five after a polite request."""
    rivals = [processes.Process(target=train_for_ever, args=(*places, seed + 5000 * index)) for index in range(2)]
    for rival in rivals:
        rival.start()
    for rival in generator.sample(rivals, 2):
        wait_for_models(places[1], generator.choice((0, 1, 2)))
        time.sleep(generator.uniform(0, 0.4))
        if generator.random() < 0.2:
            rival.terminate()
            time.sleep(generator.uniform(0, 0.3))
        rival.kill()
        rival.join()
        assert rival.exitcode in (-signal.SIGKILL, -signal.SIGTERM)


def wait_for_models(kept, count):
    """Until so many more are kept."""
    aim, end = len(noted(kept)) + count, time.monotonic() + 60
    while len(noted(kept)) < aim:
        assert time.monotonic() < end
        time.sleep(0.01)
