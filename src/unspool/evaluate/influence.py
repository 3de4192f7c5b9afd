"""What moved a decision: each part of a text is left out in turn, and the change is measured.

Occlusion (Zeiler and Fergus, 2014, section 4.2; of words, Li et al., 2016): it needs nothing of a
classifier but its probabilities, so it works with every one.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from unspool.arrays import FloatArray


@dataclass(frozen=True)
class Influence:
    """What each part of a text contributes to its likeliest label.

    Attributes:
        label: is the likeliest label of the whole text.
        probability: is that of the label, 0 to 1.
        parts: make up the text when they are joined.
        nats: are what the label's log-probability loses without each part; below 0, the part speaks against the label.
    """

    label: str
    probability: float
    parts: tuple[str, ...]
    nats: tuple[float, ...]


def words_of(text: str) -> list[str]:
    """Split a text into its words, each with the space before it."""
    return re.findall(r"\s*\S+|\s+$", text)


def influence(
    probabilities: Callable[[Sequence[str]], FloatArray],
    labels: Sequence[str],
    parts: Sequence[str],
) -> Influence:
    """Measure what each part of a text contributes, by leaving it out.

    Args:
        probabilities: computes the probabilities of N texts, [N, C].
        labels: are the C names.
        parts: make up the text when they are joined.
    """
    texts = ["".join(parts), *("".join([*parts[:i], *parts[i + 1 :]]) for i in range(len(parts)))]
    found = probabilities(texts)  # (1 + parts, C)
    best = int(found[0].argmax())
    logs = np.log(np.maximum(found[:, best], np.finfo(np.float64).tiny))  # (1 + parts)
    return Influence(labels[best], float(found[0, best]), tuple(parts), tuple((logs[0] - logs[1:]).tolist()))
