"""Run recurrent layers step by step, with operators that TensorFlow differentiates: the definition of the cells.

The gates are PyTorch's: LSTM i f g o, GRU r z n with the reset gate applied after the product.

Shapes: B rows, T time steps, N = T B positions, E input features, H hidden units, G gates.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from unspool.engines.keras.products import linear, over_positions
from unspool.specs.shapes import CellName

CellState = tuple[tf.Tensor, ...]  # (hidden,) or, for the LSTM, (hidden, cell); each [1, B, H]
Weights = tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]  # of the inputs, of the states, and the biases of both
Step = Callable[[tf.Tensor, tf.Tensor, CellState], CellState]


def lstm_step(given: tf.Tensor, recurrent: tf.Tensor, state: CellState) -> CellState:
    """Read one step: what the inputs and the state contribute to the gates, each [B, 4 H], to the next state."""
    i, f, g, o = tf.split(given + recurrent, 4, axis=1)  # each (B, H)
    cell = tf.sigmoid(f) * state[1] + tf.sigmoid(i) * tf.tanh(g)
    return tf.sigmoid(o) * tf.tanh(cell), cell


def gru_step(given: tf.Tensor, recurrent: tf.Tensor, state: CellState) -> CellState:
    """Read one step: what the inputs and the state contribute to the gates, each [B, 3 H], to the next state."""
    (r, z, n), (of_r, of_z, of_n) = tf.split(given, 3, axis=1), tf.split(recurrent, 3, axis=1)  # each (B, H)
    value = tf.tanh(n + tf.sigmoid(r + of_r) * of_n)
    return (value + tf.sigmoid(z + of_z) * (state[0] - value),)


def rnn_step(given: tf.Tensor, recurrent: tf.Tensor, state: CellState) -> CellState:
    """Read one step: what the inputs and the state contribute, each [B, H], to the next state."""
    return (tf.tanh(given + recurrent),)


def read_steps(
    step: Step,
    values: tf.Tensor,
    weight: tf.Tensor,
    recurrent: tf.Tensor,
    bias: tf.Tensor,
    bias_recurrent: tf.Tensor,
    *state: tf.Tensor,
) -> tuple[tf.Tensor, ...]:
    """Run a layer.

    Args:
        step: is that of the cell.
        values: are the inputs, [T, B, E], in the precision of products.
        weight: multiplies the inputs, [G H, E].
        recurrent: multiplies the states, [G H, H].
        bias: is added to the products of the inputs, [G H].
        bias_recurrent: is added to the products of the states, [G H].
        *state: is the one before the first step, of tensors [B, H].

    Returns:
        the outputs [T, B, H] in the precision of products, and the state after the last step.
    """
    given = tf.cast(linear(values, weight, bias), tf.float32)  # (T, B, G H)
    outputs, *after = _unrolled(step, values.dtype)(given, recurrent, bias_recurrent, *state)
    return tf.cast(outputs, values.dtype), *after  # (T, B, H)


def _unrolled(step: Step, kind: tf.DType) -> Any:
    """Return the function that unrolls a cell, whose gradient of the recurrent matrix is one product at the end."""

    @tf.custom_gradient
    def unroll(given: tf.Tensor, recurrent: tf.Tensor, bias: tf.Tensor, *first: tf.Tensor) -> tuple[Any, Any]:
        matrix = tf.cast(recurrent, kind)  # (G H, H)
        before, products, outputs, state = [], [], [], first
        with tf.GradientTape() as tape:
            tape.watch([given, *first])
            for now in tf.unstack(given):  # (B, G H)
                before.append(tf.cast(state[0], kind))
                products.append(tf.cast(tf.matmul(before[-1], matrix, transpose_b=True), tf.float32) + bias)
                state = step(now, products[-1], state)
                outputs.append(state[0])
            found = (tf.stack(outputs), *state)  # (T, B, H)

        def back(*d_found: tf.Tensor) -> tuple[tf.Tensor, ...]:
            d_given, d_products, d_first = tape.gradient(found, [given, products, list(first)], list(d_found))
            d_all = tf.cast(tf.concat(d_products, axis=0), kind)  # (T B, G H)
            d_recurrent = tf.matmul(d_all, tf.concat(before, axis=0), transpose_a=True)  # (G H, H)
            return d_given, tf.cast(d_recurrent, tf.float32), over_positions(d_all), *d_first

        return found, back

    return unroll


STEPS: dict[CellName, Step] = {"rnn": rnn_step, "lstm": lstm_step, "gru": gru_step}
