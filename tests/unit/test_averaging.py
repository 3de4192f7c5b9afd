"""The last best weights of a run, and their mean."""

from pathlib import Path

import numpy as np
import pytest

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


def test_a_resumed_run_forgets_what_it_comes_to_again(tmp_path: Path) -> None:
    last = LastBest(tmp_path, 3)
    for step in (10, 20, 30):
        last.add(weights(step), step)
    last.add(weights(22.0), 20)
    assert mean_of(last) == 16.0
