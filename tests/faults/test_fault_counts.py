"""Counts that are changed while the process is killed: the old model stays, and the change can be made again."""

import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from helpers.small import small_text
from unspool.folder.atomic import replaced

FILES = ("model.safetensors", "training/counts.safetensors")


@pytest.fixture(scope="module")
def whole(faults: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, a text to add to it, and what becomes of both."""
    place = tmp_path_factory.mktemp("counts")
    for name, seed in (("text", 0), ("more", 1)):
        (place / f"{name}.txt").write_text(small_text(40, seed), encoding="utf-8")
    options = ["--lines", "--model", "ngram", "--out", place / "old"]
    assert faults.call("train", place / "text.txt", *options).code == 0
    assert faults.call("counts", "update", place / "old", place / "more.txt", "--out", place / "new").code == 0
    return place


@pytest.mark.filterwarnings("ignore:.*the earlier one is opened:unspool.ModelFolderWarning")
def test_a_killed_change_leaves_the_old_model_and_can_be_made_again(faults: Any, whole: Path, tmp_path: Path) -> None:
    model = tmp_path / "m"
    shutil.copytree(whole / "old", model)
    command = ["counts", "update", model, whole / "more.txt"]
    process = faults.start(*command)
    faults.wait_for(process, lambda: replaced(model).exists())
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    score = ["a cat sees the dog", "--json"]
    assert faults.call("score", model, *score).json() == faults.call("score", whole / "old", *score).json()
    again = faults.call(*command)
    assert again.code == 0, again.err
    for name in FILES:
        assert (model / name).read_bytes() == (whole / "new" / name).read_bytes()
    assert not replaced(model).exists()


def test_a_change_that_fails_leaves_the_old_model(
    faults: Any, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "m"
    shutil.copytree(whole / "old", model)
    before = faults.bytes_of(model)

    def fail(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("unspool.tasks.ngram.counts.held_out_figures", fail)
    assert faults.call("counts", "update", model, whole / "more.txt").code == 130
    assert faults.bytes_of(model) == before
    assert not replaced(model).exists()
