"""Multiply matrices in the precision of the context, as automatic mixed precision does.

Inputs are cast to it, and what is returned has it; the weights and their gradients stay float32.

Shapes: N positions, K inputs, M outputs.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

from unspool.engines.keras.platform import sizes


class _Context:
    precision = tf.float32


def precision() -> tf.DType:
    """Return the precision of products."""
    return _Context.precision


@contextmanager
def in_precision(name: str) -> Iterator[None]:
    """Multiply in `bfloat16` or `float32`."""
    before, _Context.precision = _Context.precision, tf.as_dtype(name)
    try:
        yield
    finally:
        _Context.precision = before


def matmul(one: tf.Tensor, other: tf.Tensor, transpose_b: bool = False) -> tf.Tensor:
    """Multiply [..., N, K] by [..., K, M] or its transpose: [..., N, M]."""
    return tf.matmul(tf.cast(one, precision()), tf.cast(other, precision()), transpose_b=transpose_b)


def linear(values: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor | None = None) -> tf.Tensor:
    """Apply a linear layer: [..., K], weight [M, K] and bias [M] to [..., M]."""
    flat = values if len(values.shape) == 2 else tf.reshape(values, [-1, values.shape[-1]])  # (N, K)
    found = _product(flat, weight) if bias is None else _affine(flat, weight, bias)  # (N, M)
    return found if flat is values else tf.reshape(found, [*sizes(values)[:-1], found.shape[-1]])  # (..., M)


@tf.custom_gradient
def _product(values: tf.Tensor, weight: tf.Tensor) -> tuple[tf.Tensor, Callable[..., Any]]:
    one, other = tf.cast(values, precision()), tf.cast(weight, precision())

    def back(d_found: tf.Tensor) -> tuple[tf.Tensor, ...]:
        return _gradients(d_found, values, one, other)

    return tf.matmul(one, other, transpose_b=True), back


@tf.custom_gradient
def _affine(values: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) -> tuple[tf.Tensor, Callable[..., Any]]:
    one, other = tf.cast(values, precision()), tf.cast(weight, precision())

    def back(d_found: tf.Tensor) -> tuple[tf.Tensor, ...]:
        return *_gradients(d_found, values, one, other), over_positions(d_found)

    return tf.nn.bias_add(tf.matmul(one, other, transpose_b=True), tf.cast(bias, precision())), back


def _gradients(d_found: tf.Tensor, values: tf.Tensor, one: tf.Tensor, other: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Compute the gradients of values [N, K] and weight [M, K] from that of their product [N, M]."""
    d_values = tf.cast(tf.matmul(d_found, other), values.dtype)
    return d_values, tf.cast(tf.matmul(d_found, one, transpose_a=True), tf.float32)


def over_positions(d_values: tf.Tensor) -> tf.Tensor:
    """Sum over all positions, [N, M] to [M] float32, by a product, which needs no copy in float32."""
    ones = tf.ones([1, sizes(d_values)[0]], d_values.dtype)
    return tf.reshape(tf.cast(tf.matmul(ones, d_values), tf.float32), [-1])  # (M)
