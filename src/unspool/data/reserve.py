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
    """

    learnt: Part
    documents: IntArray | None
    held_back: Part


def reserve(part: Part) -> Reserve | None:
    """Hold back 2 % of the tokens of a part, 2,000 to 20,000; none of a part for which that is more than 5 %.

    The figures of both parts, such as their characters, stay those of the whole.
    """
    count = int(min(max(FRACTION * len(part.tokens), ENOUGH), MAX_TOKENS))
    if count > MAX_FRACTION * len(part.tokens):
        return None
    if part.starts is None:
        return Reserve(_stream(part, part.tokens[:-count]), None, _stream(part, part.tokens[-count:]))
    documents = len(part.starts) - 1
    step = len(part.tokens) // count  # so many tokens, and on average as many documents, for each that is held back
    chosen = np.arange(step // 2, documents, step)
    if not len(chosen):
        return None
    texts = [part.document(int(index)) for index in chosen]
    starts = np.cumsum([0, *map(len, texts)])
    held_back = replace(part, tokens=np.concatenate(texts), starts=starts)
    return Reserve(part, np.setdiff1d(np.arange(documents), chosen), held_back)


def _stream(part: Part, tokens: IntArray) -> Part:
    return replace(part, tokens=tokens)
