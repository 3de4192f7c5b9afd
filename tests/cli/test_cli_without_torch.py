"""A trained model writes and scores where PyTorch cannot be imported, and without any framework where it could."""

import subprocess
import sys

import pytest

from helpers.commands import environment, unimportable

PROBE = """
import sys
from unspool.cli.main import main
main()
print("LOADED", *[name for name in {names!r} if name in sys.modules], file=sys.stderr)
"""
FRAMEWORKS = ["torch", "torch._dynamo", "tensorflow", "keras"]
KERNELS = "unspool.engines.numba.network"
BEYOND_THE_START = 2300  # tokens, so that the kernels take over


def loaded(*arguments):
    """Which of the frameworks, their parts and kernels a process has imported after a command."""
    code = PROBE.format(names=[*FRAMEWORKS, KERNELS])
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=120)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines()[-1].split()[1:])


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
def test_generate_imports_no_framework_where_it_could(model, engine, tokens, kernels):
    settings = ("--seed", 1, "--engine", engine, "--max-new-tokens", tokens)
    assert loaded("generate", model, *settings) == ({KERNELS} if kernels else set())


def test_score_imports_no_framework_where_it_could(model):
    assert loaded("score", model, "the") == set()


@pytest.mark.parametrize("option", [[], ["--tensorboard"]], ids=["plain", "tensorboard"])
def test_training_with_torch_imports_neither_its_compiler_nor_another_framework(text_file, tmp_path, small, option):
    assert loaded("train", text_file, "--out", tmp_path / "m", "--steps", 10, *small, *option) == {"torch"}


def test_train_without_torch_names_the_extra_to_install(call, text_file, tmp_path, monkeypatch):
    monkeypatch.setattr("unspool.engines.registry.find_spec", lambda name: None)
    result = call("train", text_file, "--out", tmp_path / "m", "--steps", 1)
    assert result.code == 6
    assert "pip install 'unspool[train]'" in result.err
    assert not (tmp_path / "m").exists()
