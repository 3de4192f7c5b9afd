"""The engine keras in processes of its own: quiet, without PyTorch, and with the output of the other engines."""

import re
from types import SimpleNamespace

import pytest

from helpers.commands import run_process, unimportable
from unspool.engines.registry import installed_engines

pytestmark = pytest.mark.skipif("keras" not in installed_engines(), reason="TensorFlow is not installed")
LOGS = re.compile(r"absl|oneDNN|[Tt]ensor[Ff]low|cpu_feature|rebuild|[IWEF]0000|WARNING|Traceback")


@pytest.fixture(scope="module")
def no_torch(tmp_path_factory):
    return unimportable("torch", "torch must not be imported", tmp_path_factory.mktemp("place"))


@pytest.fixture(scope="module")
def trained(text_file, small, no_torch, tmp_path_factory):
    """What a run on TensorFlow says where PyTorch cannot be imported, and its folder."""
    place = tmp_path_factory.mktemp("models") / "fox"
    options = ["--steps", 6, "--validations", 2, *small, "--engine", "keras"]
    return run_process("train", text_file, "--out", place, *options, env=no_torch), place


def test_training_says_what_it_does_and_nothing_of_tensorflow(trained):
    result, place = trained
    assert result.code == 0, result.err
    assert not LOGS.search(result.err), result.err
    assert not LOGS.search(result.out), result.out
    assert any(line.startswith("the engine keras was loaded in ") for line in result.error_lines)
    assert f"{place}: " in result.out


def test_generating_says_nothing_and_gives_the_text_of_the_other_engines(trained, no_torch):
    settings = ("generate", trained[1], "-p", "the ", "--seed", 3, "--max-new-tokens", 60, "--engine")
    result = run_process(*settings, "keras", env=no_torch)
    assert (result.code, result.err) == (0, "")
    assert result.out == run_process(*settings, "numpy").out


def test_where_tensorflow_is_missing_the_extra_is_named(call, text_file, tmp_path, monkeypatch):
    monkeypatch.setattr("unspool.engines.registry.find_spec", lambda name: name != "tensorflow")
    monkeypatch.setattr("unspool.engines.registry.sys", SimpleNamespace(version_info=(3, 13)))
    result = call("train", text_file, "--out", tmp_path / "m", "--steps", 1, "--engine", "keras")
    assert result.code == 6
    assert result.error_lines == [
        "error: the engine keras needs tensorflow, which is not installed.",
        "hint: install it with `pip install 'unspool[keras]'`, or choose the engine torch, which is installed.",
    ]
    assert not (tmp_path / "m").exists()
