"""Counts that have grown, and what they say."""

from collections.abc import Iterable

import numpy as np

from unspool.arrays import FloatArray, IntArray
from unspool.engines.ngram.adaptive import GrowingMixture
from unspool.engines.ngram.counts import NOTHING, Counts
from unspool.engines.ngram.growing import GrowingCounts, import_kernels
from unspool.engines.ngram.packing import sorting
from unspool.text.tokenizer import BEGIN


def grown(order: int, size: int, texts: Iterable[IntArray], piece: int = 1 << 20) -> GrowingCounts:
    """The counts of texts that were read in pieces, beside a network that knows nothing."""
    mixture = GrowingMixture(order, size)
    for text in texts:
        state = mixture.start()
        for place in range(0, len(text), piece):
            read = text[place : place + piece]
            _, state = mixture.read(np.zeros((len(read), size), np.float32), read, state)
    return mixture.counts


def counts_in(counts: GrowingCounts, size: int) -> Counts:
    """Growing counts as those of a corpus: the n-grams that count how often they occur."""
    tables, used = counts.tables, int(counts.tables.used[0])
    node: IntArray = np.flatnonzero(tables.counts[:used])
    times = tables.counts[node].astype(np.int64)
    ngrams = np.full((len(node), counts.order), NOTHING, np.int64)
    for back in range(1, counts.order + 1):
        ngrams[:, -back] = np.where(node > 0, tables.tokens[node], NOTHING)
        node = tables.parents[node]
    first = ngrams[np.arange(len(ngrams)), (ngrams == NOTHING).sum(axis=1)]
    longest = (ngrams[:, 0] != NOTHING) | (first == BEGIN)
    ngrams, times = ngrams[longest], times[longest]
    found = Counts(counts.order, size, np.zeros((1, 0), np.uint64), times)
    packed = found.packing.pack([ngrams[:, back] + 1 for back in reversed(range(counts.order))])
    order = sorting(packed)
    return Counts(counts.order, size, packed[:, order], times[order])


def distribution_after(counts: GrowingCounts, size: int, before: IntArray) -> tuple[FloatArray, int]:
    """The probabilities of the token after others [N - 1], [V], and the length of the longest known context."""
    kernels = import_kernels("growing")
    nodes, probabilities = np.empty(counts.order, np.int64), np.empty(size)
    kernels.start(counts.tables, nodes, before, False)
    length = kernels.distribution(counts.tables, nodes, np.empty(3), probabilities)
    return probabilities, int(length)
