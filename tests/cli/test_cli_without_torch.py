"""A trained model writes and scores where PyTorch cannot be imported."""

import subprocess
import sys

import pytest

PROBE = """
import sys
from unspool.cli.main import main
main()
print("torch" in sys.modules, file=sys.stderr)
"""


@pytest.fixture
def no_torch(tmp_path):
    package = tmp_path / "shadow" / "torch"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('torch must not be imported')\n", encoding="utf-8")
    return {"PYTHONPATH": str(package.parent)}


@pytest.mark.parametrize("engine", ["auto", "numpy"])
def test_generate_needs_no_torch(run, model, no_torch, engine):
    result = run("generate", model, "-p", "the ", "--seed", 1, "--engine", engine, env=no_torch)
    assert result.code == 0, result.err
    assert result.out.startswith("the ")


def test_score_and_evaluate_need_no_torch(run, model, no_torch):
    assert run("score", model, "the", env=no_torch).code == 0
    assert run("evaluate", model, env=no_torch).code == 0


def test_generate_does_not_import_torch_where_it_could(model):
    command = [sys.executable, "-c", PROBE, "generate", str(model), "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == "False"


def test_train_without_torch_names_the_extra_to_install(call, text_file, tmp_path, monkeypatch):
    monkeypatch.setattr("unspool.engines.registry.find_spec", lambda name: None)
    result = call("train", text_file, "--out", tmp_path / "m", "--steps", 1)
    assert result.code == 6
    assert "pip install 'unspool[train]'" in result.err
    assert not (tmp_path / "m").exists()
