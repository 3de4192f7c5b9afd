"""Run recurrent layers, whose recurrence is one compiled kernel for a whole window.

One product multiplies the inputs of all time steps, a kernel (`engines/kernels`) runs the recurrence step by step, and
one product computes each gradient of a weight at the end. `engines/keras/steps.py` is the definition, and runs where
there are no kernels: without Numba, on another processor; and for a single step, where they would not be faster.

Shapes: B rows, T time steps, N = B T positions, E input features, H hidden units, G gates.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from unspool.arrays import Array
from unspool.engines.keras.compiled import copied, empty, has_kernels, launch, run, zeros
from unspool.engines.keras.platform import sizes
from unspool.engines.keras.products import over_positions, precision
from unspool.engines.keras.steps import CellState, Weights, read_steps
from unspool.specs.shapes import CellName

with suppress(ImportError):  # without Numba
    from unspool.engines.kernels.lstm import lstm_kernels
    from unspool.engines.kernels.recurrent import ROWS, packed_shape, recurrent_kernels
    from unspool.engines.kernels.tiles import PANEL


def read_window(
    cell: CellName, values: tf.Tensor, cell_state: CellState, weights: Weights
) -> tuple[tf.Tensor, CellState]:
    """Run one layer over T steps, by a kernel where there is one.

    Args:
        cell: is the name of the cell.
        values: are the inputs, [B, T, E].
        cell_state: is the state before the first step, of tensors [1, B, H].
        weights: multiply the inputs [G H, E] and the states [G H, H], and the biases [G H] of both.

    Returns:
        [B, T, H] in the precision of products, and the state after the last step.
    """
    rows, steps, _ = values.shape
    kernels = steps != 1 and rows != 0 and has_kernels(precision())
    read = WINDOWS[cell] if kernels else partial(read_steps, cell)
    flat = tf.transpose(tf.cast(values, precision()), [1, 0, 2])  # (T, B, E)
    output, *after = read(flat, *weights, *(tf.squeeze(one, 0) for one in cell_state))
    return tf.transpose(output, [1, 0, 2]), tuple(one[None] for one in after)  # (B, T, H)


class Inputs:
    """Multiplies the inputs of all time steps by a matrix.

    Args:
        values: are the inputs, [T, B, E], in the precision of products.
        weight: is the matrix, [G H, E].
        bias: is added to the products, [G H]; none where the kernel does so.
    """

    def __init__(self, values: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor | None = None) -> None:
        self._steps, self._rows, width = sizes(values)
        self._values = tf.reshape(values, [-1, width])  # (N, E)
        self._weight = tf.cast(weight, values.dtype)
        self.gates = tf.matmul(self._values, self._weight, transpose_b=True)  # (N, G H)
        if bias is not None:
            self.gates = tf.nn.bias_add(self.gates, tf.cast(bias, values.dtype))

    def stepwise(self, values: tf.Tensor) -> tf.Tensor:
        """Restore [N, features] to [T, B, features]."""
        return tf.reshape(values, [self._steps, self._rows, values.shape[-1]])

    def gradients(self, d_gates: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Compute the gradients of the inputs [T, B, E] and the matrix [G H, E] from that of the gates [N, G H]."""
        d_weight = tf.matmul(d_gates, self._values, transpose_a=True)  # (G H, E)
        return self.stepwise(tf.matmul(d_gates, self._weight)), tf.cast(d_weight, tf.float32)  # (T, B, E)

    def recurrent_gradient(self, d_gates: tf.Tensor, first: tf.Tensor, output: tf.Tensor) -> tf.Tensor:
        """Compute the gradient of the recurrent matrix, [G H, H].

        Args:
            d_gates: is the gradient of the states' part of the gates, [N, G H].
            first: is the state before the first step, [B, H].
            output: are the states after each step, [N, H].
        """
        last = sizes(output)[0] - self._rows
        before = tf.concat([tf.cast(first, output.dtype), output[:last]], axis=0)  # (N, H)
        return tf.cast(tf.matmul(d_gates, before, transpose_a=True), tf.float32)


class Window:
    """Launches the kernels of one layer, on arrays.

    Args:
        recurrent: multiplies the states, [G H, H].
        hidden: is the state before the first step, [B, H].
        stored: is stored for each position, [N, features], in the precision of products.
    """

    def __init__(self, recurrent: Array, hidden: Array, stored: Array) -> None:
        self._recurrent, self._kind = recurrent, stored.dtype
        self._rows, self._size = hidden.shape
        self._count = len(stored)
        self.precision = stored.dtype.name

    def empty(self, gates: int = 1, kind: Any = None) -> Array:
        """Make an empty array, [N, G H]."""
        return empty((self._count, gates * self._size), kind or self._kind)

    def forward(self, kernel: Any, *arrays: Array) -> None:
        """Launch a forward kernel; the recurrent matrix is packed as [H, G H]."""
        gates, size = self._recurrent.shape
        self._launch(kernel, size, gates, 1, *arrays)

    def back(self, kernel: Any, *arrays: Array) -> None:
        """Launch a backward kernel; the recurrent matrix is packed as [G H, H]."""
        gates, size = self._recurrent.shape
        self._launch(kernel, gates, size, 0, *arrays)

    def _launch(self, kernel: Any, inner: int, outer: int, transposed: int, first: Array, *arrays: Array) -> None:
        depth, width = packed_shape(inner, outer, self.precision)
        panels = empty((depth * width,), self._kind)
        pack = recurrent_kernels(self.precision).pack
        launch(pack, width // PANEL, inner, outer, transposed, self._recurrent, panels)
        chunks, steps = -(-self._rows // ROWS), self._count // self._rows
        inputs = zeros((chunks * ROWS, depth), self._kind)  # of the products, row by row
        sums = empty((chunks * ROWS, width))
        launch(kernel, chunks, self._rows, steps, self._size, first, panels, *arrays, inputs, sums)


@tf.custom_gradient
def lstm_window(
    values: tf.Tensor,
    weight: tf.Tensor,
    recurrent: tf.Tensor,
    bias: tf.Tensor,
    bias_recurrent: tf.Tensor,
    hidden: tf.Tensor,
    cell: tf.Tensor,
) -> tuple[tuple[tf.Tensor, ...], Any]:
    """Run an LSTM layer: [T, B, E] to [T, B, H], and the last hidden state and cell [B, H]."""
    inputs, kind, size = Inputs(values, weight), values.dtype, recurrent.shape[1]
    gated, sequence, row = _rows_of(4 * size, kind), _rows_of(size, kind), _rows_of(size)
    given = (inputs.gates, recurrent, bias + bias_recurrent, hidden, cell)
    gates, output, cells, *last = run(_lstm, given, (gated, sequence, row, row, row))

    def back(d_output: tf.Tensor, d_hidden: tf.Tensor, d_cell: tf.Tensor) -> tuple[tf.Tensor, ...]:
        given = (gates, recurrent, cell, cells, d_hidden, d_cell, _flat(d_output))
        d_gates, *d_first = run(_lstm_back, given, (gated, row, row))
        d_bias, d_recurrent = over_positions(d_gates), inputs.recurrent_gradient(d_gates, hidden, output)
        return *inputs.gradients(d_gates), d_recurrent, d_bias, d_bias, *d_first

    return (inputs.stepwise(output), *last), back


def _lstm(gates: Array, recurrent: Array, bias: Array, hidden: Array, cell: Array) -> Sequence[Array]:
    """Return the activated gates, the outputs and cells [N, ...], and the last hidden state and cell [B, H]."""
    window = Window(recurrent, hidden, gates)
    hidden, cell, output, cells = copied(hidden), copied(cell), window.empty(), window.empty(kind=np.float32)
    window.forward(lstm_kernels(window.precision).forward, gates, hidden, cell, bias, output, cells)
    return gates, output, cells, hidden, cell


def _lstm_back(
    gates: Array, recurrent: Array, first: Array, cells: Array, d_hidden: Array, d_cell: Array, d_output: Array
) -> Sequence[Array]:
    """Return the gradients of the gates [N, 4 H], and of the first hidden state and cell [B, H]."""
    window = Window(recurrent, first, gates)
    d_hidden, d_cell, d_gates = copied(d_hidden), copied(d_cell), window.empty(4)
    window.back(lstm_kernels(window.precision).back, gates, first, cells, d_hidden, d_cell, d_output, d_gates)
    return d_gates, d_hidden, d_cell


@tf.custom_gradient
def gru_window(
    values: tf.Tensor,
    weight: tf.Tensor,
    recurrent: tf.Tensor,
    bias: tf.Tensor,
    bias_recurrent: tf.Tensor,
    hidden: tf.Tensor,
) -> tuple[tuple[tf.Tensor, ...], Any]:
    """Run a GRU layer: [T, B, E] to [T, B, H], and the last hidden state [B, H]."""
    kind, size = values.dtype, recurrent.shape[1]
    outer, inner = tf.split(bias_recurrent, [2 * size, size])  # the reset gate is applied to the second part
    inputs = Inputs(values, weight, bias + tf.pad(outer, [[0, size]]))
    sequence, gated, row = _rows_of(size, kind), _rows_of(3 * size, kind), _rows_of(size)
    given = (inputs.gates, recurrent, inner, hidden)
    gates, output, inside, last = run(_gru, given, (gated, sequence, sequence, row))

    def back(d_output: tf.Tensor, d_hidden: tf.Tensor) -> tuple[tf.Tensor, ...]:
        given = (gates, recurrent, hidden, d_hidden, output, inside, _flat(d_output))
        d_gates, d_state, d_first = run(_gru_back, given, (gated, gated, row))
        d_recurrent = inputs.recurrent_gradient(d_state, hidden, output)
        d_bias, d_bias_recurrent = over_positions(d_gates), over_positions(d_state)
        return *inputs.gradients(d_gates), d_recurrent, d_bias, d_bias_recurrent, d_first

    return (inputs.stepwise(output), last), back


def _gru(gates: Array, recurrent: Array, inner: Array, hidden: Array) -> Sequence[Array]:
    """Return the activated gates, the outputs and the states' part of n [N, ...], and the last state [B, H]."""
    window = Window(recurrent, hidden, gates)
    hidden, output, inside = copied(hidden), window.empty(), window.empty()
    window.forward(recurrent_kernels(window.precision).gru, gates, hidden, inner, output, inside)
    return gates, output, inside, hidden


def _gru_back(
    gates: Array, recurrent: Array, first: Array, d_hidden: Array, output: Array, inside: Array, d_output: Array
) -> Sequence[Array]:
    """Return the gradients of the gates, and of what the states contribute to them [N, 3 H], and of the first state."""
    window = Window(recurrent, first, gates)
    d_hidden, d_gates, d_state = copied(d_hidden), window.empty(3), window.empty(3)
    arrays = (gates, first, d_hidden, output, inside, d_output, d_gates, d_state)
    window.back(recurrent_kernels(window.precision).gru_back, *arrays)
    return d_gates, d_state, d_hidden


@tf.custom_gradient
def rnn_window(
    values: tf.Tensor,
    weight: tf.Tensor,
    recurrent: tf.Tensor,
    bias: tf.Tensor,
    bias_recurrent: tf.Tensor,
    hidden: tf.Tensor,
) -> tuple[tuple[tf.Tensor, ...], Any]:
    """Run an RNN layer with tanh: [T, B, E] to [T, B, H], and the last hidden state [B, H]."""
    inputs, size = Inputs(values, weight, bias + bias_recurrent), recurrent.shape[1]
    sequence, row = _rows_of(size, values.dtype), _rows_of(size)
    output, last = run(_rnn, (inputs.gates, recurrent, hidden), (sequence, row))

    def back(d_output: tf.Tensor, d_hidden: tf.Tensor) -> tuple[tf.Tensor, ...]:
        d_gates, d_first = run(_rnn_back, (output, recurrent, d_hidden, _flat(d_output)), (sequence, row))
        d_bias, d_recurrent = over_positions(d_gates), inputs.recurrent_gradient(d_gates, hidden, output)
        return *inputs.gradients(d_gates), d_recurrent, d_bias, d_bias, d_first

    return (inputs.stepwise(output), last), back


def _rnn(gates: Array, recurrent: Array, hidden: Array) -> Sequence[Array]:
    """Return the outputs [N, H], and the last state [B, H]."""
    window = Window(recurrent, hidden, gates)
    hidden, output = copied(hidden), window.empty()
    window.forward(recurrent_kernels(window.precision).rnn, gates, hidden, output)
    return output, hidden


def _rnn_back(output: Array, recurrent: Array, d_hidden: Array, d_output: Array) -> Sequence[Array]:
    """Return the gradients of the gate [N, H], and of the first state [B, H]."""
    window = Window(recurrent, d_hidden, output)
    d_hidden, d_gates = copied(d_hidden), window.empty()
    window.back(recurrent_kernels(window.precision).rnn_back, output, d_hidden, d_output, d_gates)
    return d_gates, d_hidden


def _flat(values: tf.Tensor) -> tf.Tensor:
    """Flatten [T, B, H] to [N, H]."""
    return tf.reshape(values, [-1, values.shape[-1]])


def _rows_of(features: int, kind: tf.DType = tf.float32) -> tf.TensorSpec:
    return tf.TensorSpec([None, features], kind)


WINDOWS: dict[CellName, Callable[..., tuple[tf.Tensor, ...]]] = {
    "rnn": rnn_window,
    "lstm": lstm_window,
    "gru": gru_window,
}
