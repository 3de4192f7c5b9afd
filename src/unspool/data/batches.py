"""Batches: what they hold, and how their examples are chosen and padded.

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
from unspool.text.tokenizer import BEGIN, PAD, SPECIAL_TOKENS, UNKNOWN

UNKNOWN_RATE = 0.25
BUCKET = 64  # batches in a bucket, whose examples are sorted by length
PIXELS_AT_ONCE = 4  # are as much work for an encoder as a token of a text


@dataclass(frozen=True)
class TextSource:
    """Texts that an encoder reads, one a row.

    Attributes:
        tokens: are ids, [B, S]; those beyond the length of a row are not read.
        lengths: are the lengths of the rows, [B], each from 1 to S.
        counted: are the same texts in the tokens that are counted beside the network; none where these are the same.
    """

    tokens: IntArray
    lengths: IntArray
    counted: "TextSource | None" = None

    @classmethod
    def of_texts(cls, texts: Sequence[IntArray]) -> "TextSource":
        """Batch B texts of at least one token id each, the shorter ones padded."""
        lengths = np.array([len(text) for text in texts], np.int64)
        return cls(pad_sequences(texts), lengths)

    @property
    def rows(self) -> int:
        """The number of rows, B."""
        return len(self.tokens)

    @property
    def size(self) -> int:
        """The number of tokens that are read, without padding."""
        return int(self.lengths.sum())

    @property
    def work(self) -> int:
        """The work of an encoder, in tokens."""
        return self.size


@dataclass(frozen=True)
class VectorSource:
    """Vectors that an encoder reads, one a row.

    Attributes:
        values: are float32, [B, F]; for a label encoder, the weight of each of F labels.
    """

    values: np.ndarray[tuple[int, int], np.dtype[np.float32]]

    @property
    def rows(self) -> int:
        """The number of rows, B."""
        return len(self.values)

    @property
    def size(self) -> int:
        """The number of vectors that are read."""
        return self.rows

    @property
    def work(self) -> int:
        """The work of an encoder, in tokens."""
        return self.rows


@dataclass(frozen=True)
class ImageSource:
    """Pictures that an encoder reads, one a row.

    Attributes:
        pixels: are uint8, [B, H, W, C], 0 to 255; C is 1 for grey pictures, and 3 for red, green and blue.
    """

    pixels: np.ndarray[tuple[int, int, int, int], np.dtype[np.uint8]]

    @property
    def rows(self) -> int:
        """The number of rows, B."""
        return len(self.pixels)

    @property
    def size(self) -> int:
        """The number of pictures that are read."""
        return self.rows

    @property
    def work(self) -> int:
        """The work of an encoder, in tokens."""
        rows, height, width, _ = self.pixels.shape
        return rows * height * width // PIXELS_AT_ONCE


@dataclass(frozen=True)
class FeatureSource:
    """The features that another network has computed of pictures, one picture a row.

    Attributes:
        values: are float16 or float32, [B, S, F]: F features at each of S positions of a picture, row by row from its
            upper left; S is 1 for features of the whole picture.
    """

    values: np.ndarray[tuple[int, int, int], np.dtype[np.floating[Any]]]

    @property
    def rows(self) -> int:
        """The number of rows, B."""
        return len(self.values)

    @property
    def size(self) -> int:
        """The number of pictures that are read."""
        return self.rows

    @property
    def work(self) -> int:
        """The work of an encoder, in tokens."""
        rows, positions, _ = self.values.shape
        return rows * positions


Source = TextSource | VectorSource | ImageSource | FeatureSource


Rows = TypeVar("Rows", "TextSource", "VectorSource", "ImageSource", "FeatureSource", "Batch")


@dataclass(frozen=True)
class Batch:
    """What one training step reads.

    Attributes:
        inputs: are the tokens before the targets, [B, T] int64.
        targets: are the tokens to predict, [B, T] int64; `<pad>` where there is nothing to predict.
        reset: marks the rows that start from the initial state, and not from the last state of the batch before, [B].
        source: is what the encoder reads; none for a network without one.
        labels: are the indices of the right labels, [B] int64; none for a network without a head.
    """

    inputs: IntArray
    targets: IntArray
    reset: Flags
    source: Source | None = None
    labels: IntArray | None = None

    @property
    def size(self) -> int:
        """The number of tokens: those to predict, or the size of the source if only labels are predicted."""
        if self.labels is not None and self.source is not None:
            return self.source.size
        return int(np.count_nonzero(self.targets))

    @property
    def work(self) -> int:
        """The work that it makes, in tokens: by it the time of one batch compares with that of another."""
        return int(np.count_nonzero(self.targets)) + (self.source.work if self.source is not None else 0)

    def partition(self, rank: int, world: int) -> "Batch":
        """Take every `world`-th row from row `rank` on; the partitions of all ranks make up the batch.

        If the batch has fewer rows than `world`, the last partitions are empty.
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


def shifted_right(targets: IntArray) -> IntArray:
    """Return what a network reads to predict targets: `<s>`, and all but the last of them, [B, T]."""
    return np.concatenate([np.full((len(targets), 1), BEGIN), targets[:, :-1]], axis=1)  # (B, T)


def batches_by_length(lengths: IntArray, size: int, generator: np.random.Generator) -> list[IntArray]:
    """Batch every example once, in random order, with those of similar length together.

    Args:
        lengths: are those of the examples, [N].
        size: is the number of rows of a batch, B; the last of a bucket may have fewer.
        generator: draws the random order.

    Returns:
        batches of indices from 0 to N - 1.
    """
    order = generator.permutation(len(lengths))
    batches = []
    for start in range(0, len(order), BUCKET * size):
        bucket = order[start : start + BUCKET * size]
        bucket = bucket[np.argsort(lengths[bucket], kind="stable")]
        batches += [bucket[i : i + size] for i in range(0, len(bucket), size)]
    return [batches[index] for index in generator.permutation(len(batches))]


class LengthPlan:
    """Plan the batches of every epoch, each of texts of similar length.

    Args:
        lengths: are those of the texts, [N].
        size: is the number of rows of a batch, B.
        seed: starts the random numbers of the order.
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
    """Makes the batches of a corpus, epoch by epoch."""

    def steps(self, epoch: int) -> int:
        """Count the batches of the epoch."""

    def batch(self, epoch: int, index: int) -> Batch:
        """Make one batch; `index` counts from 0."""


class UnknownTokens:
    """Replaces rare tokens by `<unk>` at times, so that its probability is learnt.

    A token that occurs c times is replaced with probability a / (a + c), a = 0.25 (word dropout as in
    Kiperwasser and Goldberg, 2016, section 6).

    Args:
        counts: says how often each token occurs, [V].
    """

    def __init__(self, counts: IntArray) -> None:
        self._probability = UNKNOWN_RATE / (UNKNOWN_RATE + np.maximum(counts, 1))
        self._probability[: len(SPECIAL_TOKENS)] = 0

    def replace(self, tokens: IntArray, generator: np.random.Generator) -> IntArray:
        """Return a copy of tokens, of any shape, with some of them replaced by `<unk>`."""
        chosen = generator.random(tokens.shape) < self._probability[tokens]
        return np.where(chosen, UNKNOWN, tokens)
