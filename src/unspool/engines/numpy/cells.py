"""One step of each recurrent cell, in plain NumPy: the definition that the other engines are compared with.

`layers.py` has the layers around them.

A cell is a function of its input and its cell state:

    step(x W_ih + b_ih, cell_state, recurrent) -> cell_state

where the product with the input is computed outside, for many time steps at once.

Shapes: B rows, H hidden, G gates (rnn 1, lstm 4, gru 3).
"""

from collections.abc import Callable

import numpy as np

from unspool.arrays import Array
from unspool.specs.shapes import CellName

CellState = tuple[Array, ...]  # (hidden,) or, for the LSTM, (hidden, cell); each [B, H]
Product = Callable[[Array], Array]  # [B, H] to [B, G * H]: h W_hh + b_hh


def rnn_step(gates: Array, cell_state: CellState, product: Product) -> CellState:
    """Step an RNN (Elman, 1990): h = tanh(x W_ih + b_ih + h W_hh + b_hh)."""
    (hidden,) = cell_state
    return (np.tanh(gates + product(hidden)),)


def lstm_step(gates: Array, cell_state: CellState, product: Product) -> CellState:
    """Step an LSTM (Hochreiter and Schmidhuber, 1997) with a forget gate (Gers et al., 2000); gates i f g o."""
    hidden, cell = cell_state
    summed = gates + product(hidden)  # (B, 4 H)
    size = hidden.shape[-1]
    i, f, o = (sigmoid(summed[:, k * size : (k + 1) * size]) for k in (0, 1, 3))  # each (B, H)
    g = np.tanh(summed[:, 2 * size : 3 * size])  # (B, H)
    cell = f * cell + i * g
    return o * np.tanh(cell), cell


def gru_step(gates: Array, cell_state: CellState, product: Product) -> CellState:
    """Step a GRU (Cho et al., 2014) in the form of cuDNN, with the reset gate after the product; gates r z n."""
    (hidden,) = cell_state
    recurrent = product(hidden)  # (B, 3 H)
    size = hidden.shape[-1]
    r, z = (sigmoid((gates + recurrent)[:, k * size : (k + 1) * size]) for k in (0, 1))  # each (B, H)
    n = np.tanh(gates[:, 2 * size :] + r * recurrent[:, 2 * size :])  # (B, H)
    return ((1 - z) * n + z * hidden,)


def mingru_step(gates: Array, cell_state: CellState) -> CellState:
    """Step a minGRU (Feng et al., 2024) with a linear candidate: h = h + sigmoid(z) (c - h); gates z c, [B, 2 H]."""
    (hidden,) = cell_state
    size = hidden.shape[-1]
    return (hidden + sigmoid(gates[:, :size]) * (gates[:, size : 2 * size] - hidden),)


def sigmoid(x: Array) -> Array:
    """Compute 1 / (1 + exp(-x)) by tanh, so that nothing overflows."""
    half: Array = 0.5 * np.tanh(0.5 * x) + 0.5
    return half


STEPS: dict[CellName, Callable[[Array, CellState, Product], CellState]] = {
    "rnn": rnn_step,
    "lstm": lstm_step,
    "gru": gru_step,
}
