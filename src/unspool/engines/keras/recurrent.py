"""Run recurrent layers, whose recurrence is one compiled kernel for a whole window.

One product multiplies the inputs of all time steps, a kernel (`engines/kernels`) runs the recurrence step by step, and
one product computes each gradient of a weight at the end. `engines/keras/steps.py` is the definition, and runs where
there are no kernels: without Numba, on another processor; and for a single step, where they would not be faster.

Shapes: B rows, T time steps, N = B T positions, E input features, H hidden units, G gates.
"""

from contextlib import suppress
from functools import partial
from typing import Any

import tensorflow as tf

from unspool.engines.keras.compiled import PRECISIONS, empty, has_kernels, launch, zeros
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
    kernels = steps > 1 and rows > 0 and has_kernels(precision())
    read = WINDOWS[cell] if kernels else partial(read_steps, cell)
    flat = tf.transpose(tf.cast(values, precision()), [1, 0, 2])  # (T, B, E)
    output, *after = read(flat, *weights, *(one[0] for one in cell_state))
    return tf.transpose(output, [1, 0, 2]), tuple(one[None] for one in after)  # (B, T, H)


class Window:
    """Holds the arguments of one layer's kernels: sizes, products of the inputs, the packed matrix, workspaces.

    Args:
        values: are the inputs, [T, B, E], in the precision of products.
        weight: multiplies the inputs, [G H, E].
        recurrent: multiplies the states, [G H, H].
        bias: is added to the products of the inputs, [G H]; none where the kernel does so.
    """

    def __init__(
        self, values: tf.Tensor, weight: tf.Tensor, recurrent: tf.Tensor, bias: tf.Tensor | None = None
    ) -> None:
        self.steps, self.rows, width = values.shape
        self.size, self.chunks = recurrent.shape[1], -(-self.rows // ROWS)
        self.precision: tf.DType = values.dtype
        self.values = tf.reshape(values, [-1, width])  # (N, E)
        self.weight, self.recurrent = tf.cast(weight, self.precision), recurrent
        self.gates = tf.matmul(self.values, self.weight, transpose_b=True)  # (N, G H)
        if bias is not None:
            self.gates = tf.nn.bias_add(self.gates, tf.cast(bias, self.precision))

    def forward(self, kernel: Any, *arrays: tf.Tensor) -> None:
        """Launch a forward kernel; the recurrent matrix is packed as [H, G H]."""
        gates, size = self.recurrent.shape
        self._launch(kernel, size, gates, 1, self.gates, *arrays)

    def back(self, kernel: Any, kept: tf.Tensor, *arrays: tf.Tensor) -> None:
        """Launch a backward kernel; the recurrent matrix is packed as [G H, H]."""
        gates, size = self.recurrent.shape
        self._launch(kernel, gates, size, 0, kept, *arrays)

    def empty(self, gates: int = 1, kind: tf.DType | None = None) -> tf.Tensor:
        """Make an empty tensor, [N, G H]."""
        return empty((self.rows * self.steps, gates * self.size), kind or self.precision)

    def before(self, first: tf.Tensor, output: tf.Tensor) -> tf.Tensor:
        """Return the state before each step, [N, H]: the first one, then all but the last of the outputs [N, H]."""
        return tf.concat([tf.cast(first, self.precision), output[: -self.rows]], axis=0)

    def stepwise(self, values: tf.Tensor) -> tf.Tensor:
        """Restore [N, features] to [T, B, features]."""
        return tf.reshape(values, [self.steps, self.rows, -1])

    def gradients(self, d_gates: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Compute the gradients of values [T, B, E] and weight [G H, E] from that of the gates [N, G H]."""
        d_weight = tf.matmul(d_gates, self.values, transpose_a=True)  # (G H, E)
        return self.stepwise(tf.matmul(d_gates, self.weight)), tf.cast(d_weight, tf.float32)  # (T, B, E)

    def recurrent_gradient(self, d_gates: tf.Tensor, first: tf.Tensor, output: tf.Tensor) -> tf.Tensor:
        """Compute the gradient of the recurrent matrix, [G H, H]."""
        return tf.cast(tf.matmul(d_gates, self.before(first, output), transpose_a=True), tf.float32)

    def _launch(
        self, kernel: Any, inner: int, outer: int, transposed: int, first: tf.Tensor, *arrays: tf.Tensor
    ) -> None:
        depth, width = packed_shape(inner, outer, PRECISIONS[self.precision])
        panels = empty((depth * width,), self.precision)
        pack = recurrent_kernels(PRECISIONS[self.precision]).pack
        launch(pack, width // PANEL, inner, outer, transposed, self.recurrent, panels)
        inputs = zeros((self.chunks * ROWS, depth), self.precision)  # of the products, row by row
        sums = empty((self.chunks * ROWS, width))
        launch(kernel, self.chunks, self.rows, self.steps, self.size, first, panels, *arrays, inputs, sums)


def copied(values: tf.Tensor) -> tf.Tensor:
    """Copy a float32 tensor, which a kernel then replaces."""
    return values + 0.0


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
    window = Window(values, weight, recurrent)
    kernels = lstm_kernels(PRECISIONS[window.precision])
    output, cells = window.empty(), window.empty(kind=tf.float32)
    last_hidden, last_cell = copied(hidden), copied(cell)
    window.forward(kernels.forward, last_hidden, last_cell, bias + bias_recurrent, output, cells)

    def back(d_output: tf.Tensor, d_hidden: tf.Tensor, d_cell: tf.Tensor) -> tuple[tf.Tensor, ...]:
        d_hidden, d_cell, d_gates = copied(d_hidden), copied(d_cell), window.empty(4)
        window.back(kernels.back, window.gates, cell, cells, d_hidden, d_cell, d_output, d_gates)
        d_values, d_weight = window.gradients(d_gates)
        d_bias = over_positions(d_gates)
        d_recurrent = window.recurrent_gradient(d_gates, hidden, output)
        return d_values, d_weight, d_recurrent, d_bias, d_bias, d_hidden, d_cell

    return (window.stepwise(output), last_hidden, last_cell), back


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
    size = recurrent.shape[1]
    outer, inner = tf.split(bias_recurrent, [2 * size, size])  # the reset gate is applied to the second part
    window = Window(values, weight, recurrent, bias + tf.pad(outer, [[0, size]]))
    kernels = recurrent_kernels(PRECISIONS[window.precision])
    output, inside, last = window.empty(), window.empty(), copied(hidden)
    window.forward(kernels.gru, last, inner, output, inside)

    def back(d_output: tf.Tensor, d_hidden: tf.Tensor) -> tuple[tf.Tensor, ...]:
        d_hidden, d_gates, d_state = copied(d_hidden), window.empty(3), window.empty(3)
        changed = (hidden, d_hidden, output, inside, d_output, d_gates, d_state)
        window.back(kernels.gru_back, window.gates, *changed)
        d_recurrent = window.recurrent_gradient(d_state, hidden, output)
        d_values, d_weight = window.gradients(d_gates)
        return d_values, d_weight, d_recurrent, over_positions(d_gates), over_positions(d_state), d_hidden

    return (window.stepwise(output), last), back


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
    window = Window(values, weight, recurrent, bias + bias_recurrent)
    kernels = recurrent_kernels(PRECISIONS[window.precision])
    output, last = window.empty(), copied(hidden)
    window.forward(kernels.rnn, last, output)

    def back(d_output: tf.Tensor, d_hidden: tf.Tensor) -> tuple[tf.Tensor, ...]:
        d_hidden, d_gates = copied(d_hidden), window.empty()
        window.back(kernels.rnn_back, output, d_hidden, d_output, d_gates)
        d_values, d_weight = window.gradients(d_gates)
        d_bias = over_positions(d_gates)
        d_recurrent = window.recurrent_gradient(d_gates, hidden, output)
        return d_values, d_weight, d_recurrent, d_bias, d_bias, d_hidden

    return (window.stepwise(output), last), back


WINDOWS: dict[CellName, Any] = {"rnn": rnn_window, "lstm": lstm_window, "gru": gru_window}
