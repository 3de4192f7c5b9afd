"""A run that is killed at any moment and resumed ends with the weights of one that was not."""

import random
import signal
import time

import numpy as np
import pytest
from safetensors.numpy import load_file

MODES = {
    "stream": ["--steps", 400, "--validations", 40, "--patience", 1000],
    "lines": ["--lines", "--steps", 400, "--validations", 40, "--patience", 1000],
}


def assert_same_arrays(one, other):
    for name in ("model.safetensors", "training/last.safetensors"):
        first, second = load_file(one / name), load_file(other / name)
        assert first.keys() == second.keys()
        for key in first:
            assert np.array_equal(first[key], second[key]), f"{name}: {key}"
    assert (one / "model.safetensors").read_bytes() == (other / "model.safetensors").read_bytes()


@pytest.fixture(scope="module", params=MODES)
def whole(request, faults, fox, tmp_path_factory):
    """A run without interruption, and its options."""
    place = tmp_path_factory.mktemp("whole") / "m"
    options = [*MODES[request.param], *faults.small]
    assert faults.call("train", fox, "--out", place, *options).code == 0
    return place, options


def test_kill_and_resume_ends_bit_for_bit_as_if_nothing_had_happened(faults, fox, whole, tmp_path):
    expected, options = whole
    place, generator, kills = tmp_path / "m", random.Random(len(str(options))), 0
    arguments = ["train", fox, "--out", place, *options]
    last = place / "training" / "last.safetensors"
    while kills < 3:
        process = faults.start(*arguments)
        stamp = last.stat().st_mtime_ns if last.exists() else 0
        faults.wait_for(process, lambda stamp=stamp: last.exists() and last.stat().st_mtime_ns > stamp)
        time.sleep(generator.uniform(0, 0.25))
        if process.poll() is not None:
            break  # it was done before
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        kills += 1
        arguments = ["train", "--resume", place]
    assert kills
    result = faults.call(*arguments)
    assert result.code == 0 or "is trained to the end" in result.err, result.err
    assert_same_arrays(expected, place)


def test_ctrl_c_and_sigterm_keep_a_model_and_resume_ends_the_same(faults, fox, whole, tmp_path):
    expected, options = whole
    place = tmp_path / "m"
    history = place / "history.jsonl"
    arguments = ["train", fox, "--out", place, *options]
    for number in (signal.SIGINT, signal.SIGTERM):
        process = faults.start(*arguments)
        size = history.stat().st_size if history.exists() else 0
        faults.wait_for(process, lambda size=size: history.exists() and history.stat().st_size > size + 300)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err.decode()
        assert b"Traceback" not in err
        assert faults.call("generate", place, "--seed", 1, "--max-new-tokens", 5).code == 0
        assert faults.call("evaluate", place).code == 0
        arguments = ["train", "--resume", place]
    result = faults.call(*arguments)
    assert result.code == 0, result.err
    assert_same_arrays(expected, place)


def test_the_same_seed_gives_the_same_weights_and_another_one_others(faults, fox, tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        options = ["--steps", 6, "--seed", seed, "--dropout", 0.3, *faults.small[:-2]]
        assert faults.call("train", fox, "--out", tmp_path / name, *options).code == 0
    assert_same_arrays(tmp_path / "a", tmp_path / "b")
    one, other = (load_file(tmp_path / name / "model.safetensors") for name in ("a", "c"))
    assert any(not np.array_equal(one[key], other[key]) for key in one)
