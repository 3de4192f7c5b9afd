"""Two processes train into one folder and are killed, a third reads: never a lost model, never a mixed one."""

import random
import shutil
import signal
import time
from itertools import count, groupby
from multiprocessing import get_context

import pytest

import unspool
from helpers.rivals import (
    Noting,
    checked,
    die_at,
    fail_over,
    note,
    noted,
    read_for_ever,
    save_over,
    train_for_ever,
    train_one,
    train_over,
)
from unspool.errors import OutputError
from unspool.training.callback import Callback


@pytest.fixture(scope="module")
def processes():
    """Starts processes by a fork of one that has imported everything and computed nothing."""
    context = get_context("forkserver")
    used = ["tasks.run", "tasks.language.task", "models.text", "engines.numpy.network", "engines.torch.learner"]
    context.set_forkserver_preload([f"unspool.{name}" for name in used])
    return context


@pytest.mark.parametrize("rounds", [3, pytest.param(50, marks=pytest.mark.slow)])
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


@pytest.mark.parametrize("action", [save_over, fail_over, pytest.param(train_over, marks=pytest.mark.slow)])
def test_killed_before_any_change_of_the_disk_a_process_leaves_a_whole_model(processes, tmp_path, action):
    """At each moment in turn, until it is over before it is killed."""
    old, new, path = tmp_path / "old", tmp_path / "new", tmp_path / "models" / "m"
    for place, seed in ((old, 0), (new, 1)):
        train_one(place, Callback(), seed=seed, steps=1)
    found = []
    for moment in count(1):
        shutil.copytree(old, path)
        process = processes.Process(target=die_at, args=(moment, action, path, new))
        process.start()
        process.join()
        found.append(checked(path, held_out=action is not save_over))
        saving = unspool.load(new, engine="numpy")
        with pytest.raises(OutputError):
            saving.save(path)
        saving.save(path, overwrite=True)
        assert checked(path, held_out=False) == 1
        assert [place.name for place in path.parent.iterdir() if place.name != "1.txt"] == ["m"]
        shutil.rmtree(path.parent)
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
    assert len(found) > 15
    assert found == sorted(found), "an older model came back"
    assert found[-1] == (0 if action is fail_over else 1)
