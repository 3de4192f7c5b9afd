"""Counts that grow while a text is read.

They are those of a `NgramModel`: the longest n-grams count how often they occur, shorter ones the different tokens
before them (Kneser and Ney, 1995). Both kinds grow by one at a time, and an n-gram changes a shorter one only when it
is new. So a token costs at most as many changes as there are orders, most often one or two.

Nodes lie in a hash table by the node of their context and their last token. Discounts are estimated anew at each
lookup, from how many n-grams of an order were counted once, twice, three and four times, which is kept up to date too.

Shapes: N orders, C nodes, S slots.
"""

from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from unspool.arrays import IntArray
from unspool.engines.ngram.counts import NOTHING, check_sizes
from unspool.errors import MissingExtraError
from unspool.text.tokenizer import BEGIN

CAPACITY = 1 << 12  # nodes at first
PIECE = 1 << 12  # tokens that are counted at once


class GrowingTables(NamedTuple):
    """What the kernels read and change.

    Attributes:
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
    """N-grams with Kneser-Ney smoothing, which kernels count one token after the other; see `GrowingMixture`.

    Args:
        order: is the number of tokens of the longest n-grams, N, 1 to 12.
        vocabulary_size: is the number of tokens of the vocabulary.

    Attributes:
        tables: are what kernels read and change; `reserve` may replace them.

    Raises:
        UsageError: the order is not 1 to 12, or the vocabulary has no more than the special tokens.
        MissingExtraError: Numba is not installed, or cannot be imported.
    """

    def __init__(self, order: int, vocabulary_size: int) -> None:
        check_sizes(order, vocabulary_size)
        self._kernels = import_kernels("growing")
        self.order = order
        self.tables = _empty_tables(order, CAPACITY)

    def start(self) -> IntArray:
        """Return the state before a document begins: the N - 1 tokens before it, of which `<s>` is the last."""
        state = np.full(self.order - 1, NOTHING, np.int64)
        state[-1:] = BEGIN
        return state

    def reserve(self, tokens: int) -> None:
        """Reserve nodes for what so many tokens add."""
        former, used = self.tables, int(self.tables.used[0])
        needed = used + self.order * (self.order + tokens)
        if needed <= len(former.counts):
            return
        tables = _empty_tables(self.order, 2 * needed)
        for name in ("parents", "tokens", "counts", "totals", "kinds", "firsts", "siblings"):
            getattr(tables, name)[:used] = getattr(former, name)[:used]
        tables.spectrum[:], tables.used[:] = former.spectrum, former.used
        self._kernels.fill_slots(tables)
        self.tables = tables


def _empty_tables(order: int, capacity: int) -> GrowingTables:
    def of_nodes(*shape: int) -> IntArray:
        return np.zeros((capacity, *shape), np.int32)

    return GrowingTables(
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
