"""Convert a loss in nats per token into bits per character of the text, or per label."""

import math
from typing import NamedTuple

from unspool.data.tokens import Part


class Units(NamedTuple):
    """What the bits of one part of the data are counted per.

    Attributes:
        name: is that of the unit: `character` or `label`.
        tokens: is the number of tokens per unit.
        spelling_bits: is the cost of spelling the unknown tokens, in bits per unit.
    """

    name: str = "character"
    tokens: float = 1.0
    spelling_bits: float = 0.0

    def bits(self, nats_per_token: float) -> float:
        """Convert nats per token into bits per unit, with the cost of spelling, as `evaluate` does."""
        return nats_per_token / math.log(2) * self.tokens + self.spelling_bits


def units_of(part: Part) -> Units:
    """Return the units of a text: its characters."""
    return Units("character", len(part.tokens) / part.characters, part.spelling_bits / part.characters)
