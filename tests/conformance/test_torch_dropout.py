"""Locked dropout of the torch engine: one mask a row for all time steps."""

import pytest

torch = pytest.importorskip("torch")

from unspool.engines.torch.layers import Dropout  # noqa: E402 - needs torch


def masked(share: float, seed: int = 0, shape: tuple[int, int, int] = (50, 7, 40)) -> "torch.Tensor":
    return Dropout(share, share, torch.Generator().manual_seed(seed))(torch.ones(shape), share)


def test_one_mask_serves_all_time_steps() -> None:
    values = masked(0.4)
    assert (values == values[:, :1]).all()


def test_rows_have_masks_of_their_own() -> None:
    values = masked(0.4)
    assert (values[0] != values[1]).any()


def test_the_share_of_zeros_is_as_asked_and_the_mean_stays() -> None:
    values = masked(0.25)
    assert (values == 0).float().mean().item() == pytest.approx(0.25, abs=0.03)
    assert values.mean().item() == pytest.approx(1, abs=0.03)


def test_the_seed_decides_the_mask() -> None:
    assert (masked(0.4, 1) == masked(0.4, 1)).all()
    assert (masked(0.4, 1) != masked(0.4, 2)).any()


def test_no_dropout_leaves_the_values() -> None:
    assert (masked(0.0) == 1).all()
