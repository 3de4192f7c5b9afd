"""One step of each recurrent cell for one row, in place, after the products. `engines/numpy/cells.py` defines it.

Shapes: G gates (rnn 1, lstm 4, gru 3), H hidden.
"""

import numpy as np

from unspool.arrays import Array
from unspool.engines.kernels.arithmetic import hyperbolic_tangent, logistic
from unspool.engines.kernels.compiling import compiled
from unspool.engines.parameters import NORMALISED_MINIMUM
from unspool.specs.shapes import CellName

MINIMUM = np.float32(NORMALISED_MINIMUM)
CODES: dict[CellName, int] = {"rnn": 0, "lstm": 1, "gru": 2, "mingru": 3}


@compiled
def rnn_step(gates: Array, hidden: Array) -> None:
    """[H] gates of input and state, [H] hidden."""
    for i in range(gates.shape[0]):
        hidden[i] = hyperbolic_tangent(gates[i])


@compiled
def lstm_step(gates: Array, hidden: Array, cell: Array) -> None:
    """[4 H] gates i f g o of input and state, [H] hidden, [H] cell."""
    size = hidden.shape[0]
    for i in range(size):
        candidate = hyperbolic_tangent(gates[2 * size + i])
        cell[i] = logistic(gates[size + i]) * cell[i] + logistic(gates[i]) * candidate
        hidden[i] = logistic(gates[3 * size + i]) * hyperbolic_tangent(cell[i])


@compiled
def gru_step(gates: Array, recurrent: Array, hidden: Array) -> None:
    """[3 H] gates r z n of the input, [3 H] of the state, [H] hidden."""
    size = hidden.shape[0]
    for i in range(size):
        reset = logistic(gates[i] + recurrent[i])
        update = logistic(gates[size + i] + recurrent[size + i])
        candidate = hyperbolic_tangent(gates[2 * size + i] + reset * recurrent[2 * size + i])
        hidden[i] = candidate + update * (hidden[i] - candidate)


@compiled
def normalise(x: Array, scale: Array, out: Array) -> None:
    """Root mean square normalisation, [H] to [H]."""
    squares = np.float32(0)
    for i in range(x.shape[0]):
        squares += x[i] * x[i]
    factor = np.float32(1) / np.sqrt(squares / np.float32(x.shape[0]) + MINIMUM)
    for i in range(x.shape[0]):
        out[i] = x[i] * factor * scale[i]


@compiled
def mingru_step(gates: Array, hidden: Array, out: Array) -> None:
    """[3 H] gates z c g, [H] hidden; [H] out is what leaves the output gate."""
    size = hidden.shape[0]
    for i in range(size):
        hidden[i] += logistic(gates[i]) * (gates[size + i] - hidden[i])
        gate = gates[2 * size + i]
        out[i] = hidden[i] * gate * logistic(gate)


@compiled
def gated_linear(pairs: Array, out: Array) -> None:
    """[2 H] u v to [H] silu(u) v."""
    size = out.shape[0]
    for i in range(size):
        out[i] = pairs[i] * logistic(pairs[i]) * pairs[size + i]
