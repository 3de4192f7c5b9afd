"""Compute the scores of additive attention (Bahdanau et al., 2015).

The formula in TensorFlow makes a tensor of the sums of every query and key; compiled kernels do without it.

Shapes: B rows, T time steps, S source positions, H hidden units.
"""

from collections.abc import Callable
from contextlib import suppress

import tensorflow as tf

from unspool.engines.keras.compiled import PRECISIONS, empty, launch, zeros

with suppress(ImportError):  # without Numba
    from unspool.engines.kernels.scores import score_kernels


def additive_scores(queries: tf.Tensor, keys: tf.Tensor, vector: tf.Tensor) -> tf.Tensor:
    """Score queries [B, T, H] against keys [B, S, H]: vector [H] . tanh(query + key), [B, T, S]."""
    if queries.dtype == keys.dtype and queries.dtype in PRECISIONS:
        return compiled_scores(queries, keys, vector)
    sums = queries[:, :, None] + keys[:, None]  # (B, T, S, H)
    return tf.reduce_sum(tf.tanh(sums) * tf.cast(vector, sums.dtype), axis=-1)


@tf.custom_gradient
def compiled_scores(
    queries: tf.Tensor, keys: tf.Tensor, vector: tf.Tensor
) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor, ...]]]:
    """Compute `additive_scores`, in float32, with compiled kernels."""
    rows, steps, size = queries.shape
    length, kernels = keys.shape[1], score_kernels(PRECISIONS[queries.dtype])
    given = queries, keys, tf.cast(vector, tf.float32)
    scores = empty((rows, steps, length), tf.float32)
    launch(kernels.forward, rows, steps, length, size, *given, scores)

    def gradients(d_scores: tf.Tensor) -> tuple[tf.Tensor, ...]:
        found = zeros(queries.shape, tf.float32), zeros(keys.shape, tf.float32), zeros((rows, size), tf.float32)
        launch(kernels.back, rows, steps, length, size, *given, tf.cast(d_scores, tf.float32), *found)
        d_queries, d_keys, d_vectors = found
        d_vector = tf.reduce_sum(d_vectors, axis=0)
        return tf.cast(d_queries, queries.dtype), tf.cast(d_keys, keys.dtype), tf.cast(d_vector, vector.dtype)

    return scores, gradients
