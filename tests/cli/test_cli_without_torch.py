"""A trained model writes and scores where PyTorch cannot be imported."""

import subprocess
import sys

import pytest

from helpers.commands import unimportable

PROBE = """
import sys
from unspool.cli.main import main
main()
print("torch" in sys.modules, "unspool.engines.numba.network" in sys.modules, file=sys.stderr)
"""
BEYOND_THE_START = 2300  # tokens, so that the kernels take over


@pytest.fixture
def no_torch(tmp_path):
    return unimportable("torch", "torch must not be imported", tmp_path)


@pytest.mark.parametrize(
    ("engine", "tokens"), [("auto", 200), ("auto", BEYOND_THE_START), ("numba", 200), ("numpy", 200)]
)
def test_generate_needs_no_torch(run, model, no_torch, engine, tokens):
    settings = ("--seed", 1, "--engine", engine, "--max-new-tokens", tokens)
    result = run("generate", model, "-p", "the ", *settings, env=no_torch)
    assert result.code == 0, result.err
    assert result.out.startswith("the ")


@pytest.mark.parametrize("engine", ["auto", "numba"])
def test_score_and_evaluate_need_no_torch(run, model, no_torch, engine):
    assert run("score", model, "the", "--engine", engine, env=no_torch).code == 0
    assert run("evaluate", model, "--engine", engine, env=no_torch).code == 0


@pytest.mark.parametrize(
    ("engine", "tokens", "kernels"), [("auto", 200, False), ("auto", BEYOND_THE_START, True), ("numba", 200, True)]
)
def test_generate_does_not_import_torch_where_it_could(model, engine, tokens, kernels):
    settings = ("--seed", "1", "--engine", engine, "--max-new-tokens", str(tokens))
    command = [sys.executable, "-c", PROBE, "generate", str(model), *settings]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stderr.split() == ["False", str(kernels)]


def test_train_without_torch_names_the_extra_to_install(call, text_file, tmp_path, monkeypatch):
    monkeypatch.setattr("unspool.engines.registry.find_spec", lambda name: None)
    result = call("train", text_file, "--out", tmp_path / "m", "--steps", 1)
    assert result.code == 6
    assert "pip install 'unspool[train]'" in result.err
    assert not (tmp_path / "m").exists()
