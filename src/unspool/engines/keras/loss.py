"""Compute the cross-entropy of tokens, in nats per target, with label smoothing.

The formula in TensorFlow's operators is the definition; a compiled kernel makes one copy of the logits, the gradient.

Shapes: N positions, V tokens, C labels.
"""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf

from unspool.arrays import Array
from unspool.engines.keras.compiled import PRECISIONS, empty, launch, run
from unspool.text.tokenizer import PAD

with suppress(ImportError):  # without Numba
    from unspool.engines.kernels.loss import POSITIONS, loss_kernel, nats_kernel, workspace_columns


def token_loss(logits: tf.Tensor, targets: tf.Tensor, smoothing: float) -> tf.Tensor:
    """Compute the mean cross-entropy of all targets but padding.

    Args:
        logits: are float32 or bfloat16, [N, V].
        targets: are the tokens to predict, [N] int64.
        smoothing: is the fraction of the target probability that is spread over all tokens, 0 to 1.

    Returns:
        [] float32, in nats; NaN if all targets are padding.
    """
    if logits.dtype in PRECISIONS:
        return _compiled(targets, smoothing)(logits)
    counted = tf.cast(targets != PAD, tf.float32)  # (N)
    return cross_entropy(logits, targets, smoothing, counted=counted)


def cross_entropy(
    scores: tf.Tensor,
    targets: tf.Tensor,
    smoothing: float,
    class_weights: tf.Tensor | None = None,
    counted: tf.Tensor | None = None,
) -> tf.Tensor:
    """Compute the mean cross-entropy as PyTorch defines it.

    Args:
        scores: are float32 or bfloat16, [N, C].
        targets: are the classes to predict, [N] int64.
        smoothing: is the fraction of the target probability that is spread over all classes, 0 to 1.
        class_weights: weigh the classes, [C]; none weighs all the same.
        counted: is 1 for the positions that count and 0 for the others, [N]; none counts all.

    Returns:
        [] float32, in nats.
    """
    nats = -tf.nn.log_softmax(tf.cast(scores, tf.float32))  # (N, C)
    weights = tf.ones([scores.shape[1]]) if class_weights is None else class_weights  # (C)
    weight = tf.gather(weights, targets)  # (N)
    weight, spread = (one if counted is None else one * counted for one in (weight, tf.reduce_mean(nats * weights, 1)))
    chosen = weight * tf.gather(nats, targets, batch_dims=1)  # (N)
    return tf.reduce_sum((1 - smoothing) * chosen + smoothing * spread) / tf.reduce_sum(weight)


def token_nats(logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Compute the nll of each target in nats: [N, V] float32 or bfloat16, [N] int64 to [N] float32."""
    if logits.dtype not in PRECISIONS:
        return tf.nn.sparse_softmax_cross_entropy_with_logits(targets, tf.cast(logits, tf.float32))
    return run(_nats, (logits, targets), [tf.TensorSpec([None], tf.float32)])[0]


def _compiled(targets: tf.Tensor, smoothing: float) -> Any:
    """Return the function that computes the loss and, in the same pass, its gradient."""

    @tf.custom_gradient
    def loss(logits: tf.Tensor) -> tuple[tf.Tensor, Any]:
        outputs = (tf.TensorSpec([], tf.float32), tf.TensorSpec(logits.shape, logits.dtype))
        found, gradient = run(partial(_loss, smoothing), (logits, targets), outputs)
        return found, lambda d_loss: gradient * tf.cast(d_loss, logits.dtype)

    return loss


def _loss(smoothing: float, logits: Array, targets: Array) -> Sequence[Array]:
    """Return the loss [] and its gradient [N, V]."""
    count, size = logits.shape
    counted, chunks = int((targets != PAD).sum()), -(-count // POSITIONS)
    weight = np.float32(1 / counted if counted else np.nan)
    gradient, nats = empty((count, size), logits.dtype), empty((count,))
    settings, workspace = np.array([smoothing, weight], np.float32), empty((chunks, workspace_columns(size)))
    launch(loss_kernel(logits.dtype.name), chunks, count, size, logits, targets, settings, gradient, nats, workspace)
    return nats.sum() * weight, gradient


def _nats(logits: Array, targets: Array) -> Sequence[Array]:
    """Return the nll of each target [N]."""
    count, size = logits.shape
    chunks = -(-count // POSITIONS)
    nats, workspace = empty((count,)), empty((chunks, workspace_columns(size)))
    launch(nats_kernel(logits.dtype.name), chunks, count, size, logits, targets, nats, workspace)
    return (nats,)
