"""Attention and heads as TensorFlow modules: both read an encoder's states.

Shapes: B rows, T time steps, S source positions, W width of the encoder's states, H hidden units, C labels.
"""

from typing import NamedTuple

import tensorflow as tf

from unspool.engines.keras.encoders import Encoded
from unspool.engines.keras.layers import Linear
from unspool.engines.keras.products import matmul, precision
from unspool.engines.keras.scores import additive_scores
from unspool.engines.parameters import MASKED
from unspool.specs.network import DecoderSpec, HeadSpec


class Memory(NamedTuple):
    """What attention reads, computed once for each source.

    Attributes:
        values: are the states of the encoder, [B, S, W].
        keys: are the same, projected, [B, S, H].
        mask: is true where a row has a state, [B, S] bool.
    """

    values: tf.Tensor
    keys: tf.Tensor
    mask: tf.Tensor


class Attention(tf.Module):
    """Computes global attention of all time steps at once; `engines/numpy/attention.py` has the formulas."""

    def __init__(self, spec: DecoderSpec, width: int) -> None:
        super().__init__()
        size = spec.hidden_size
        self._additive = spec.attention == "additive"
        self.keys = Linear(width, size, bias=False)
        if self._additive:
            self.query = Linear(size, size)
            self.score = Linear(size, 1, bias=False)
        self.combine = Linear(size + width, size, bias=False)

    def precompute_keys(self, encoded: Encoded) -> Memory:
        """Project the keys of all source positions."""
        return Memory(encoded.states, self.keys(encoded.states), encoded.mask)

    def weights(self, hidden: tf.Tensor, memory: Memory) -> tf.Tensor:
        """Compute the attention weights of states [B, T, H]: [B, T, S], which sum to 1 over S."""
        if self._additive:
            scores = additive_scores(self.query(hidden), memory.keys, self.score.weight[0])  # (B, T, S)
        else:
            scores = matmul(hidden, memory.keys, transpose_b=True)  # (B, T, S)
        return masked_softmax(scores, memory.mask[:, None])

    def __call__(self, hidden: tf.Tensor, memory: Memory) -> tf.Tensor:
        """Combine states [B, T, H] with their context: [B, T, H]."""
        context = matmul(self.weights(hidden, memory), memory.values)  # (B, T, W)
        joined = tf.concat([tf.cast(hidden, precision()), context], axis=2)  # (B, T, H + W)
        return tf.tanh(self.combine(joined))


class Head(tf.Module):
    """Scores labels by the states of an encoder."""

    def __init__(self, spec: HeadSpec, width: int) -> None:
        super().__init__()
        self._pooling = spec.pooling
        if spec.pooling == "attention":
            self.score = Linear(width, 1, bias=False)
        self.output = Linear(width, spec.labels)

    def __call__(self, encoded: Encoded) -> tf.Tensor:
        """Pool the states, and score the labels: [B, C]."""
        return self.output(self._pooled(encoded))

    def _pooled(self, encoded: Encoded) -> tf.Tensor:
        """Pool [B, S, W] to [B, W]."""
        states, mask, summary = encoded
        if self._pooling == "last":
            return summary
        if self._pooling == "max":
            return tf.reduce_max(tf.where(mask[..., None], states, tf.cast(MASKED, states.dtype)), axis=1)
        if self._pooling == "mean":
            counted = tf.cast(mask, tf.float32)
            weights = counted / tf.reduce_sum(counted, axis=1, keepdims=True)  # (B, S)
        else:
            weights = masked_softmax(self.score(states)[..., 0], mask)
        return matmul(weights[:, None], states)[:, 0]  # (B, W)


def masked_softmax(scores: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Compute the softmax over the last axis, in float32, of the scores whose mask is true; the others become 0."""
    return tf.nn.softmax(tf.where(mask, tf.cast(scores, tf.float32), MASKED))
