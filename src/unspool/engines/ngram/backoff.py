"""N-grams with their probabilities and backoff weights, as files in ARPA format hold them.

With h' a context h without its first token, and b the backoff weight,

    p(w | h) = what is stored for (h w), if there is such an n-gram, else b(h) p(w | h')

A `NgramModel` can be written this way, and gives the same distributions.

Shapes: G nodes, C nodes that may have children, P parents, V tokens.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from unspool.arrays import Array, Arrays, FloatArray, IntArray
from unspool.engines.ngram.kneser_ney import tables_of
from unspool.engines.ngram.lookup import ABSENT, children, defined_by
from unspool.engines.ngram.model import NgramModel, is_trie, levels_of, parents_of
from unspool.engines.ngram.packing import Packing, positions
from unspool.engines.ngram.smoothing import FLOOR, discounted
from unspool.errors import ModelFolderError

MIN_LOG_PROBABILITY = math.log(FLOOR)


class BackoffModel(NamedTuple):
    """A trie as in `NgramModel`, with natural logarithms.

    Attributes:
        first: is the first child of each node that may have children, and the end, [C + 1].
        tokens: are the last tokens of the n-grams, [G].
        log_probabilities: are those of the last tokens, [G] float32; NaN where a node only begins n-grams.
        log_backoffs: are those of the contexts, [C] float32.
        order: is the number of tokens of the longest n-grams.
    """

    first: Array
    tokens: Array
    log_probabilities: FloatArray
    log_backoffs: FloatArray
    order: int

    @property
    def vocabulary_size(self) -> int:
        """The number of tokens of the vocabulary, V."""
        return int(self.first[0])

    def to_arrays(self) -> Arrays:
        """Return the arrays by name, to save them."""
        return {**self._asdict(), "order": np.array([self.order])}


def is_backoff(arrays: Mapping[str, Array]) -> bool:
    """Return whether arrays are those that `BackoffModel.to_arrays` returns, rather than those of an `NgramModel`."""
    return set(arrays) == set(BackoffModel._fields)


def backoff_from_arrays(arrays: Mapping[str, Array]) -> BackoffModel:
    """Return the model of arrays that `BackoffModel.to_arrays` returned.

    Raises:
        ModelFolderError: the arrays are not such.
    """
    if not is_backoff(arrays) or not _sound(arrays):
        found = {name: f"{array.dtype} {array.shape}" for name, array in arrays.items()}
        raise ModelFolderError(
            f"n-grams of a file must have the arrays {', '.join(BackoffModel._fields)}. Received: {found!s:.160}.",
            "restore the folder from a copy, or read the file again.",
        )
    first, tokens, probabilities, backoffs, order = (arrays[name] for name in BackoffModel._fields)
    return BackoffModel(first, tokens, probabilities, backoffs, int(order[0]))


def _sound(arrays: Mapping[str, Array]) -> bool:
    """Check that lookups stay within the arrays, and find numbers."""
    first, tokens, order = arrays["first"], arrays["tokens"], arrays["order"]
    probabilities, backoffs = arrays["log_probabilities"], arrays["log_backoffs"]
    if order.shape != (1,) or order.dtype.kind not in "iu" or not is_trie(first, tokens, int(order[0])):
        return False
    if probabilities.dtype != np.float32 or backoffs.dtype != np.float32:
        return False
    if (probabilities.shape, backoffs.shape) != (tokens.shape, (len(first) - 1,)):
        return False
    alone = probabilities[: int(first[0])]
    return bool(np.isfinite(alone).all() and np.isfinite(backoffs).all() and not np.isinf(probabilities).any())


def distribution(model: BackoffModel, nodes: Sequence[int]) -> tuple[FloatArray, int, int]:
    """Compute the distribution of the next token; see `kneser_ney.distribution`. There are no counts: all are 0."""
    logarithms, length = model.log_probabilities[: model.vocabulary_size].astype(np.float64), 0
    for context, node in enumerate(nodes, 1):
        if node == ABSENT:
            continue
        start, end = children(model, node)
        logarithms += model.log_backoffs[node]
        stored = model.log_probabilities[start:end]
        known = ~np.isnan(stored)
        logarithms[model.tokens[start:end][known]] = stored[known]
        length = context if start < end else length
    return logarithms, length, 0


DEFINITION = defined_by(distribution)


def backoff_model(model: NgramModel) -> BackoffModel:
    """Compute the probabilities and backoff weights of counted n-grams."""
    size, packing = model.vocabulary_size, Packing.of_vocabulary(model.vocabulary_size)
    levels = levels_of(model.first, model.order)
    probabilities = [tables_of(model).unigrams]
    backoffs = list[FloatArray]()
    fields = [np.arange(size) + 1]  # of the n-grams of one order, the first token first
    for order in range(2, model.order + 1):
        parents = slice(levels[order - 2], levels[order - 1])
        parent = parents_of(model.first, levels, order)
        kept, left = _discounted_probabilities(model, order, parents, parent)
        last = model.tokens[levels[order - 1] : levels[order]].astype(np.int64) + 1
        shorter = packing.pack(fields)
        fields = [*(field[parent] for field in fields), last]
        without_first = positions(shorter, packing.pack(fields[1:]))
        backoffs.append(left)
        probabilities.append(kept + left[parent] * probabilities[-1][without_first])
    return BackoffModel(
        first=model.first,
        tokens=model.tokens,
        log_probabilities=np.log(np.concatenate(probabilities)).astype(np.float32),
        log_backoffs=np.log(np.concatenate([np.ones(0), *backoffs])).astype(np.float32),
        order=model.order,
    )


def _discounted_probabilities(
    model: NgramModel, order: int, parents: slice, parent: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return what the n-grams of an order have of the probability of their contexts [G], and what these leave [P].

    Args:
        model: has the n-grams.
        order: is the number of their tokens.
        parents: are the nodes of the contexts.
        parent: is the index among these of the context of each n-gram, [G].
    """
    start, end = int(model.first[parents.start]), int(model.first[parents.stop])
    counts, size = model.counts[start:end], parents.stop - parents.start
    totals = np.bincount(parent, counts, size) + (model.pruned[parents] if len(model.pruned) else 0)  # (P)
    kept = discounted(counts, model.discounts[order - 1]) / totals[parent]  # (G)
    left: FloatArray = 1.0 - np.bincount(parent, kept, size)
    return kept, left
