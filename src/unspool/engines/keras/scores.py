"""Compute the scores of additive attention (Bahdanau et al., 2015).

The formula in TensorFlow makes a tensor of the sums of every query and key; compiled kernels do without it.

Shapes: B rows, T time steps, S source positions, H hidden units.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress

import tensorflow as tf

from unspool.arrays import Array
from unspool.engines.keras.compiled import PRECISIONS, empty, launch, run, zeros

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
    size, given = queries.shape[2], (queries, keys, tf.cast(vector, tf.float32))
    (scores,) = run(_scores, given, [tf.TensorSpec([None, None, None])])

    def gradients(d_scores: tf.Tensor) -> tuple[tf.Tensor, ...]:
        features = tf.TensorSpec([None, None, size])
        found = run(_scores_back, (*given, d_scores), [features, features, tf.TensorSpec([None, size])])
        d_queries, d_keys, d_vectors = found
        d_vector = tf.reduce_sum(d_vectors, axis=0)
        return tf.cast(d_queries, queries.dtype), tf.cast(d_keys, keys.dtype), tf.cast(d_vector, vector.dtype)

    return scores, gradients


def _scores(queries: Array, keys: Array, vector: Array) -> Sequence[Array]:
    rows, steps, size = queries.shape
    scores = empty((rows, steps, keys.shape[1]))
    launch(score_kernels(queries.dtype.name).forward, rows, steps, keys.shape[1], size, queries, keys, vector, scores)
    return (scores,)


def _scores_back(queries: Array, keys: Array, vector: Array, d_scores: Array) -> Sequence[Array]:
    """Return the gradients of the queries, of the keys, and of the vector for each row, [B, H]."""
    rows, steps, size = queries.shape
    found = zeros(queries.shape), zeros(keys.shape), zeros((rows, size))
    given = (queries, keys, vector, d_scores)
    launch(score_kernels(queries.dtype.name).back, rows, steps, keys.shape[1], size, *given, *found)
    return found
