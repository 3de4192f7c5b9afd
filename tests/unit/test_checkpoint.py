"""A checkpoint gives back what was written, and a crash leaves the last one."""

import os
from pathlib import Path

import numpy as np
import pytest

from unspool.arrays import Arrays
from unspool.errors import ModelFolderError
from unspool.folder.serialization import dump_safetensors
from unspool.training.checkpoint import Checkpoint, Progress


class Learner:
    """Has a training state, and that is all."""

    def __init__(self, value: float) -> None:
        self.value = value

    def training_state(self) -> Arrays:
        return {"a": np.array(self.value, np.float32), "b": np.arange(6.0).reshape(2, 3).T, "c": np.zeros((1, 0, 4))}


def test_a_checkpoint_gives_back_arrays_and_progress(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path)
    assert not checkpoint.exists()
    progress = Progress(step=7, epoch=1, index=2, best=1.25, best_step=5, done=True)
    checkpoint.write(Learner(3.0), progress)  # type: ignore[arg-type]
    arrays, read = checkpoint.read()
    assert read == progress
    for name, array in Learner(3.0).training_state().items():
        assert arrays[name].shape == array.shape
        assert (arrays[name] == array).all()


def test_a_crash_keeps_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = Checkpoint(tmp_path)
    checkpoint.write(Learner(1.0), Progress(step=1))  # type: ignore[arg-type]

    def crash(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.write(Learner(2.0), Progress(step=2))  # type: ignore[arg-type]
    arrays, progress = checkpoint.read()
    assert (progress.step, float(arrays["a"])) == (1, 1.0)


def test_a_missing_or_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="cannot be read"):
        Checkpoint(tmp_path).read()
    path = tmp_path / "last.safetensors"
    for content in (b"", b"abc", dump_safetensors({}, {**Progress().model_dump(), "unknown": 1})):
        path.write_bytes(content)
        with pytest.raises(ModelFolderError, match="damaged"):
            Checkpoint(tmp_path).read()
