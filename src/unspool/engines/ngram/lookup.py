"""Look n-grams up: the contexts that a text ends with, and what the model says follows them.

This is the definition, in plain NumPy. `engines/kernels/ngrams.py` has the same functions, compiled.

Shapes: B rows, T time steps, N orders, V tokens.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from unspool.arrays import Array, FloatArray, IntArray, Logits

ABSENT = -1  # in place of a node


class Trie(Protocol):
    """N-grams by their tokens; see `NgramModel`."""

    @property
    def first(self) -> Array:
        """The first child of each node, and the end."""

    @property
    def tokens(self) -> Array:
        """The last token of each n-gram."""


Distribution = Callable[..., tuple[FloatArray, int, int]]  # of a model and nodes; see `kneser_ney.distribution`


class Lookup(NamedTuple):
    """The two ways to look up a text, whether compiled or not.

    Attributes:
        predict: takes the tables of a model, tokens [B, T], the N - 1 tokens before them [B, N - 1], and three arrays
            that it fills: the logits after each token [B, T, V] float32, the length of the longest known context
            [B, T], and its count [B, T].
        score: takes the tables, tokens and targets [B, T], the tokens before, and fills minus the log-probability of
            each target [B, T] float32, lengths and counts.
    """

    predict: Callable[..., None]
    score: Callable[..., None]


def defined_by(distribution: Distribution) -> Lookup:
    """Return the lookups of a kind of model.

    Args:
        distribution: takes the tables of a model and the nodes of the contexts, and returns log-probabilities [V], the
            length of the longest known context, and its count.
    """

    def predict(
        tables: Trie, tokens: IntArray, before: IntArray, logits: Logits, lengths: IntArray, counts: IntArray
    ) -> None:
        for row in range(len(tokens)):
            nodes = contexts_after(tables, before[row])
            for time, token in enumerate(tokens[row]):
                nodes = advance(tables, nodes, int(token))
                logits[row, time], lengths[row, time], counts[row, time] = distribution(tables, nodes)

    def score(
        tables: Trie,
        tokens: IntArray,
        targets: IntArray,
        before: IntArray,
        nats: Logits,
        lengths: IntArray,
        counts: IntArray,
    ) -> None:
        for row in range(len(tokens)):
            nodes = contexts_after(tables, before[row])
            for time, token in enumerate(tokens[row]):
                nodes = advance(tables, nodes, int(token))
                found, lengths[row, time], counts[row, time] = distribution(tables, nodes)
                nats[row, time] = -found[targets[row, time]]

    return Lookup(predict, score)


def contexts_after(tables: Trie, tokens: IntArray) -> list[int]:
    """Find the nodes of the contexts after the last N - 1 tokens, of which the first may be none: -1.

    Returns:
        the node of the last token, of the last two, and so on, N - 1 in all; `ABSENT` where there is none.
    """
    nodes = [ABSENT] * len(tokens)
    for token in tokens:
        nodes = advance(tables, nodes, int(token))
    return nodes


def advance(tables: Trie, nodes: Sequence[int], token: int) -> list[int]:
    """Return the nodes of the contexts after one more token: each continues the one that was one token shorter."""
    known = 0 <= token < int(tables.first[0])
    longer = [child(tables, node, token) if known and node != ABSENT else ABSENT for node in nodes[:-1]]
    return [token if known else ABSENT, *longer][: len(nodes)]


def child(tables: Trie, node: int, token: int) -> int:
    """Find the child of a node by its token."""
    start, end = children(tables, node)
    place = start + int(np.searchsorted(tables.tokens[start:end], token))
    return place if place < end and tables.tokens[place] == token else ABSENT


def children(tables: Trie, node: int) -> tuple[int, int]:
    """Return the first child of a node, and the end of its children."""
    return int(tables.first[node]), int(tables.first[node + 1])
