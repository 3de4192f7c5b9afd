"""The arrays of a Markov chain with modified Kneser-Ney smoothing.

The n-grams of all orders are the nodes of one trie: a node is an n-gram, its parent the n-gram without the last token.
Nodes are numbered order by order, and within an order sorted by their tokens, so the children of a node lie side by
side. The first V nodes are the single tokens, seen or not.

An n-gram of the highest order keeps its count; so does one that begins its document. The count of any other is the
number of different tokens before it (Kneser and Ney, 1995). Probabilities are not kept: with T the sum of the counts c
of all that follow a context h, and D the discounts,

    p(w | h) = (c(h w) - D(c(h w))) / T(h) + p(w | h') * sum over x of D(c(h x)) / T(h)

where h' is the context without its first token. So a node is a token, a count, and the index of its first child.

Shapes: G nodes, C nodes of all orders but the highest, N orders, V tokens.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from unspool.arrays import Array, Arrays, Flags, FloatArray, IntArray
from unspool.engines.ngram.counts import MAX_ORDER, Counts
from unspool.engines.ngram.packing import Packing, child_ranges, smallest, sorting
from unspool.engines.ngram.smoothing import estimate_discounts
from unspool.errors import ModelFolderError, UsageError
from unspool.text.tokenizer import SPECIAL_TOKENS

MIN_PRUNED = 3  # tokens: shorter n-grams are few, and all are kept


class NgramModel(NamedTuple):
    """The trie, its counts and its discounts.

    Attributes:
        first: is the first child of each node that may have children, and the end, [C + 1]; that of node i is the end
            of the children of node i - 1.
        tokens: are the last tokens of the n-grams, [G].
        counts: are those of the n-grams, [G].
        pruned: is the sum of the counts of the children that were pruned, [C]; empty where none were.
        discounts: are those of counts of 0, 1, 2, and 3 or more, in each order, [N, 4] float64.
    """

    first: Array
    tokens: Array
    counts: Array
    pruned: Array
    discounts: FloatArray

    @property
    def order(self) -> int:
        """The number of tokens of the longest n-grams, N."""
        return len(self.discounts)

    @property
    def vocabulary_size(self) -> int:
        """The number of tokens of the vocabulary, V."""
        return int(self.first[0])

    def to_arrays(self) -> Arrays:
        """Return arrays by name, to save them: tokens and discounts, and of each order n the counts, how many children
        its nodes have, and what was pruned of these, in the smallest type that holds them.
        """
        found: Arrays = {"tokens": self.tokens, "discounts": self.discounts}
        for order, (start, end) in enumerate(pairwise(levels_of(self.first, self.order)), 1):
            found[f"counts.{order}"] = smallest(self.counts[start:end])
            if order < self.order:
                found[f"children.{order}"] = smallest(np.diff(self.first[start : end + 1]))
            if order < self.order and len(self.pruned):
                found[f"pruned.{order}"] = smallest(self.pruned[start:end])
        return found


def model_from_arrays(arrays: Mapping[str, Array]) -> NgramModel:
    """Return the model of arrays that `NgramModel.to_arrays` returned.

    Raises:
        ModelFolderError: the arrays are not such.
    """
    model = _joined(arrays)
    if model is None or not _sound(model):
        found = {name: f"{array.dtype} {array.shape}" for name, array in arrays.items()}
        raise ModelFolderError(
            f"n-grams must have the arrays tokens and discounts, and of each order counts and children. Received: "
            f"{found!s:.160}.",
            "restore the folder from a copy, or count the text again.",
        )
    return model


def _joined(arrays: Mapping[str, Array]) -> NgramModel | None:
    """Join the arrays of all orders; none where some are missing or of another type.

    Arrays of before, whose orders were joined, are returned as they are.
    """
    if set(arrays) == set(NgramModel._fields):
        return NgramModel(**arrays)
    order = np.atleast_1d(arrays.get("discounts", np.zeros(0))).shape[0]
    counts, children, pruned = (
        [name for n in range(1, end) if (name := f"{kind}.{n}") in arrays]
        for kind, end in (("counts", order + 1), ("children", order), ("pruned", order))
    )
    complete = 1 <= len(counts) == order == len(children) + 1 and len(pruned) in (0, order - 1)
    if not complete or set(arrays) != {"tokens", "discounts", *counts, *children, *pruned}:
        return None
    if any(arrays[name].ndim != 1 or arrays[name].dtype.kind != "u" for name in (*counts, *children, *pruned)):
        return None
    return NgramModel(
        first=first_children(len(arrays["counts.1"]), [arrays[name].astype(np.int64) for name in children]),
        tokens=arrays["tokens"],
        counts=np.concatenate([arrays[name] for name in counts]),
        pruned=np.concatenate([np.zeros(0, np.uint8), *(arrays[name] for name in pruned)]),
        discounts=arrays["discounts"],
    )


def _sound(model: NgramModel) -> bool:
    """Check that lookups stay within the arrays."""
    first, tokens, counts, pruned, discounts = model
    if not all(array.ndim == 1 and array.dtype.kind == "u" for array in (counts, pruned)):
        return False
    if discounts.dtype != np.float64 or discounts.shape[1:] != (4,) or not np.isfinite(discounts).all():
        return False
    return is_trie(first, tokens, len(discounts)) and len(counts) == len(tokens) and len(pruned) in (0, len(first) - 1)


def is_trie(first: Array, tokens: Array, order: int) -> bool:
    """Check that the nodes of a trie are whole: see `NgramModel`."""
    if not all(array.ndim == 1 and array.dtype.kind == "u" for array in (first, tokens)) or not len(first):
        return False
    size = int(first[0])
    if not (1 <= order <= MAX_ORDER and size >= len(SPECIAL_TOKENS)) or (first[1:] < first[:-1]).any():
        return False
    return len(tokens) == first[-1] == levels_of(first, order)[-1] and bool((tokens < size).all())


def levels_of(first: Array, order: int) -> list[int]:
    """Return where the nodes of each order begin, and their end, [N + 1]; the last is -1 if there are fewer orders."""
    levels = [0, int(first[0])]
    while len(levels) <= order:
        levels.append(int(first[levels[-1]]) if levels[-1] < len(first) else -1)
    return levels if len(first) == levels[-2] + 1 else [-1]


def parents_of(first: Array, levels: list[int], order: int) -> IntArray:
    """Return which of the shorter n-grams each n-gram of an order, at least 2, continues: [G].

    Args:
        first: is the first child of each node; see `NgramModel`.
        levels: are the first nodes of each order; see `levels_of`.
        order: is the number of tokens of the n-grams.
    """
    children: IntArray = np.diff(first[levels[order - 2] : levels[order - 1] + 1])
    return np.repeat(np.arange(len(children)), children)


class _Level(NamedTuple):
    """All n-grams of one order, sorted by their tokens.

    Attributes:
        ngrams: are packed from the first token to the last, [W, G].
        prefixes: are the n-grams without their last tokens, packed, [W, G].
        tokens: are their last tokens, [G].
        occurrences: says how often each occurs, [G].
        counts: are the counts that smoothing uses, [G].
    """

    ngrams: Array
    prefixes: Array
    tokens: IntArray
    occurrences: IntArray
    counts: IntArray


def build_model(counts: Counts, min_count: int = 1) -> NgramModel:
    """Make the model of a corpus from its counts.

    Args:
        counts: are those of the corpus.
        min_count: prunes n-grams of 3 tokens or more that occur less often; what they had of the probability goes to
            shorter contexts. Discounts are estimated before.

    Raises:
        UsageError: the minimum is not positive.
    """
    if min_count < 1:
        raise UsageError(f"min_count must be at least 1. Received: {min_count}.", "1 keeps every n-gram.")
    level, kept = _single_tokens(counts), np.ones(counts.vocabulary_size, np.bool_)
    tokens, kept_counts = [level.tokens], [level.counts]
    discounts, children, pruned = [estimate_discounts(level.counts)], list[IntArray](), list[IntArray]()
    for order in range(2, counts.order + 1):
        following = _level(counts, order)
        stays = following.occurrences >= (min_count if order >= MIN_PRUNED else 1)
        starts, ends = child_ranges(level.ngrams, following.prefixes)
        children.append(_sums(stays, starts, ends)[kept])
        pruned.append(_sums(np.where(stays, 0, following.counts), starts, ends)[kept])
        discounts.append(estimate_discounts(following.counts))
        tokens.append(following.tokens[stays])
        kept_counts.append(following.counts[stays])
        level, kept = following, stays
    return NgramModel(
        first=first_children(counts.vocabulary_size, children),
        tokens=_smallest(tokens),
        counts=_smallest(kept_counts),
        pruned=_smallest(pruned if min_count > 1 else []),
        discounts=np.stack(discounts),
    )


def first_children(vocabulary_size: int, children: list[IntArray]) -> Array:
    """Return the first child of each node, and the end, from how many children the nodes of each order have."""
    ends = np.cumsum(np.concatenate([[vocabulary_size], *children]))
    return ends.astype(np.promote_types(np.min_scalar_type(ends[-1]), np.uint32))


def _single_tokens(counts: Counts) -> _Level:
    """Return the n-grams of order 1: all tokens of the vocabulary, also those that were not seen."""
    found, tokens = _level(counts, 1), np.arange(counts.vocabulary_size)
    occurrences, smoothed = (np.zeros(len(tokens), np.int64) for _ in range(2))
    occurrences[found.tokens], smoothed[found.tokens] = found.occurrences, found.counts
    ngrams = counts.packing.pack([tokens + 1])
    return _Level(ngrams, ngrams, tokens, occurrences, smoothed)


def _level(counts: Counts, order: int) -> _Level:
    """Return all n-grams of an order: the ends of those of the highest order."""
    packing, ngrams = counts.packing, counts.ngrams
    begins = packing.changes(ngrams, order)  # (G) of the highest order: where another n-gram of this order begins
    starts = np.flatnonzero(begins)
    whole = _is_whole(packing, ngrams[:, starts], order)
    occurrences, smoothed = np.add.reduceat(counts.counts, starts) if len(starts) else counts.counts, None
    if order < counts.order:
        different = packing.changes(ngrams, order + 1)  # the first of those with the same token before
        counted = np.where(_is_whole(packing, ngrams, order + 1), different, counts.counts)
        smoothed = np.add.reduceat(counted, starts) if len(starts) else counts.counts
    packed = packing.turned(ngrams[:, starts[whole]], order)  # the first token first
    occurrences = occurrences[whole]
    smoothed = occurrences if smoothed is None else smoothed[whole]
    order_of_tokens = sorting(packed)
    packed = packed[:, order_of_tokens]
    return _Level(
        ngrams=packed,
        prefixes=packing.without_last(packed, order) if order > 1 else packed,
        tokens=packing.field(packed, order - 1).astype(np.int64) - 1,
        occurrences=occurrences[order_of_tokens],
        counts=smoothed[order_of_tokens],
    )


def _is_whole(packing: Packing, ngrams: Array, order: int) -> Flags:
    """Mark the n-grams whose last tokens, of this number, do not reach beyond the beginning of their document."""
    whole: Flags = packing.field(ngrams, order - 1) > 0
    return whole


def _sums(values: Array, starts: IntArray, ends: IntArray) -> IntArray:
    """Sum the values of ranges, [R]; a range may be empty."""
    sums = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
    result: IntArray = sums[ends] - sums[starts]
    return result


def _smallest(parts: list[IntArray]) -> Array:
    """Join arrays in the smallest unsigned type that holds them; none give an empty one."""
    return smallest(np.concatenate([np.zeros(0, np.int64), *parts]))
