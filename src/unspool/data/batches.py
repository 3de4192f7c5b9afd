"""Token ids to batches: windows over parallel streams, or documents side by side.

A batch is a pure function of the seed, the epoch and its number in the epoch, so a resumed run sees what
an uninterrupted one would have seen.

Shapes: B rows, T time steps.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol, TypeVar

import numpy as np

from unspool.arrays import Flags, IntArray
from unspool.data.corpus import Part
from unspool.text.tokenizer import BEGIN, PAD, SPECIAL_TOKENS, UNKNOWN

UNKNOWN_SHARE = 0.25
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
        labels: [B] int64, what the head should say; none for a network without one.
    """

    inputs: IntArray
    targets: IntArray
    reset: Flags
    source: Source | None = None
    labels: IntArray | None = None

    @property
    def size(self) -> int:
        """How many tokens it has: those to predict, or, where only labels are, those of the source."""
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
    """Texts of token ids side by side, the shorter ones padded: [B, longest] int64."""
    rows = np.full((len(texts), max(map(len, texts), default=0)), PAD, np.int64)
    for row, text in zip(rows, texts, strict=True):
        row[: len(text)] = text
    return rows


def batches_by_length(lengths: IntArray, size: int, generator: np.random.Generator) -> list[IntArray]:
    """Everything once, in an order of chance, with what is of like length together.

    Args:
        lengths: [N].
        size: B of a batch; the last of a bucket may be smaller.
        generator: draws the order.

    Returns:
        batches of numbers from 0 to N - 1.
    """
    order = generator.permutation(len(lengths))
    batches = []
    for start in range(0, len(order), BUCKET * size):
        bucket = order[start : start + BUCKET * size]
        bucket = bucket[np.argsort(lengths[bucket], kind="stable")]
        batches += [bucket[i : i + size] for i in range(0, len(bucket), size)]
    return [batches[number] for number in generator.permutation(len(batches))]


class LengthPlan:
    """The batches of every epoch, each of texts of like length.

    Args:
        lengths: [N] of the texts.
        size: B.
        seed: of the order.
    """

    def __init__(self, lengths: IntArray, size: int, seed: int) -> None:
        self._lengths, self._size, self._seed = lengths, size, seed
        self._planned: tuple[int, list[IntArray]] = (-1, [])

    def steps(self) -> int:
        """How many batches an epoch has."""
        return -(-len(self._lengths) // self._size)

    def chosen(self, epoch: int, index: int) -> IntArray:
        """The numbers from 0 to N - 1 of one batch."""
        if self._planned[0] != epoch:
            generator = np.random.default_rng((self._seed, epoch))
            self._planned = (epoch, batches_by_length(self._lengths, self._size, generator))
        return self._planned[1][index]


class BatchSource(Protocol):
    """The batches of a corpus, epoch by epoch."""

    def steps(self, epoch: int) -> int:
        """How many batches the epoch has."""

    def batch(self, epoch: int, index: int) -> Batch:
        """One batch; `index` counts from 0."""


class StreamBatches:
    """Windows over B parallel streams of one endless text; rows continue from batch to batch.

    Row r reads the r-th part of the text. In an epoch every token is a target exactly once. Epochs begin
    at different places, so that windows do not always end at the same tokens.

    A row is returned to the initial state, its first input being `<s>`, with a small probability at every
    window. A network trained only with carried states never sees its initial state again after the
    first batch, and then some prompts start it in a corner of its state space that it never leaves.

    Args:
        part: N ids of one stream.
        batch_size: B; fewer rows are read when the text is short.
        sequence_length: T.
        reset_probability: of each row at each window.
        seed: of the resets, the places and the unknown tokens.
    """

    def __init__(self, part: Part, batch_size: int, sequence_length: int, reset_probability: float, seed: int) -> None:
        tokens = self._tokens = part.tokens
        self._rows = max(1, min(batch_size, len(tokens) // sequence_length))
        self._length = -(-len(tokens) // self._rows)  # of a row
        self._window = min(sequence_length, self._length)
        self._reset_probability = reset_probability
        self._seed = seed
        self._unknown = UnknownTokens(part.counts)

    def steps(self, epoch: int) -> int:
        """How many windows a row has."""
        return -(-self._length // self._window)

    def batch(self, epoch: int, index: int) -> Batch:
        """The window number `index` of every row."""
        size = len(self._tokens)
        generator = np.random.default_rng((self._seed, epoch, index))
        offset = int(np.random.default_rng((self._seed, epoch)).integers(size)) if epoch else 0
        within = index * self._window + np.arange(-1, self._window)  # (T + 1), place in a row
        count = np.arange(self._rows)[:, None] * self._length + within  # (B, T + 1), place in the epoch
        window = self._tokens[(offset + count) % size].astype(np.int64)  # (B, T + 1)
        window = self._unknown.replace(window, generator)
        beyond = (count >= size) | (within >= self._length)
        reset = generator.random(self._rows) < self._reset_probability
        if index == 0:
            reset[:] = True
        inputs, targets = window[:, :-1].copy(), np.where(beyond, PAD, window)[:, 1:]  # (B, T)
        inputs[reset, 0] = BEGIN
        return Batch(inputs, targets, reset)


class DocumentBatches:
    """Documents of like length side by side, each from the initial state; long ones in several windows.

    Args:
        part: documents that end with `<eos>`.
        batch_size: documents in a batch.
        sequence_length: T of one window; a longer document's state is carried to its next window.
        seed: of the order.
    """

    def __init__(self, part: Part, batch_size: int, sequence_length: int, seed: int) -> None:
        assert part.starts is not None
        self._tokens, self._starts = part.tokens, part.starts
        self._lengths = np.diff(part.starts)
        self._batch_size, self._window, self._seed = batch_size, sequence_length, seed
        self._unknown = UnknownTokens(part.counts)
        self._planned: tuple[int, list[tuple[IntArray, int]]] = (-1, [])

    def steps(self, epoch: int) -> int:
        """How many windows the batches of this epoch have in all."""
        return len(self._plan(epoch))

    def batch(self, epoch: int, index: int) -> Batch:
        """The window number `index` of the epoch."""
        documents, start = self._plan(epoch)[index]
        lengths = self._lengths[documents] - start
        steps = int(min(lengths.max(), self._window))
        inputs = np.full((len(documents), steps), PAD, dtype=np.int64)  # (B, T)
        targets = inputs.copy()
        for row, (document, left) in enumerate(zip(documents, lengths, strict=True)):
            first, count = self._starts[document] + start, min(left, steps)
            if count > 0:
                targets[row, :count] = self._tokens[first : first + count]
                inputs[row, 1:count] = targets[row, : count - 1]
                inputs[row, 0] = self._tokens[first - 1] if start else BEGIN
        generator = np.random.default_rng((self._seed, epoch, index))
        unknown = self._unknown.replace(targets, generator)
        inputs[:, 1:] = np.where(unknown[:, :-1] == UNKNOWN, UNKNOWN, inputs[:, 1:])
        return Batch(inputs, unknown, np.full(len(documents), start == 0))

    def _plan(self, epoch: int) -> list[tuple[IntArray, int]]:
        if self._planned[0] != epoch:
            self._planned = (epoch, list(self._windows(np.random.default_rng((self._seed, epoch)))))
        return self._planned[1]

    def _windows(self, generator: np.random.Generator) -> Iterator[tuple[IntArray, int]]:
        for documents in batches_by_length(self._lengths, self._batch_size, generator):
            for start in range(0, int(self._lengths[documents].max()), self._window):
                yield documents, start


class UnknownTokens:
    """Show the network `<unk>` in place of a rare token now and then, so that its probability is learnt.

    A token seen c times is replaced with probability a / (a + c), a = 0.25 (word dropout as in Kiperwasser
    and Goldberg, 2016, section 6).
    """

    def __init__(self, counts: IntArray) -> None:
        self._probability = UNKNOWN_SHARE / (UNKNOWN_SHARE + np.maximum(counts, 1))
        self._probability[: len(SPECIAL_TOKENS)] = 0

    def replace(self, tokens: IntArray, generator: np.random.Generator) -> IntArray:
        """A copy of the tokens, of any shape, with some of them replaced by `<unk>`."""
        chosen = generator.random(tokens.shape) < self._probability[tokens]
        return np.where(chosen, UNKNOWN, tokens)
