"""What moved a decision: how much less likely a label is when a part of the text is left out.

Leaving out needs nothing but probabilities, so it is the same for every engine and every way to classify.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from unspool.decode.classification import Classifying

WORD = re.compile(r"\w+|[^\w\s]+|\s+")
LEAST = 1e-300  # a probability whose logarithm is finite


@dataclass(frozen=True)
class Part:
    """A word or a character.

    Attributes:
        text: as it stands in the text.
        nats: by how much it raises the log-probability of the label; below 0 it speaks against it.
    """

    text: str
    nats: float


@dataclass(frozen=True)
class Decision:
    """The likeliest label of a text, and what moved it.

    Attributes:
        label: its name.
        probability: of the label.
        parts: the text in pieces, in order.
    """

    label: str
    probability: float
    parts: tuple[Part, ...]

    def to_dict(self) -> dict[str, Any]:
        """The fields by name, for JSON."""
        return asdict(self)


def decision(classifier: Classifying, text: str, by_character: bool) -> Decision:
    """Classify a text whole, and without each of its words (blanks stay) or characters."""
    pieces = list(text) if by_character else WORD.findall(text)
    counted = [place for place, piece in enumerate(pieces) if by_character or not piece.isspace()]
    shorter = ["".join(pieces[:place] + pieces[place + 1 :]) for place in counted]
    shares = classifier.probabilities([text, *shorter])  # (1 + parts, C)
    best = int(shares[0].argmax())
    logs = np.log(np.maximum(shares[:, best], LEAST))
    moved = dict(zip(counted, (logs[0] - logs[1:]).tolist(), strict=True))
    parts = tuple(Part(piece, moved.get(place, 0.0)) for place, piece in enumerate(pieces))
    return Decision(classifier.labels[best], float(shares[0, best]), parts)


def strongest(parts: Sequence[Part], most: int) -> list[Part]:
    """The parts that moved the decision most, for or against it, the strongest first."""
    return sorted((part for part in parts if part.nats), key=lambda part: -abs(part.nats))[:most]
