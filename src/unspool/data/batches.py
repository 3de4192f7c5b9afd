"""What a batch is, and how its examples are chosen and padded.

The batches of a text are in `data/stream_batches.py`, those of pairs and labels in `data/example_batches.py`.
A batch is a pure function of the seed, the epoch and its index in the epoch, so a resumed run sees what
an uninterrupted one would have seen.

Shapes: B rows, S tokens of a source, T time steps, N examples.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol, TypeVar

import numpy as np

from unspool.arrays import Flags, IntArray
from unspool.text.tokenizer import PAD, SPECIAL_TOKENS, UNKNOWN

UNKNOWN_RATE = 0.25
BUCKET = 64  # batches whose rows are sorted by length together


@dataclass(frozen=True)
class TextSource:
    """Texts that an encoder reads, one a row.

    Attributes:
        tokens: [B, S] ids; what stands behind a row's length is not read.
        lengths: [B], each from 1 to S.
    """

    tokens: IntArray
    lengths: IntArray

    @classmethod
    def of_texts(cls, texts: Sequence[IntArray]) -> "TextSource":
        """Texts [B] of token ids, each of at least one token, padded to one batch."""
        lengths = np.array([len(text) for text in texts], np.int64)
        return cls(pad_sequences(texts), lengths)

    @property
    def rows(self) -> int:
        """B."""
        return len(self.tokens)

    @property
    def size(self) -> int:
        """How many tokens are read, padding left out."""
        return int(self.lengths.sum())


@dataclass(frozen=True)
class VectorSource:
    """Vectors that an encoder reads, one a row.

    Attributes:
        values: [B, F] float32; for a label encoder, the weight of each of F labels.
    """

    values: np.ndarray[tuple[int, int], np.dtype[np.float32]]

    @property
    def rows(self) -> int:
        """B."""
        return len(self.values)

    @property
    def size(self) -> int:
        """How many vectors are read."""
        return self.rows


Source = TextSource | VectorSource


Rows = TypeVar("Rows", "TextSource", "VectorSource", "Batch")


@dataclass(frozen=True)
class Batch:
    """What one training step reads.

    Attributes:
        inputs: [B, T] int64, the token before each target.
        targets: [B, T] int64, the token to predict; `<pad>` where there is nothing to predict.
        reset: [B] bool, rows that start from the initial state rather than from where the last batch ended.
        source: what the encoder reads; none for a network without one.
        labels: [B] int64, what the head should predict; none for a network without one.
    """

    inputs: IntArray
    targets: IntArray
    reset: Flags
    source: Source | None = None
    labels: IntArray | None = None

    @property
    def size(self) -> int:
        """How many tokens it has: those to predict, or those of the source where only labels are predicted."""
        if self.labels is not None and self.source is not None:
            return self.source.size
        return int(np.count_nonzero(self.targets))

    def partition(self, rank: int, world: int) -> "Batch":
        """Take every `world`-th row from row `rank` on: the partitions of all ranks are, together, the batch.

        If the batch has fewer rows than `world`, the last partitions have none.
        """
        return _rows_of(self, slice(rank, None, world))


def _rows_of(item: Rows, rows: slice) -> Rows:
    """Take some rows of every array in a batch or source."""
    taken: dict[str, Any] = {}
    for name, value in ((field.name, getattr(item, field.name)) for field in fields(item)):
        if value is not None:
            taken[name] = value[rows] if isinstance(value, np.ndarray) else _rows_of(value, rows)
    return replace(item, **taken)


def pad_sequences(texts: Sequence[IntArray]) -> IntArray:
    """Stack B texts of token ids, the shorter ones padded with `<pad>`: [B, T] int64."""
    rows = np.full((len(texts), max(map(len, texts), default=0)), PAD, np.int64)
    for row, text in zip(rows, texts, strict=True):
        row[: len(text)] = text
    return rows


def batches_by_length(lengths: IntArray, size: int, generator: np.random.Generator) -> list[IntArray]:
    """Batch every example once, in random order, with those of similar length together.

    Args:
        lengths: [N].
        size: B of a batch; the last of a bucket may be smaller.
        generator: of the random order.

    Returns:
        batches of indices from 0 to N - 1.
    """
    order = generator.permutation(len(lengths))
    batches = []
    for start in range(0, len(order), BUCKET * size):
        bucket = order[start : start + BUCKET * size]
        bucket = bucket[np.argsort(lengths[bucket], kind="stable")]
        batches += [bucket[i : i + size] for i in range(0, len(bucket), size)]
    return [batches[number] for number in generator.permutation(len(batches))]


class LengthPlan:
    """Plan the batches of every epoch, each of texts of similar length.

    Args:
        lengths: [N] of the texts.
        size: B.
        seed: of the order.
    """

    def __init__(self, lengths: IntArray, size: int, seed: int) -> None:
        self._lengths, self._size, self._seed = lengths, size, seed
        self._planned: tuple[int, list[IntArray]] = (-1, [])

    def steps(self) -> int:
        """Count the batches of any epoch."""
        return -(-len(self._lengths) // self._size)

    def chosen(self, epoch: int, index: int) -> IntArray:
        """Return the indices, from 0 to N - 1, of the examples in one batch."""
        if self._planned[0] != epoch:
            generator = np.random.default_rng((self._seed, epoch))
            self._planned = (epoch, batches_by_length(self._lengths, self._size, generator))
        return self._planned[1][index]


class BatchSource(Protocol):
    """Give the batches of a corpus, epoch by epoch."""

    def steps(self, epoch: int) -> int:
        """Count the batches of the epoch."""

    def batch(self, epoch: int, index: int) -> Batch:
        """Make one batch; `index` counts from 0."""


class UnknownTokens:
    """Replace rare tokens by `<unk>` now and then, so that its probability is learnt.

    A token that occurs c times is replaced with probability a / (a + c), a = 0.25 (word dropout as in
    Kiperwasser and Goldberg, 2016, section 6).

    Args:
        counts: [V] how often each token occurs.
    """

    def __init__(self, counts: IntArray) -> None:
        self._probability = UNKNOWN_RATE / (UNKNOWN_RATE + np.maximum(counts, 1))
        self._probability[: len(SPECIAL_TOKENS)] = 0

    def replace(self, tokens: IntArray, generator: np.random.Generator) -> IntArray:
        """Copy tokens of any shape, with some of them replaced by `<unk>`."""
        chosen = generator.random(tokens.shape) < self._probability[tokens]
        return np.where(chosen, UNKNOWN, tokens)
