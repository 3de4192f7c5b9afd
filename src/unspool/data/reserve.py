"""What of a training part is held back from the network, so that something else can be fitted to what it has not seen.

Of a stream that is its middle: the end is most like the text after it, and would be missed.

Shapes: N tokens, D documents.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from unspool.arrays import IntArray
from unspool.data.tokens import Part

FRACTION, MAX_FRACTION = 0.02, 0.05  # of the tokens: what is held back, and what may be for there to be enough
ENOUGH, MAX_TOKENS = 2_000, 20_000
NOTHING = slice(0, 0)


class Reserve(NamedTuple):
    """A training part in two.

    Attributes:
        part: is the whole.
        place: are the positions that are held back of a stream; none of documents.
        chosen: are the indices of the documents that are learnt; none of a stream.
        held_back: is what is held back: of a stream its middle, of documents some that are evenly spread. Its figures,
            such as its characters, are those of the whole.
    """

    part: Part
    place: slice | None
    chosen: IntArray | None
    held_back: Part

    @property
    def learnt(self) -> list[IntArray]:
        """The token ids of each text that is learnt, [T]: the documents, or both sides of what is held back."""
        if self.place is None:
            assert self.chosen is not None
            return [self.part.document(int(index)) for index in self.chosen]
        return [self.part.tokens[: self.place.start], self.part.tokens[self.place.stop :]]


def reserve(part: Part) -> Reserve | None:
    """Hold back 2 % of the tokens of a part, 2,000 to 20,000; none of a part for which that is more than 5 %."""
    count = int(min(max(FRACTION * len(part.tokens), ENOUGH), MAX_TOKENS))
    if count > MAX_FRACTION * len(part.tokens):
        return None
    if part.starts is None:
        start = (len(part.tokens) - count) // 2
        place = slice(start, start + count)
        return Reserve(part, place, None, replace(part, tokens=part.tokens[place]))
    documents = len(part.starts) - 1
    step = len(part.tokens) // count  # so many tokens, and on average as many documents, for each that is held back
    held_back = np.arange(step // 2, documents, step)
    if not len(held_back):
        return None
    texts = [part.document(int(index)) for index in held_back]
    starts = np.cumsum([0, *map(len, texts)])
    small = replace(part, tokens=np.concatenate(texts), starts=starts)
    return Reserve(part, None, np.setdiff1d(np.arange(documents), held_back), small)
