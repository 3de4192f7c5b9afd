"""Batches of a text: windows over parallel streams, or padded documents.

Shapes: B rows, T time steps, N tokens.
"""

from collections.abc import Iterator

import numpy as np

from unspool.arrays import IntArray
from unspool.data.batches import Batch, UnknownTokens, batches_by_length
from unspool.data.reserve import NOTHING
from unspool.data.tokens import Part
from unspool.text.tokenizer import BEGIN, PAD, UNKNOWN


class StreamBatches:
    """Cut one text into windows over B parallel streams; rows continue from batch to batch (truncated backpropagation).

    Row r reads the r-th part of the text. In an epoch every token is a target exactly once. Epochs start at different
    positions, so that windows do not always end at the same tokens.

    At every window a row returns with a small probability to the initial state, and its first input is `<s>`. A network
    that is trained with carried states alone never sees its initial state after the first batch, and then some prompts
    drive it into a region of its state space that it never leaves.

    Args:
        part: is a stream.
        batch_size: is the number of rows, B; a short text is read in fewer.
        sequence_length: is the number of time steps of a window, T.
        reset_probability: is the probability that a row returns to the initial state at a window.
        seed: starts the random numbers of resets, positions and unknown tokens.
        held_back: are the positions of tokens that are left out, as if the text after them were read first, and then
            the text before them.
    """

    def __init__(
        self,
        part: Part,
        batch_size: int,
        sequence_length: int,
        reset_probability: float,
        seed: int,
        held_back: slice = NOTHING,
    ) -> None:
        self._tokens, self._first = part.tokens, int(held_back.stop)
        self._size = len(part.tokens) - int(held_back.stop - held_back.start)
        self._rows = max(1, min(batch_size, self._size // sequence_length))
        self._length = -(-self._size // self._rows)  # of a row
        self._window = min(sequence_length, self._length)
        self._reset_probability = reset_probability
        self._seed = seed
        self._unknown = UnknownTokens(part.counts)

    def steps(self, epoch: int) -> int:
        """Count the windows of a row."""
        return -(-self._length // self._window)

    def batch(self, epoch: int, index: int) -> Batch:
        """Make the batch of one window of every row; `index` counts from 0."""
        size = self._size
        generator = np.random.default_rng((self._seed, epoch, index))
        offset = int(np.random.default_rng((self._seed, epoch)).integers(size)) if epoch else 0
        within = index * self._window + np.arange(-1, self._window)  # (T + 1), position in a row
        count = np.arange(self._rows)[:, None] * self._length + within  # (B, T + 1), position in the epoch
        position = (self._first + (offset + count) % size) % len(self._tokens)  # (B, T + 1)
        window = self._tokens[position].astype(np.int64)
        window = self._unknown.replace(window, generator)
        beyond = (count >= size) | (within >= self._length)
        reset = generator.random(self._rows) < self._reset_probability
        if index == 0:
            reset[:] = True
        inputs, targets = window[:, :-1].copy(), np.where(beyond, PAD, window)[:, 1:]  # (B, T)
        inputs[reset, 0] = BEGIN
        return Batch(inputs, targets, reset)


class DocumentBatches:
    """Batch documents of similar length, each from the initial state; long ones in several windows.

    Args:
        part: holds documents, which end with `<eos>`.
        batch_size: is the number of documents in a batch, B.
        sequence_length: is the number of time steps of a window, T; the state of a longer document is carried to its
            next window.
        seed: starts the random numbers of the order.
        chosen: are the indices of the documents to learn from; none takes all.
    """

    def __init__(
        self, part: Part, batch_size: int, sequence_length: int, seed: int, chosen: IntArray | None = None
    ) -> None:
        assert part.starts is not None
        chosen = np.arange(len(part.starts) - 1) if chosen is None else chosen
        self._tokens, self._starts, self._lengths = part.tokens, part.starts[:-1][chosen], part.lengths[chosen]
        self._batch_size, self._window, self._seed = batch_size, sequence_length, seed
        self._unknown = UnknownTokens(part.counts)
        self._planned: tuple[int, list[tuple[IntArray, int]]] = (-1, [])

    def steps(self, epoch: int) -> int:
        """Count the windows of all batches of the epoch."""
        return len(self._plan(epoch))

    def batch(self, epoch: int, index: int) -> Batch:
        """Make the batch of one window of the epoch; `index` counts from 0."""
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
