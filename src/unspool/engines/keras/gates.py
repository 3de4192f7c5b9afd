"""Recurrent arrays of PyTorch's form as Keras's, and back: the order of gates, the transposes, the biases.

    PyTorch  weight_ih [G H, W], weight_hh [G H, H], bias_ih [G H], bias_hh [G H]      LSTM i f g o, GRU r z n
    Keras    kernel [W, G H], recurrent_kernel [H, G H], bias [G H], GRU [2, 3 H]      LSTM i f c o, GRU z r h

A Keras GRU is of this form with `reset_after=True`, its default, alone.

Shapes: W width of the input, H hidden, G gates (1, 4 or 3).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from unspool.arrays import Array, Arrays
from unspool.specs.shapes import CellName

ORDER: dict[CellName, tuple[int, ...]] = {"rnn": (0,), "lstm": (0, 1, 2, 3), "gru": (1, 0, 2)}  # each its own inverse


def keras_arrays(cell: CellName, arrays: Mapping[str, Array]) -> list[Array]:
    """Return the arrays of a Keras layer in its order.

    Args:
        cell: is that of the layer.
        arrays: are `weight_ih`, `weight_hh`, `bias_ih` and `bias_hh`.
    """
    input, recurrent, bias_ih, bias_hh = (
        _reordered(cell, arrays[name]) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    bias = np.stack([bias_ih, bias_hh]) if cell == "gru" else bias_ih + bias_hh  # (2, 3 H) or (G H)
    return [input.T, recurrent.T, bias]


def torch_arrays(cell: CellName, arrays: Sequence[Array]) -> Arrays:
    """Return the arrays of a Keras layer by PyTorch's names, without a bias as with one of zeros.

    Args:
        cell: is that of the layer.
        arrays: are its kernel, its recurrent kernel and, if it has one, its bias.
    """
    kernel, recurrent, *biases = (np.asarray(array, np.float32) for array in arrays)
    bias = biases[0] if biases else np.zeros(kernel.shape[1], np.float32)
    bias_ih, bias_hh = bias if bias.ndim > 1 else (bias, np.zeros_like(bias))
    found = {"weight_ih": kernel.T, "weight_hh": recurrent.T, "bias_ih": bias_ih, "bias_hh": bias_hh}
    return {name: np.ascontiguousarray(_reordered(cell, array)) for name, array in found.items()}


def _reordered(cell: CellName, array: Array) -> Array:
    """Put the gates of an array [G H, ...] into the order of the other library."""
    gates = np.split(array, len(ORDER[cell]))
    return np.concatenate([gates[index] for index in ORDER[cell]])
