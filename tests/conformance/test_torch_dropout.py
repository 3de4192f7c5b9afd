"""Locked dropout of the torch engine: one mask a row for all time steps."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from unspool.engines.torch.layers import Dropout  # noqa: E402 - needs torch
from unspool.engines.torch.recurrent import read_window  # noqa: E402


def masked(rate: float, seed: int = 0, shape: tuple[int, int, int] = (50, 7, 40)) -> "torch.Tensor":
    return Dropout(rate, rate, np.random.default_rng(seed))(torch.ones(shape), rate)


def test_one_mask_serves_all_time_steps() -> None:
    values = masked(0.4)
    assert (values == values[:, :1]).all()


def test_rows_have_masks_of_their_own() -> None:
    values = masked(0.4)
    assert (values[0] != values[1]).any()


def test_the_rate_of_zeros_is_as_requested_and_the_mean_stays() -> None:
    values = masked(0.25)
    assert (values == 0).float().mean().item() == pytest.approx(0.25, abs=0.03)
    assert values.mean().item() == pytest.approx(1, abs=0.03)


def test_the_seed_decides_the_mask() -> None:
    assert (masked(0.4, 1) == masked(0.4, 1)).all()
    assert (masked(0.4, 1) != masked(0.4, 2)).any()


def test_no_dropout_leaves_the_values() -> None:
    assert (masked(0.0) == 1).all()


@pytest.mark.parametrize("kind", [torch.nn.LSTM, torch.nn.GRU, torch.nn.RNN])
def test_drop_connect_is_the_same_for_all_rows_and_steps(kind: "type[torch.nn.RNNBase]") -> None:
    layer = kind(5, 24, batch_first=True)
    dropout = Dropout(0.0, 0.0, np.random.default_rng(0), recurrent=0.5)
    matrix = dropout.drop_connect(layer)
    assert matrix is not None
    kept = (matrix != 0).float()
    assert kept.mean().item() == pytest.approx(0.5, abs=0.05)
    torch.testing.assert_close(matrix, 2 * kept * layer.weight_hh_l0)
    twin = kind(5, 24, batch_first=True)
    twin.load_state_dict({**layer.state_dict(), "weight_hh_l0": matrix})
    values, zeros = torch.randn(3, 6, 5), torch.zeros(1, 3, 24)
    cell_state = (zeros, zeros) if kind is torch.nn.LSTM else (zeros,)
    torch.testing.assert_close(read_window(layer, values, cell_state, matrix), read_window(twin, values, cell_state))


def test_there_is_no_drop_connect_unless_requested() -> None:
    assert Dropout(0.5, 0.5, np.random.default_rng()).drop_connect(torch.nn.GRU(5, 24)) is None
