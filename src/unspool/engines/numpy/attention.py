"""Attention and heads in plain NumPy: what looks back on an encoder's states.

Shapes: B rows, N sources, T time steps, S places of the source, W numbers in an encoder's state, H hidden, C labels.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from unspool.arrays import Array, IntArray, Logits
from unspool.engines.numpy.encoders import Encoded
from unspool.engines.parameters import MASKED
from unspool.specs.network import HeadSpec


class Memory(NamedTuple):
    """What attention looks back on, made once for a source.

    Attributes:
        values: [N, S, W], the encoder's states.
        keys: [N, S, H], the same, projected.
        mask: [N, S] bool, where a source has a state.
        sources: [B] the source of each row.
    """

    values: Array
    keys: Array
    mask: Array
    sources: IntArray

    def select(self, rows: IntArray | slice) -> "Memory":
        """What some rows look back on; nothing is copied."""
        return self._replace(sources=self.sources[rows])

    def by_row(self) -> "Memory":
        """With a source for each row, in order."""
        values, keys, mask = (array[self.sources] for array in (self.values, self.keys, self.mask))
        return Memory(values, keys, mask, np.arange(len(self.sources)))


class Attention:
    """Global attention of all time steps at once, after the recurrence (Luong et al., 2015, section 3.1).

        shares = softmax(score(h, keys)),  context = shares values,  h' = tanh(W [h context])

    The score is h W v (general), or, additive, w tanh(Q h + K v + b) (Bahdanau et al., 2015, appendix A.1.2).
    """

    def __init__(self, weights: Mapping[str, Array]) -> None:
        own = {name.removeprefix("decoder.attention."): array for name, array in weights.items()}
        self._keys, self._combine = own["keys.weight"].T, own["combine.weight"].T  # (W, H), (H + W, H)
        self._additive = "score.weight" in own
        if self._additive:
            self._query, self._bias = own["query.weight"].T, own["query.bias"]
            self._score = own["score.weight"][0]  # (H)

    def precompute_keys(self, encoded: Encoded) -> Memory:
        """Project the keys."""
        return Memory(encoded.states, encoded.states @ self._keys, encoded.mask, np.arange(len(encoded.states)))

    def shares(self, hidden: Array, memory: Memory) -> Array:
        """[B, T, H] to [B, T, S]: how much each step looks at each place, to sum 1."""
        return self._shares(hidden, memory.by_row())

    def __call__(self, hidden: Array, memory: Memory) -> Array:
        """[B, T, H] to [B, T, H]."""
        memory = memory.by_row()
        context = self._shares(hidden, memory) @ memory.values  # (B, T, W)
        result: Array = np.tanh(np.concatenate([hidden, context], axis=-1) @ self._combine)
        return result

    def _shares(self, hidden: Array, memory: Memory) -> Array:
        if self._additive:
            query = hidden @ self._query + self._bias  # (B, T, H)
            scores = (np.tanh(query[:, :, None] + memory.keys[:, None]) * self._score).sum(axis=-1)  # (B, T, S)
        else:
            scores = hidden @ memory.keys.swapaxes(1, 2)  # (B, T, S)
        return softmax(np.where(memory.mask[:, None], scores, np.float32(MASKED)))


class Head:
    """Scores of labels from an encoder's states."""

    def __init__(self, spec: HeadSpec, weights: Mapping[str, Array]) -> None:
        self._pooling = spec.pooling
        self._score = weights.get("head.score.weight")
        self._output, self._bias = weights["head.output.weight"].T, weights["head.output.bias"]

    def __call__(self, encoded: Encoded) -> Logits:
        """States to scores [B, C]."""
        result: Logits = self._pooled(encoded) @ self._output + self._bias
        return result

    def _pooled(self, encoded: Encoded) -> Array:
        """[B, S, W] to [B, W]."""
        states, mask, summary = encoded
        if self._pooling == "last":
            return summary
        if self._pooling == "max":
            highest: Array = np.where(mask[..., None], states, np.float32(MASKED)).max(axis=1)
            return highest
        if self._score is None:
            shares = mask / mask.sum(axis=1, keepdims=True)  # (B, S)
        else:
            shares = softmax(np.where(mask, states @ self._score[0], np.float32(MASKED)))
        mean: Array = (shares.astype(np.float32)[:, None] @ states)[:, 0]  # (B, W)
        return mean


def softmax(scores: Array) -> Array:
    """Scores to shares that sum to 1, over the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Array = powers / powers.sum(axis=-1, keepdims=True)
    return shares
