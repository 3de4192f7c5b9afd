"""Step each recurrent cell for one row, in place, after the products. `engines/numpy/cells.py` defines the cells.

Shapes: H hidden units.
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
    """Update hidden [H] from the gates [H] of input and state."""
    for i in range(gates.shape[0]):
        hidden[i] = hyperbolic_tangent(gates[i])


@compiled
def lstm_step(gates: Array, hidden: Array, cell: Array) -> None:
    """Update hidden [H] and cell [H] from the gates i f g o [4 H] of input and state."""
    size = hidden.shape[0]
    for i in range(size):
        candidate = hyperbolic_tangent(gates[2 * size + i])
        cell[i] = logistic(gates[size + i]) * cell[i] + logistic(gates[i]) * candidate
        hidden[i] = logistic(gates[3 * size + i]) * hyperbolic_tangent(cell[i])


@compiled
def gru_step(gates: Array, recurrent: Array, hidden: Array) -> None:
    """Update hidden [H] from the gates r z n [3 H] of the input and those [3 H] of the state."""
    size = hidden.shape[0]
    for i in range(size):
        reset = logistic(gates[i] + recurrent[i])
        update = logistic(gates[size + i] + recurrent[size + i])
        candidate = hyperbolic_tangent(gates[2 * size + i] + reset * recurrent[2 * size + i])
        hidden[i] = candidate + update * (hidden[i] - candidate)


@compiled
def normalise(x: Array, scale: Array, out: Array) -> None:
    """Normalise by the root mean square, [H] to [H]."""
    squares = np.float32(0)
    for i in range(x.shape[0]):
        squares += x[i] * x[i]
    factor = np.float32(1) / np.sqrt(squares / np.float32(x.shape[0]) + MINIMUM)
    for i in range(x.shape[0]):
        out[i] = x[i] * factor * scale[i]


@compiled
def mingru_step(gates: Array, hidden: Array, out: Array) -> None:
    """Update hidden [H] from the gates z c g [3 H], and write the output h silu(g) into out [H]."""
    size = hidden.shape[0]
    for i in range(size):
        hidden[i] += logistic(gates[i]) * (gates[size + i] - hidden[i])
        gate = gates[2 * size + i]
        out[i] = hidden[i] * gate * logistic(gate)


@compiled
def gated_linear(pairs: Array, out: Array) -> None:
    """Write silu(u) v into out [H], where u and v are the halves of [2 H]."""
    size = out.shape[0]
    for i in range(size):
        out[i] = pairs[i] * logistic(pairs[i]) * pairs[size + i]
