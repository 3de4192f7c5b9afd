"""What of a training part is held back from the network, so that something else can be fitted to what it has not seen.

Shapes: N tokens, D documents.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from unspool.arrays import IntArray
from unspool.data.tokens import Part

FRACTION, MAX_FRACTION = 0.02, 0.05  # of the tokens: what is held back, and what may be for there to be enough
ENOUGH, MAX_TOKENS = 2_000, 20_000


class Reserve(NamedTuple):
    """A training part in two.

    Attributes:
        learnt: is what the network learns from: of a stream its beginning, of documents all.
        documents: are the indices of the documents that it learns from; none of a stream.
        held_back: is the rest: of a stream its end, of documents some that are evenly spread.
        chosen: are the indices of these documents; none of a stream.
    """

    learnt: Part
    documents: IntArray | None
    held_back: Part
    chosen: IntArray | None = None


def reserve(part: Part, kept: IntArray | None = None, spared: IntArray | None = None) -> Reserve | None:
    """Hold back 2 % of the tokens of a part, 2,000 to 20,000; none of a part for which that is more than 5 %.

    The figures of both parts, such as their characters, stay those of the whole.

    Args:
        part: is the training part.
        kept: are the indices of the documents that the network may learn from; none means all.
        spared: are those of documents that are not held back.
    """
    if part.starts is not None and kept is None:
        kept = np.arange(len(part.starts) - 1)
    tokens = len(part.tokens) if kept is None else int(part.lengths[kept].sum())
    count = int(min(max(FRACTION * tokens, ENOUGH), MAX_TOKENS))
    if count > MAX_FRACTION * tokens:
        return None
    if kept is None:
        return Reserve(_stream(part, part.tokens[:-count]), None, _stream(part, part.tokens[-count:]))
    step = tokens // count  # so many tokens, and on average as many documents, for each that is held back
    chosen = np.setdiff1d(kept[step // 2 :: step], () if spared is None else spared)
    if not len(chosen):
        return None
    texts = [part.document(int(index)) for index in chosen]
    starts = np.cumsum([0, *map(len, texts)])
    held_back = replace(part, tokens=np.concatenate(texts), starts=starts)
    return Reserve(part, np.setdiff1d(kept, chosen), held_back, chosen)


def _stream(part: Part, tokens: IntArray) -> Part:
    return replace(part, tokens=tokens)
