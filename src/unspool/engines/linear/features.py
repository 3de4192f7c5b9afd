"""What a linear classifier sees of a text: how often each run of tokens (n-gram) is in it.

A run is known by a number of 64 bits, a polynomial of its tokens; that two of a model's runs share one is as good as
impossible. Single tokens count without `<s>` and `<eos>`, longer runs with both.

Shapes: B texts, S tokens of the longest, Z entries of a sparse matrix, F features.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from unspool.arrays import Array, FloatArray, IntArray
from unspool.data.batches import Source, TextSource
from unspool.text.tokenizer import BEGIN, END

BASE = np.uint64(0x9E3779B97F4A7C15)  # an odd number without a pattern: 2^64 divided by the golden ratio
PENDING = 2_000_000  # entries that are gathered before they are added up
MAX_DISTINCT = 8_000_000  # runs are remembered while texts are read; then those that were in one text are forgotten


class SparseRows(NamedTuple):
    """A matrix [B, F] with few entries, row by row.

    Attributes:
        starts: are the indices of the first entry of each row, and the end, [B + 1] int64.
        columns: are those of the entries, [Z] int32.
        values: are the entries, [Z] float32.
    """

    starts: IntArray
    columns: IntArray
    values: FloatArray

    @property
    def rows(self) -> IntArray:
        """The row of each entry, [Z]."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))


class Features(NamedTuple):
    """The runs that a model knows.

    Attributes:
        keys: are their numbers, ascending, [F] uint64.
        rarity: is the weight of each, the higher the fewer texts have it (inverse document frequency), [F] float32.
    """

    keys: Array
    rarity: FloatArray

    def of(self, source: Source, order: int) -> SparseRows:
        """Return the features of B texts: logarithmic counts, weighted by rarity, each text of length 1."""
        rows, keys, counts = count_ngrams(source, order)
        places = np.minimum(np.searchsorted(self.keys, keys), max(len(self.keys) - 1, 0))
        known = self.keys[places] == keys if len(self.keys) else np.zeros(len(keys), np.bool_)
        rows, places, counts = rows[known], places[known], counts[known]
        values = (1 + np.log(counts)) * self.rarity[places]  # (Z)
        norms = np.sqrt(np.bincount(rows, values**2, minlength=source.rows))  # (B)
        starts = np.searchsorted(rows, np.arange(source.rows + 1))
        return SparseRows(
            starts,
            places.astype(np.int32),
            (values / np.maximum(norms, np.finfo(np.float64).tiny)[rows]).astype(np.float32),
        )


def count_ngrams(source: Source, order: int) -> tuple[IntArray, Array, IntArray]:
    """Count the runs of up to `order` tokens in each of B texts.

    Returns:
        the rows, the numbers of the runs, ascending in each row, and the counts, [Z] each.
    """
    assert isinstance(source, TextSource)
    source = source.counted or source
    begin = np.full((source.rows, 1), BEGIN)
    tokens = np.concatenate([begin, source.tokens], axis=1).astype(np.uint64) + np.uint64(1)  # (B, 1 + S)
    ends = source.lengths + 1  # (B), with `<s>`
    within = np.arange(tokens.shape[1])
    kept = (within < ends[:, None]) & (tokens != BEGIN + 1) & (tokens != END + 1)
    found = [(np.nonzero(kept)[0], tokens[kept])]
    keys = tokens
    for length in range(2, order + 1):
        keys = keys[:, :-1] * BASE + tokens[:, length - 1 :]  # (B, 1 + S - (length - 1)), modulo 2^64
        whole = within[: keys.shape[1]] + length <= ends[:, None]
        found.append((np.nonzero(whole)[0], keys[whole]))
    rows, all_keys = (np.concatenate(parts) for parts in zip(*found, strict=True))  # (entries with repetitions)
    sorting = np.lexsort((all_keys, rows))
    rows, all_keys = rows[sorting], all_keys[sorting]
    new = np.ones(len(rows), np.bool_)
    new[1:] = (rows[1:] != rows[:-1]) | (all_keys[1:] != all_keys[:-1])
    places = np.flatnonzero(new)
    return rows[places], all_keys[places], np.diff(np.append(places, len(rows)))


def choose_features(sources: Iterable[Source], order: int, limit: int) -> Features:
    """Choose the runs that are in most of the texts, at least in two.

    Args:
        sources: are batches of texts.
        order: is the number of tokens of the longest runs.
        limit: is the maximum number of runs to keep, F at most.
    """
    keys: Array = np.empty(0, np.uint64)
    counts: IntArray = np.empty(0, np.int64)
    pending: list[Array] = []
    texts = 0
    for source in sources:
        pending.append(count_ngrams(source, order)[1])
        texts += source.rows
        if sum(map(len, pending)) >= PENDING:
            keys, counts = _added(keys, counts, pending)
            pending = []
    keys, counts = _added(keys, counts, pending)
    several = counts > 1
    keys, counts = keys[several], counts[several]
    chosen = np.sort(np.argsort(-counts, kind="stable")[:limit])
    rarity = np.log((1 + texts) / (1 + counts[chosen])) + 1  # (F)
    return Features(keys[chosen], rarity.astype(np.float32))


def _added(keys: Array, counts: IntArray, found: list[Array]) -> tuple[Array, IntArray]:
    """Add one to the counts of the keys that were found, as often as they were; rare ones are forgotten if need be."""
    together = np.concatenate([keys, *found])
    each = np.concatenate([counts, np.ones(len(together) - len(keys), np.int64)])
    distinct, places = np.unique(together, return_inverse=True)
    sums = np.bincount(places, each, minlength=len(distinct)).astype(np.int64)
    kept = sums > (1 if len(distinct) > MAX_DISTINCT else 0)
    return distinct[kept], sums[kept]
