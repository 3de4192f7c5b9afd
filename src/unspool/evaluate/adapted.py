"""What a model that goes on learning while it reads makes of a text, beside the same model as it was."""

import math
from dataclasses import dataclass
from typing import Any

from unspool.arrays import FloatArray
from unspool.data.tokens import Part
from unspool.display.reprs import Displayed, values_of

ROWS = {
    "static": "as it was",
    "network": "the network learns on",
    "counts": "counts grow beside it",
    "both": "both",
}


@dataclass(frozen=True, repr=False)
class Column(Displayed):
    """How well one way of reading predicts a text.

    Attributes:
        bits_per_byte: is the nll per byte of UTF-8; an unknown token also costs its spelling.
        bits_per_character: is the same per Unicode character.
        nats_per_token: is the mean nll of a token, without the cost of spelling.
    """

    bits_per_byte: float
    bits_per_character: float
    nats_per_token: float


@dataclass(frozen=True, repr=False)
class AdaptedFigures(Displayed):
    """The figures of a text that is learnt while it is read, a window scored before it is learnt.

    Attributes:
        tokens: is the number of tokens that were read, from the beginning of the text.
        static: is of the model as it was, on the same tokens, in one row; `evaluate` reads a long text in several.
        network: is of the network that goes on learning; none of a model without one.
        counts: is of the model as it was, with counts of what was read beside it.
        both: is of both; none of a model without a network.
    """

    tokens: int
    static: Column
    network: Column | None
    counts: Column
    both: Column | None

    def to_dict(self) -> dict[str, Any]:
        """Return the figures by name, for JSON."""
        return values_of(self)

    def table(self) -> str:
        """Return the figures as lines, a way of reading each."""
        lines = [f"{f'{self.tokens:,} tokens, learnt while read':34} bits per byte  per character  nats per token"]
        for name, label in ROWS.items():
            column = getattr(self, name)
            if column is not None:
                lines.append(
                    f"  {label:32} {column.bits_per_byte:13.4f} {column.bits_per_character:14.4f} "
                    f"{column.nats_per_token:15.4f}"
                )
        return "".join(f"{line}\n" for line in lines)


def adapted_figures(part: Part, nats: dict[str, FloatArray]) -> AdaptedFigures:
    """Return the figures of a part of a corpus.

    Args:
        part: was read; where only its beginning was, bytes and characters are taken to be spread evenly.
        nats: are those of each token that was read, by the names of `AdaptedFigures`; all have one length.
    """
    found = {name: column_of(part, values) for name, values in nats.items()}
    columns = (found["static"], found.get("network"), found["counts"], found.get("both"))
    return AdaptedFigures(len(nats["static"]), *columns)


def column_of(part: Part, nats: FloatArray) -> Column:
    """Return the figures of the nats of each token of a part."""
    mean, tokens = float(nats.mean()), len(part.tokens)
    bits = mean * tokens / math.log(2) + part.spelling_bits
    return Column(bits / part.bytes, bits / part.characters, mean)
