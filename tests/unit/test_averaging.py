"""The last best weights of a run, and their mean."""

from pathlib import Path

import numpy as np
import pytest

from unspool.errors import ModelFolderError
from unspool.training.averaging import LastBest


def weights(value: float) -> dict[str, np.ndarray]:
    return {"a": np.full((2, 3), value, np.float32)}


def mean_of(last: LastBest) -> float | None:
    mean = last.mean()
    return None if mean is None else float(mean["a"].mean())


def test_the_mean_is_of_the_last_few(tmp_path: Path) -> None:
    last, means = LastBest(tmp_path, 3), []
    for step in (5, 10, 90, 100):
        last.add(weights(step), step)
        means.append(mean_of(last))
    assert means == [None, 7.5, 35.0, pytest.approx(200 / 3)]
    last.clear()
    assert list(tmp_path.iterdir()) == []


def test_files_of_other_names_are_left_alone(tmp_path: Path) -> None:
    last = LastBest(tmp_path, 3)
    (tmp_path / "best-x.safetensors").write_bytes(b"stray")
    for step in (5, 10):
        last.add(weights(step), step)
    assert mean_of(last) == 7.5
    last.clear()
    assert [path.name for path in tmp_path.iterdir()] == ["best-x.safetensors"]


@pytest.mark.parametrize(
    "other",
    [{"b": np.zeros((2, 3), np.float32)}, {"a": np.zeros((3, 2), np.float32)}, {}],
    ids=["name", "shape", "none"],
)
def test_weights_that_do_not_fit_each_other_are_refused(tmp_path: Path, other: dict[str, np.ndarray]) -> None:
    last = LastBest(tmp_path, 3)
    last.add(weights(5), 5)
    last.add(other, 10)
    with pytest.raises(ModelFolderError, match="the same names and shapes"):
        last.mean()


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    last = LastBest(tmp_path, 3)
    last.add(weights(5), 5)
    (tmp_path / "best-6.safetensors").mkdir()
    with pytest.raises(ModelFolderError, match=r"best-6\.safetensors cannot be read"):
        last.mean()


def test_a_resumed_run_forgets_what_it_comes_to_again(tmp_path: Path) -> None:
    last = LastBest(tmp_path, 3)
    for step in (10, 20, 30):
        last.add(weights(step), step)
    last.add(weights(22.0), 20)
    assert mean_of(last) == 16.0
