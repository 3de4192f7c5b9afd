"""A run that is killed at any moment and resumed ends with the weights of one that was not."""

import os
import shutil
import signal

import numpy as np
import pytest
from safetensors.numpy import load_file

from conformance.engines import trainer
from helpers.killing import assert_same_arrays, kill_and_resume
from unspool.training.history import History

SLOW = trainer() == "keras"  # to start, and with networks as small as these
KILLS, SIGNALS = (1, (signal.SIGINT,)) if SLOW else (3, (signal.SIGINT, signal.SIGTERM))
STEPS = ["--steps", 40 if SLOW else 200, "--validations", 10 if SLOW else 20, "--patience", 1000]
MODES = {"stream": STEPS, "lines": ["--lines", *STEPS]}


TABLES = {
    "translation": ["--source", "a", "--target", "b", "--tokenizer", "char", "--hidden-size", 16, "--encoder-size", 8],
    "classification": ["--text", "a", "--label", "c", "--tokenizer", "char", "--encoder-size", 16],
}


@pytest.fixture(scope="module", params=["stream", pytest.param("lines", marks=pytest.mark.slow)])
def whole(request, faults, fox, tmp_path_factory):
    """A run without interruption, and its options."""
    place = tmp_path_factory.mktemp("whole") / "m"
    options = [*MODES[request.param], *faults.small]
    assert faults.call("train", fox, "--out", place, *options).code == 0
    return place, options


@pytest.fixture(scope="module", params=["classification", pytest.param("translation", marks=pytest.mark.slow)])
def whole_of_rows(request, faults, tmp_path_factory):
    """A run on a table without interruption, the table and its options; the best weights are averaged."""
    folder = tmp_path_factory.mktemp("rows")
    rows = [f"{a} {b},{b} {a},{a}\n" for a in "xyz" for b in ("one", "two", "three", "four")]
    (folder / "t.csv").write_text("a,b,c\n" + "".join(rows * 20), encoding="utf-8")
    steps = ["--steps", 200, "--validations", 20, "--patience", 1000, "--averaged", 3, "--batch-size", 16]
    options = [*TABLES[request.param], *steps, "--threads", 1, "--precision", "float32"]
    assert faults.call("train", folder / "t.csv", "--out", folder / "m", *options).code == 0
    return folder / "m", folder / "t.csv", options


@pytest.mark.engines
def test_kill_and_resume_ends_bit_for_bit_as_if_nothing_had_happened(faults, fox, whole, tmp_path):
    expected, options = whole
    kill_and_resume(faults, tmp_path / "m", ["train", fox, "--out", tmp_path / "m", *options], KILLS)
    assert_same_arrays(expected, tmp_path / "m")
    assert curve(tmp_path / "m") == curve(expected)
    assert "How was it trained?" in (tmp_path / "m" / "report.html").read_text(encoding="utf-8")


def curve(place):
    events = History(place / "history.jsonl").events()
    return [(event["step"], event["loss"]) for event in events if event["event"] == "training"]


def test_kill_and_resume_of_a_run_on_rows_ends_bit_for_bit_the_same(faults, whole_of_rows, tmp_path):
    expected, table, options = whole_of_rows
    kill_and_resume(faults, tmp_path / "m", ["train", table, "--out", tmp_path / "m", *options], 2)
    assert_same_arrays(expected, tmp_path / "m")


@pytest.mark.engines
def test_ctrl_c_and_sigterm_keep_a_model_and_resume_ends_the_same(faults, fox, whole, tmp_path):
    expected, options = whole
    place = tmp_path / "m"
    arguments = ["train", fox, "--out", place, *options]
    for number in SIGNALS:
        process = faults.start(*arguments)
        before = len(curve(place))
        faults.wait_for(process, lambda before=before: len(curve(place)) > before)
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


def test_a_run_that_is_killed_while_its_data_are_read_is_begun_again(faults, fox, whole, tmp_path):
    expected, options = whole
    place, source = tmp_path / "m", tmp_path / "fox.txt"
    request = place / "training" / "unfinished"
    os.mkfifo(source)  # nobody writes into it, so that the run waits for its data
    process = faults.start("train", source, "--out", place, *options)
    faults.wait_for(process, lambda: request.is_file() and request.stat().st_size > 0)
    process.kill()
    process.communicate()
    source.unlink()
    shutil.copy(fox, source)
    result = faults.call("train", "--resume", place)
    assert result.code == 0, result.err
    assert_same_arrays(expected, place)
