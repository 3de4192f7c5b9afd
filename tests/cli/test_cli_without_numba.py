"""Where Numba is installed and cannot be imported, as with an unfit NumPy, everything works but what names it."""

import pytest

from helpers.commands import unimportable

BEYOND_THE_START = 2300  # tokens, so that the kernels would take over


@pytest.fixture(scope="module")
def no_numba(tmp_path_factory):
    return unimportable("numba", "Numba needs NumPy 2.3 or less.", tmp_path_factory.mktemp("place"))


@pytest.mark.parametrize(
    "cell", ["gru", *(pytest.param(one, marks=pytest.mark.slow) for one in ("rnn", "lstm", "mingru"))]
)
def test_every_cell_trains_and_writes_the_text_of_the_kernels(run, call, text_file, small, tmp_path, no_numba, cell):
    model = tmp_path / "model"
    trained = run("train", text_file, "--out", model, "--steps", 3, "--cell", cell, *small, env=no_numba)
    assert trained.code == 0, trained.err
    settings = ("generate", model, "--seed", 1, "--max-new-tokens", BEYOND_THE_START, "--no-stream")
    without = run(*settings, env=no_numba)
    assert without.code == 0, without.err
    assert len(without.out) > BEYOND_THE_START
    assert without.out == call(*settings).out


def test_shorter_weights_are_rounded_alike(run, call, model, no_numba):
    settings = ("generate", model, "--seed", 1, "--max-new-tokens", 300, "--weights", "bfloat16")
    assert run(*settings, env=no_numba).out == call(*settings).out


def test_the_engine_that_was_named_is_missed_in_two_lines(run, model, no_numba):
    result = run("generate", model, "--engine", "numba", env=no_numba)
    assert result.code == 6
    assert result.error_lines == [
        "error: the engine numba needs numba, which cannot be imported: Numba needs NumPy 2.3 or less.",
        "hint: install it with `pip install numba`.",
    ]
