"""Count more for a model whose counts are not at hand: they are those of its own longest n-grams.

So they are known only where no n-grams were pruned: what is rare in a pruned model is among its counts of contexts, but
not after which other tokens it came.

Shapes: G nodes.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from unspool.arrays import Array, Arrays, IntArray
from unspool.engines.ngram.backoff import BackoffModel
from unspool.engines.ngram.counts import Counts, counts_of, merged
from unspool.engines.ngram.model import NgramModel, build_model, levels_of, model_from_arrays, parents_of
from unspool.engines.ngram.packing import Packing, sorting
from unspool.text.tokenizer import BEGIN


class Uncountable(NamedTuple):
    """Why no n-grams can be added to those of a model.

    Attributes:
        why: says it in a clause.
        instead: says how a model that is counted alone takes in more.
    """

    why: str
    instead: str


FROM_ARPA = Uncountable(
    "its n-grams are from an ARPA file, which has no counts",
    "count the text itself with `unspool train --model ngram`.",
)
PRUNED = Uncountable(
    "rare n-grams were pruned from its counts",
    "let `unspool counts update` read a file, which has the counts of before; or count without --min-count.",
)


def uncountable(tables: Any) -> Uncountable | None:
    """Return why no n-grams can be added to those of a model; none where they can be.

    Args:
        tables: are those of its `NgramNetwork`.
    """
    if isinstance(tables, BackoffModel):
        return FROM_ARPA
    return PRUNED if tables.pruned.any() else None


def counted_further(arrays: Mapping[str, Array], documents: Iterable[IntArray]) -> Arrays:
    """Add documents to a model, and return the arrays of the new one.

    It is the model of all documents together.

    Args:
        arrays: are those of the model, from which nothing was pruned; see `uncountable`.
        documents: are the token ids of each; see `counts_of`.

    Raises:
        ModelFolderError: the arrays are not those of a model with counts.
    """
    model = model_from_arrays(arrays)
    further = counts_of(documents, model.order, model.vocabulary_size)
    return build_model(merged([counts_of_model(model), further])).to_arrays()


def counts_of_model(model: NgramModel) -> Counts:
    """Return the counts that a model was made of, from which nothing was pruned."""
    packing, levels = Packing.of_vocabulary(model.vocabulary_size), levels_of(model.first, model.order)
    fields = [np.arange(model.vocabulary_size) + 1]  # of the n-grams of one order, the first token first
    nothing = np.zeros(0, np.int64)
    found, times = list[list[IntArray]](), list[IntArray]()
    for order in range(1, model.order + 1):
        if order > 1:
            parent = parents_of(model.first, levels, order)
            last = model.tokens[levels[order - 1] : levels[order]].astype(np.int64) + 1
            fields = [*(field[parent] for field in fields), last]
        counts = model.counts[levels[order - 1] : levels[order]].astype(np.int64)
        longest = (counts > 0) & ((order == model.order) | ((fields[0] == BEGIN + 1) & (order > 1)))
        before = [np.zeros(int(longest.sum()), np.int64)] * (model.order - order)  # a document begins
        found.append([*before, *(field[longest] for field in fields)])
        times.append(counts[longest])
    together = [np.concatenate([nothing, *(one[place] for one in found)]) for place in range(model.order)]
    packed = packing.pack(together[::-1])
    sorted_by_tokens = sorting(packed)
    return Counts(
        model.order, model.vocabulary_size, packed[:, sorted_by_tokens], np.concatenate(times)[sorted_by_tokens]
    )
