"""Counts that grow while a text is read, and shrink when some of it is taken out again.

They are those of a `NgramModel`: the longest n-grams count how often they occur, shorter ones the different tokens
before them (Kneser and Ney, 1995). Both kinds change by one at a time, and an n-gram changes a shorter one only when it
is new or gone. So a token costs at most as many changes as there are orders, most often one or two, and what is taken
out leaves no trace: the counts are a sum over documents, in whatever order these came and went.

Nodes lie in a hash table by the node of their context and their last token. Discounts are estimated anew at each
lookup, from how many n-grams of an order were counted once, twice, three and four times, which is kept up to date too.

Shapes: T tokens, N orders, V tokens of the vocabulary, C nodes, S slots, M n-grams, W words.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from unspool.arrays import Array, Arrays, FloatArray, IntArray
from unspool.engines.ngram.counts import (
    NOTHING,
    Counts,
    check_document,
    check_sizes,
    counts_from_arrays,
    last_tokens,
)
from unspool.engines.ngram.lookup import Lookup
from unspool.engines.ngram.network import NEVER, Lookups, NgramNetwork
from unspool.engines.ngram.packing import sorting
from unspool.errors import DataError, MissingExtraError
from unspool.text.tokenizer import BEGIN

CAPACITY = 1 << 12  # nodes at first
PIECE = 1 << 12  # tokens that are counted at once


class GrowingTables(NamedTuple):
    """What the kernels read and change.

    Attributes:
        first: is the number of tokens of the vocabulary, [1].
        slots: hold nodes, 0 where there is none, [S].
        parents: are the nodes of the contexts, [C].
        tokens: are the last tokens, [C].
        counts: are those of the n-grams, [C].
        totals: are the sums of the counts of what follows, [C].
        kinds: say how much of what follows was counted once, twice, and more often, [C, 3].
        firsts: are the nodes that were last added after each, 0 where there is none, [C].
        siblings: are the nodes that were added after the same context before, [C].
        spectrum: says how many n-grams of each order were counted 1, 2, 3 and 4 times, [N + 1, 5].
        used: is the number of nodes, [1].
    """

    first: IntArray
    slots: IntArray
    parents: IntArray
    tokens: IntArray
    counts: IntArray
    totals: IntArray
    kinds: IntArray
    firsts: IntArray
    siblings: IntArray
    spectrum: IntArray
    used: IntArray


class GrowingCounts:
    """N-grams with Kneser-Ney smoothing, to which text can be added, and from which it can be removed, exactly.

        counts = GrowingCounts(order=6, vocabulary_size=tokenizer.vocabulary_size)
        counts.add(tokenizer.encode("a document"))
        network = counts.network()

    Args:
        order: is the number of tokens of the longest n-grams, N, 1 to 12.
        vocabulary_size: is the number of tokens of the vocabulary, V.

    Raises:
        UsageError: the order is not 1 to 12, or the vocabulary has no more than the special tokens.
        MissingExtraError: Numba is not installed, or cannot be imported.
    """

    def __init__(self, order: int, vocabulary_size: int) -> None:
        check_sizes(order, vocabulary_size)
        self._kernels = import_kernels("growing")
        self.order, self.vocabulary_size = order, vocabulary_size
        self._tables = _empty_tables(order, vocabulary_size, CAPACITY)

    def start(self) -> IntArray:
        """Return the state before a document begins: the N - 1 tokens before it, of which `<s>` is the last."""
        state = np.full(self.order - 1, NOTHING, np.int64)
        state[-1:] = BEGIN
        return state

    def add(self, tokens: IntArray, state: IntArray | None = None) -> IntArray:
        """Count a document, or what comes next in one.

        Args:
            tokens: are its token ids, [T], without `<s>`.
            state: is the one before them, which `start` or the last `add` returned; none begins a document.

        Returns:
            the state after them, [N - 1].

        Raises:
            DataError: a token cannot be in a document.
        """
        tokens, state = self._checked(tokens), self.start() if state is None else state
        for begin in range(0, len(tokens), PIECE):
            piece = tokens[begin : begin + PIECE]
            self.reserve(len(piece))
            self._kernels.add_text(self._tables, piece, state)
            state = last_tokens(state, piece)
        return state

    def remove(self, tokens: IntArray, state: IntArray | None = None) -> IntArray:
        """Take out what was added, as if it had never been.

        Args:
            tokens: are the token ids that were added, [T].
            state: is the one before them; see `add`.

        Returns:
            the state after them, [N - 1].

        Raises:
            DataError: some of it was not added; nothing has changed then.
        """
        tokens, state = self._checked(tokens), self.start() if state is None else state
        done = self._kernels.remove_text(self._tables, tokens, state)
        if done < len(tokens):
            self.add(tokens[:done], state)
            raise DataError(
                f"what is taken out of counts must have been added to them. Received: {len(tokens):,} tokens, of which "
                f"number {done + 1:,} was not.",
                "name what was added, as it was.",
            )
        return last_tokens(state, tokens)

    def network(self) -> NgramNetwork:
        """Return a network that predicts with the counts as they are until the next `add`."""
        lookup = Lookup(self._kernels.predict_growing, self._kernels.score_growing)
        return NgramNetwork(self._tables, self.order, Lookups(lookup, (), NEVER))

    def distribution(self, state: IntArray) -> FloatArray:
        """Return the log-probabilities of the token after a state, [V] float32.

        Args:
            state: is [N - 1].
        """
        probabilities, nodes = np.empty(self.vocabulary_size), np.empty(self.order, np.int64)
        self._kernels.start(self._tables, nodes, state, False)
        self._kernels.distribution(self._tables, nodes, np.empty(3), probabilities)
        logarithms: FloatArray = np.log(probabilities).astype(np.float32)
        return logarithms

    def score(self, tokens: IntArray, state: IntArray | None = None) -> FloatArray:
        """Return minus the log-probability of each token of a text, [T] float32, by the counts as they are now.

        Args:
            tokens: are the token ids, [T].
            state: is the one before them; none begins a document.
        """
        before = np.append(BEGIN, self.start() if state is None else state)  # (N), the last of which is read first
        inputs = np.append(before[-1], tokens)[None, :-1]  # (1, T)
        nats: FloatArray = self.network().score(inputs, np.asarray(tokens)[None], before[None, :-1]).nll[0]
        return nats

    def counts(self) -> Counts:
        """Return the counts as those of a corpus of the same documents, sorted."""
        ngrams, times = self._longest()
        counts = Counts(self.order, self.vocabulary_size, np.zeros((1, 0), np.uint64), times)
        packed = counts.packing.pack([ngrams[:, back] + 1 for back in reversed(range(self.order))])
        order = sorting(packed)
        return Counts(self.order, self.vocabulary_size, packed[:, order], times[order])

    def to_arrays(self) -> Arrays:
        """Return the arrays of `counts` by name; those of equal documents have equal bytes, however they came."""
        return self.counts().to_arrays()

    @classmethod
    def of_counts(cls, counts: Counts) -> "GrowingCounts":
        """Make growing counts of those of a corpus."""
        made = cls(counts.order, counts.vocabulary_size)
        fields = [counts.packing.field(counts.ngrams, back) for back in reversed(range(counts.order))]
        ngrams = np.stack(fields, axis=1).astype(np.int64) - 1  # (M, N)
        step = PIECE // counts.order  # an n-gram brings its contexts
        for begin in range(0, len(ngrams), step):
            piece = slice(begin, begin + step)
            made._grow(PIECE)
            made._kernels.add_ngrams(made._tables, np.ascontiguousarray(ngrams[piece]), counts.counts[piece])
        return made

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> "GrowingCounts":
        """Make growing counts of arrays that `to_arrays` returned.

        Raises:
            ModelFolderError: the arrays are not such.
        """
        return cls.of_counts(counts_from_arrays(arrays))

    @property
    def tables(self) -> GrowingTables:
        """What kernels read and change; `reserve` may replace it."""
        return self._tables

    def reserve(self, tokens: int) -> None:
        """Reserve nodes for what so many tokens add; where most nodes are of what was taken out, they are dropped."""
        used = int(self._tables.used[0])
        if self._fits(tokens):
            return
        if used > CAPACITY and 2 * np.count_nonzero(self._tables.counts[:used]) < used:
            self._tables = self.of_counts(self.counts()).tables
        self._grow(tokens)

    def _fits(self, tokens: int) -> bool:
        return int(self._tables.used[0]) + self.order * (self.order + tokens) <= len(self._tables.counts)

    def _grow(self, tokens: int) -> None:
        """Allocate nodes for what so many tokens add."""
        if self._fits(tokens):
            return
        former, used = self._tables, int(self._tables.used[0])
        tables = _empty_tables(self.order, self.vocabulary_size, 2 * (used + self.order * (self.order + tokens)))
        for name in ("parents", "tokens", "counts", "totals", "kinds", "firsts", "siblings"):
            getattr(tables, name)[:used] = getattr(former, name)[:used]
        tables.spectrum[:], tables.used[:] = former.spectrum, former.used
        self._kernels.fill_slots(tables)
        self._tables = tables

    def _longest(self) -> tuple[IntArray, IntArray]:
        """Return the n-grams that count how often they occur, [M, N], -1 before a document; and these counts [M]."""
        tables, used = self._tables, int(self._tables.used[0])
        node: IntArray = np.flatnonzero(tables.counts[:used])
        counts = tables.counts[node].astype(np.int64)
        ngrams = np.full((len(node), self.order), NOTHING, np.int64)
        for back in range(1, self.order + 1):
            ngrams[:, -back] = np.where(node > 0, tables.tokens[node], NOTHING)
            node = tables.parents[node]
        first = ngrams[np.arange(len(ngrams)), (ngrams == NOTHING).sum(axis=1)]
        longest = (ngrams[:, 0] != NOTHING) | (first == BEGIN)
        return ngrams[longest], counts[longest]

    def _checked(self, tokens: IntArray) -> IntArray:
        return np.ascontiguousarray(check_document(np.asarray(tokens), self.vocabulary_size), np.int64)


def _empty_tables(order: int, vocabulary_size: int, capacity: int) -> GrowingTables:
    def of_nodes(*shape: int) -> IntArray:
        return np.zeros((capacity, *shape), np.int32)

    return GrowingTables(
        first=np.array([vocabulary_size], np.int64),
        slots=np.zeros(1 << (2 * capacity - 1).bit_length(), np.int32),
        parents=of_nodes(),
        tokens=of_nodes(),
        counts=of_nodes(),
        totals=of_nodes(),
        kinds=of_nodes(3),
        firsts=of_nodes(),
        siblings=of_nodes(),
        spectrum=np.zeros((order + 1, 5), np.int64),
        used=np.ones(1, np.int64),
    )


def import_kernels(name: str) -> Any:
    """Import compiled kernels.

    Args:
        name: is that of their module.

    Raises:
        MissingExtraError: Numba is not installed, or cannot be imported.
    """
    try:
        return import_module(f"unspool.engines.kernels.{name}")
    except (ImportError, OSError) as problem:
        reason = "is not installed" if isinstance(problem, ModuleNotFoundError) else "cannot be imported"
        raise MissingExtraError("numba", "", "counting while reading", reason) from None
