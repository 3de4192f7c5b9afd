"""Attention and heads in plain NumPy: both read the states of an encoder.

Shapes: B rows, N sources, T time steps, S positions of the source, W width of the encoder's states, H hidden, C labels.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from unspool.arrays import Array, FloatArray, IntArray, Logits, softmax
from unspool.engines.numpy.encoders import Encoded
from unspool.engines.parameters import MASKED
from unspool.specs.network import NetworkSpec


class Memory(NamedTuple):
    """What attention reads, computed once for each source.

    Attributes:
        values: are the states of the encoder, [N, S, W].
        keys: are the same, projected, [N, S, H].
        mask: is true where a source has a state, [N, S] bool.
        sources: are the indices of the rows' sources, [B].
    """

    values: Array
    keys: Array
    mask: Array
    sources: IntArray

    def select(self, rows: IntArray | slice) -> "Memory":
        """Return the memory of some rows; nothing is copied."""
        return self._replace(sources=self.sources[rows])

    def by_row(self) -> "Memory":
        """Copy the memory so that each row has a source of its own, in order."""
        values, keys, mask = (array[self.sources] for array in (self.values, self.keys, self.mask))
        return Memory(values, keys, mask, np.arange(len(self.sources)))


def join_memories(found: Sequence[Memory | None]) -> Memory | None:
    """Batch the memories of several states, the shorter sources padded and masked.

    Sources that no row attends to any more are dropped, and so is padding that no source needs.
    """
    memories = [memory for memory in found if memory is not None]
    if not memories:
        return None
    if len(memories) < len(found):
        raise ValueError("states that come from a source cannot be joined with states that come from none")
    used, rows, first = [], [], 0
    for memory in memories:
        kept, row = np.unique(memory.sources, return_inverse=True)
        used.append([array[kept] for array in (memory.values, memory.keys, memory.mask)])
        rows.append(row.reshape(-1) + first)
        first += len(kept)
    length = max((int(mask.any(axis=0).sum()) for *_, mask in used), default=0)  # S: each mask is true, then false
    columns = zip(*used, strict=True)
    values, keys, mask = (np.concatenate([_of_length(array, length) for array in column]) for column in columns)
    return Memory(values, keys, mask, np.concatenate(rows))


def _of_length(array: Array, length: int) -> Array:
    """Cut or pad with zeros: [N, S, ...] to [N, length, ...]."""
    array = array[:, :length]
    return np.pad(array, [(0, length - size if axis == 1 else 0) for axis, size in enumerate(array.shape)])


class Attention:
    """Global attention of all time steps at once, after the recurrence (Luong et al., 2015, section 3.1).

        weights = softmax(score(h, keys)),  context = weights values,  h' = tanh(W [h context])

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
        """Project the keys of all source positions."""
        return Memory(encoded.states, encoded.states @ self._keys, encoded.mask, np.arange(len(encoded.states)))

    def weights(self, hidden: Array, memory: Memory) -> FloatArray:
        """Compute the attention weights: [B, T, H] to [B, T, S], which sum to 1 over S."""
        return self._weights(hidden, memory.by_row())

    def __call__(self, hidden: Array, memory: Memory) -> Array:
        """Combine each state with its context: [B, T, H] to [B, T, H]."""
        memory = memory.by_row()
        context = self._weights(hidden, memory) @ memory.values  # (B, T, W)
        result: Array = np.tanh(np.concatenate([hidden, context], axis=-1) @ self._combine)
        return result

    def _weights(self, hidden: Array, memory: Memory) -> Array:
        if self._additive:
            query = hidden @ self._query + self._bias  # (B, T, H)
            scores = (np.tanh(query[:, :, None] + memory.keys[:, None]) * self._score).sum(axis=-1)  # (B, T, S)
        else:
            scores = hidden @ memory.keys.swapaxes(1, 2)  # (B, T, S)
        return softmax(np.where(memory.mask[:, None], scores, np.float32(MASKED)))


class Head:
    """Scores labels by the states of an encoder."""

    def __init__(self, spec: NetworkSpec, weights: Mapping[str, Array]) -> None:
        if spec.head is None:
            raise ValueError("this network has no head")
        self._pooling = spec.head.pooling
        self._score = weights.get("head.score.weight")
        self._output, self._bias = weights["head.output.weight"].T, weights["head.output.bias"]

    def __call__(self, encoded: Encoded) -> Logits:
        """Score the labels: [B, C]."""
        result: Logits = self._pooled(encoded) @ self._output + self._bias
        return result

    def _pooled(self, encoded: Encoded) -> Array:
        """Pool the states of each row: [B, S, W] to [B, W]."""
        states, mask, summary = encoded
        if self._pooling == "last":
            return summary
        if self._pooling == "max":
            peaks: Array = np.where(mask[..., None], states, np.float32(MASKED)).max(axis=1)
            return peaks
        if self._score is None:
            weights = mask / mask.sum(axis=1, keepdims=True)  # (B, S)
        else:
            weights = softmax(np.where(mask, states @ self._score[0], np.float32(MASKED)))
        mean: Array = (weights.astype(np.float32)[:, None] @ states)[:, 0]  # (B, W)
        return mean
