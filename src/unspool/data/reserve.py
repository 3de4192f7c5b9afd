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
TOO_FEW = 200  # tokens, of documents that are shorter than most
NOTHING = slice(0, 0)


class Reserve(NamedTuple):
    """A training part in two.

    Attributes:
        part: is the whole.
        place: are the positions that are held back of a stream; none of documents.
        chosen: are the indices of the documents that are learnt; none of a stream.
        held_back: is what is held back: of a stream its middle, of documents some that are evenly spread. Its figures,
            such as its characters, are those of the whole.
        kept_back: are the indices of the documents that are held back; none of a stream.
    """

    part: Part
    place: slice | None
    chosen: IntArray | None
    held_back: Part
    kept_back: IntArray | None = None

    @property
    def learnt(self) -> list[IntArray]:
        """The token ids of each text that is learnt, [T]: the documents, or both sides of what is held back."""
        if self.place is None:
            assert self.chosen is not None
            return [self.part.document(int(index)) for index in self.chosen]
        return [self.part.tokens[: self.place.start], self.part.tokens[self.place.stop :]]


def reserve(
    part: Part, learnable: IntArray | None = None, spared: IntArray | None = None, groups: IntArray | None = None
) -> Reserve | None:
    """Hold back 2 % of the tokens of a part, 2,000 to 20,000; none of a part for which that is more than 5 %.

    Args:
        part: is the training part.
        learnable: are the indices of the documents that may be learnt; none means all.
        spared: are those of documents whose groups are not held back.
        groups: numbers the group of each document, [D], such as the picture of a caption, which is learnt or held back
            as a whole. None means that each document is a group.
    """
    if part.starts is not None and learnable is None:
        learnable = np.arange(len(part.starts) - 1)
    tokens = len(part.tokens) if learnable is None else int(part.lengths[learnable].sum())
    count = int(min(max(FRACTION * tokens, ENOUGH), MAX_TOKENS))
    if count > MAX_FRACTION * tokens:
        return None
    if learnable is None:
        start = (tokens - count) // 2
        place = slice(start, start + count)
        return Reserve(part, place, None, replace(part, tokens=part.tokens[place]))
    step = tokens // count  # so many tokens, and on average as many documents, for each that is held back
    groups = np.arange(len(part.lengths)) if groups is None else groups
    found = np.unique(groups[learnable])
    sizes = np.bincount(groups[learnable], part.lengths[learnable]).astype(np.int64)
    spread = found[min(step, len(found)) // 2 :: step]  # of few groups, one in the middle
    chosen = _within(MAX_FRACTION * tokens, np.setdiff1d(spread, () if spared is None else groups[spared]), sizes)
    among = np.isin(groups[learnable], chosen)
    held_back = learnable[among]
    if part.lengths[held_back].sum() < TOO_FEW:
        return None
    texts = [part.document(int(index)) for index in held_back]
    starts = np.cumsum([0, *map(len, texts)])
    small = replace(part, tokens=np.concatenate(texts), starts=starts)
    return Reserve(part, None, learnable[~among], small, held_back)


def _within(limit: float, groups: IntArray, sizes: IntArray) -> IntArray:
    """Return the groups that together have no more tokens than a limit; one that would exceed it is left out."""
    total, kept = 0, []
    for group in groups.tolist():
        if total + sizes[group] <= limit:
            total += int(sizes[group])
            kept.append(group)
    return np.array(kept, np.int64)
