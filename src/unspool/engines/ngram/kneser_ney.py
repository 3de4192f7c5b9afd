"""The distribution of the next token by modified Kneser-Ney smoothing, as `model.py` defines it.

Shapes: G nodes, C nodes that may have children, N orders, V tokens.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from unspool.arrays import Array, FloatArray
from unspool.engines.ngram.lookup import ABSENT, children, defined_by
from unspool.engines.ngram.model import NgramModel
from unspool.engines.ngram.smoothing import discounted, unigram_probabilities


class KneserNeyTables(NamedTuple):
    """What a lookup reads: the arrays of an `NgramModel`, and the distribution without context, [V] float64."""

    first: Array
    tokens: Array
    counts: Array
    pruned: Array
    discounts: FloatArray
    unigrams: FloatArray


def tables_of(model: NgramModel, labels: int = 0) -> KneserNeyTables:
    """Return the tables of a model; the last tokens of its vocabulary are so many labels, which are not predicted."""
    counts = model.counts[: model.vocabulary_size - labels]
    return KneserNeyTables(*model, unigram_probabilities(counts, model.discounts[0]))


def distribution(tables: KneserNeyTables, nodes: Sequence[int]) -> tuple[FloatArray, int, int]:
    """Compute the distribution of the next token.

    Args:
        tables: are those of the model.
        nodes: are those of the contexts, the shortest first; see `lookup.contexts_after`.

    Returns:
        log-probabilities [V] float64; the number of tokens of the longest context that something was seen to follow;
        and the sum of the counts of all that followed it, in this order of n-grams.
    """
    probabilities, length, count = tables.unigrams.copy(), 0, int(tables.counts[: len(tables.unigrams)].sum())
    for context, node in enumerate(nodes, 1):
        if node == ABSENT:
            continue
        start, end = children(tables, node)
        total = int(tables.counts[start:end].sum()) + (int(tables.pruned[node]) if len(tables.pruned) else 0)
        if total:
            kept = discounted(tables.counts[start:end], tables.discounts[context]) / total
            probabilities *= 1 - kept.sum()
            probabilities[tables.tokens[start:end]] += kept
            length, count = context, total
    return np.log(probabilities), length, count


DEFINITION = defined_by(distribution)
