"""Run recurrent layers step by step, with operators that TensorFlow differentiates: the definition of the cells.

The gates are PyTorch's: LSTM i f g o, GRU r z n with the reset gate applied after the product.

Shapes: B rows, T time steps, N = T B positions, E input features, H hidden units, G gates.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

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


STEPS: dict[CellName, Step] = {"rnn": rnn_step, "lstm": lstm_step, "gru": gru_step}


def read_steps(
    cell: CellName,
    values: tf.Tensor,
    weight: tf.Tensor,
    recurrent: tf.Tensor,
    bias: tf.Tensor,
    bias_recurrent: tf.Tensor,
    *state: tf.Tensor,
) -> tuple[tf.Tensor, ...]:
    """Run a layer.

    Args:
        cell: is the name of the cell.
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
    if given.shape[0] == 1:  # a loop would take longer than its one step
        product = tf.cast(linear(state[0], recurrent, bias_recurrent), tf.float32)  # (B, G H)
        after = STEPS[cell](given[0], product, state)
        outputs = after[0][None]  # (1, B, H)
    else:
        outputs, *after = _unrolled(cell, values.dtype)(given, recurrent, bias_recurrent, *state)
    return tf.cast(outputs, values.dtype), *after  # (T, B, H)


def _unrolled(cell: CellName, kind: tf.DType) -> Any:
    """Return the function that unrolls a cell, whose gradient of the recurrent matrix is one product at the end."""

    @tf.custom_gradient
    def unroll(given: tf.Tensor, recurrent: tf.Tensor, bias: tf.Tensor, *first: tf.Tensor) -> tuple[Any, Any]:
        loops = _loops(cell, kind)
        matrix = tf.cast(recurrent, kind)  # (G H, H)
        products, before, last = loops.forward(given, matrix, bias, first)
        outputs = tf.concat([before[0][1:], last[0][None]], axis=0)  # (T, B, H)
        outputs = tf.ensure_shape(outputs, [None, None, recurrent.shape[1]])

        def back(d_outputs: tf.Tensor, *d_last: tf.Tensor) -> tuple[tf.Tensor, ...]:
            d_given, d_products, d_first = loops.backward(given, products, before, matrix, d_outputs, d_last)
            flat = tf.cast(tf.reshape(d_products, [-1, matrix.shape[0]]), kind)  # (T B, G H)
            read = tf.cast(tf.reshape(before[0], [-1, matrix.shape[1]]), kind)  # (T B, H)
            d_recurrent = tf.cast(tf.matmul(flat, read, transpose_a=True), tf.float32)  # (G H, H)
            return d_given, d_recurrent, over_positions(flat), *d_first

        return (outputs, *last), back

    return unroll


class Loops(NamedTuple):
    """The loops over time steps as graphs, which start an operator several times as fast as eager TensorFlow does."""

    forward: Any
    backward: Any


@cache
def _loops(cell: CellName, kind: tf.DType) -> Loops:
    """Make the loops of a cell; they are traced once for all shapes."""
    step = STEPS[cell]
    sequence, row = (tf.TensorSpec([None] * axes, tf.float32) for axes in (3, 2))  # [T, B, ...], and [B, H]
    matrices, biases = tf.TensorSpec([None, None], kind), tf.TensorSpec([None], tf.float32)
    number = 2 if cell == "lstm" else 1  # of the tensors of a state
    rows, sequences = (row,) * number, (sequence,) * number

    @tf.function(input_signature=[sequence, matrices, biases, rows])
    def forward(given: tf.Tensor, matrix: tf.Tensor, bias: tf.Tensor, first: CellState) -> tuple[Any, ...]:
        """Return the states' part of the gates [T, B, G H], the states before each step [T, B, H], and the last one."""
        steps, now = tf.shape(given)[0], _listed(given)

        def body(t: tf.Tensor, state: CellState, products: Any, before: Any) -> tuple[Any, ...]:
            product = tf.cast(tf.matmul(tf.cast(state[0], kind), matrix, transpose_b=True), tf.float32) + bias
            kept = tuple(array.write(t, one) for array, one in zip(before, state, strict=True))
            return t + 1, step(now.read(t), product, state), products.write(t, product), kept

        arrays = [tf.TensorArray(tf.float32, steps) for _ in range(1 + len(first))]
        start = (0, first, arrays[0], tuple(arrays[1:]))
        _, last, products, before = tf.while_loop(lambda t, *_: t < steps, body, start)
        return products.stack(), tuple(array.stack() for array in before), last

    @tf.function(input_signature=[sequence, sequence, sequences, matrices, sequence, rows])
    def backward(
        given: tf.Tensor,
        products: tf.Tensor,
        before: CellState,
        matrix: tf.Tensor,
        d_outputs: tf.Tensor,
        d_last: CellState,
    ) -> tuple[Any, ...]:
        """Return the gradients of both parts of the gates, [T, B, G H], and of the first state."""
        steps = tf.shape(given)[0]
        now, from_state, d_output, *states = (_listed(one) for one in (given, products, d_outputs, *before))

        def body(t: tf.Tensor, d_state: CellState, d_given: Any, d_products: Any) -> tuple[Any, ...]:
            read = (now.read(t), from_state.read(t), tuple(one.read(t) for one in states))
            with tf.GradientTape() as tape:
                tape.watch(read)
                after = step(*read)
            d_state = (d_state[0] + d_output.read(t), *d_state[1:])
            zero = tf.UnconnectedGradients.ZERO
            d_now, d_product, d_before = tape.gradient(after, read, list(d_state), unconnected_gradients=zero)
            through = tf.cast(tf.matmul(tf.cast(d_product, kind), matrix), tf.float32)  # (B, H)
            d_before = (d_before[0] + through, *d_before[1:])
            return t - 1, d_before, d_given.write(t, d_now), d_products.write(t, d_product)

        arrays = (tf.TensorArray(tf.float32, steps), tf.TensorArray(tf.float32, steps))
        start = (steps - 1, d_last, *arrays)
        _, d_first, d_given, d_products = tf.while_loop(lambda t, *_: t >= 0, body, start)
        return d_given.stack(), d_products.stack(), d_first

    return Loops(forward, backward)


def _listed(values: tf.Tensor) -> tf.TensorArray:
    """Return a tensor [T, ...] as an array that a loop reads."""
    return tf.TensorArray(values.dtype, tf.shape(values)[0]).unstack(values)
