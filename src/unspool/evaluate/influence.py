"""What moved a decision: each part of an example is left out in turn, and the change is measured.

Occlusion (Zeiler and Fergus, 2014, section 4.2; of words, Li et al., 2016): it needs nothing of a
classifier but its probabilities, so it works with every one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from unspool.arrays import FloatArray
from unspool.display.reprs import Displayed


@dataclass(frozen=True, repr=False)
class Influence(Displayed):
    """What each part of an example contributes to its likeliest label.

    Attributes:
        label: is the likeliest label of the whole example.
        probability: is that of the label, 0 to 1.
        parts: make up the example when they are joined.
        nats: are what the label's log-probability loses without each part; below 0, the part speaks against the label.
        components: are the probabilities that each component of a mixture gives the label; none of what is no mixture.
    """

    label: str
    probability: float
    parts: tuple[str, ...]
    nats: tuple[float, ...]
    components: dict[str, float] = field(default_factory=dict)


def words_of(text: str) -> list[str]:
    """Split a text into its words, each with the space before it."""
    return re.findall(r"\s*\S+|\s+$", text)


def influence(probabilities: FloatArray, labels: Sequence[str], parts: Sequence[str]) -> Influence:
    """Compute what each of P parts of an example contributes.

    Args:
        probabilities: are those of the example, and then of what it is without each part in turn, [1 + P, C].
        labels: are the C names.
        parts: make up the example when they are joined.
    """
    best = int(probabilities[0].argmax())
    logs = np.log(np.maximum(probabilities[:, best], np.finfo(np.float64).tiny))  # (1 + P)
    return Influence(labels[best], float(probabilities[0, best]), tuple(parts), tuple((logs[0] - logs[1:]).tolist()))
