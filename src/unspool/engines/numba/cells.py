"""One step of each recurrent cell for one row, in place. `engines/numpy/cells.py` defines what they compute.

Shapes: G gates (rnn 1, lstm 4, gru 3), H hidden.
"""

from unspool.engines.base import Array
from unspool.engines.numba.arithmetic import add_product, compiled, hyperbolic_tangent, sigmoid
from unspool.specs.network import CellName

CODES: dict[CellName, int] = {"rnn": 0, "lstm": 1, "gru": 2}


@compiled
def rnn_step(gates: Array, recurrent: Array, weight: Array, hidden: Array) -> None:
    """[H] gates of the input, [H] recurrent bias, [H, H], [H] hidden."""
    for i in range(gates.shape[0]):
        gates[i] += recurrent[i]
    add_product(weight, hidden, gates)
    hyperbolic_tangent(gates, hidden)


@compiled
def lstm_step(gates: Array, recurrent: Array, weight: Array, hidden: Array, cell: Array) -> None:
    """[4 H] gates i f g o of the input, [4 H] recurrent bias, [4 H, H], [H] hidden, [H] cell."""
    size = hidden.shape[0]
    for i in range(4 * size):
        gates[i] += recurrent[i]
    add_product(weight, hidden, gates)
    sigmoid(gates[: 2 * size])
    hyperbolic_tangent(gates[2 * size : 3 * size], gates[2 * size : 3 * size])
    sigmoid(gates[3 * size :])
    for i in range(size):
        cell[i] = gates[size + i] * cell[i] + gates[i] * gates[2 * size + i]
    hyperbolic_tangent(cell, hidden)
    for i in range(size):
        hidden[i] *= gates[3 * size + i]


@compiled
def gru_step(gates: Array, recurrent: Array, weight: Array, hidden: Array) -> None:
    """[3 H] gates r z n of the input, [3 H] recurrent bias (overwritten), [3 H, H], [H] hidden."""
    size = hidden.shape[0]
    add_product(weight, hidden, recurrent)
    for i in range(2 * size):
        gates[i] += recurrent[i]
    sigmoid(gates[: 2 * size])
    for i in range(size):
        gates[2 * size + i] += gates[i] * recurrent[2 * size + i]
    hyperbolic_tangent(gates[2 * size :], gates[2 * size :])
    for i in range(size):
        hidden[i] = (1 - gates[size + i]) * gates[2 * size + i] + gates[size + i] * hidden[i]
