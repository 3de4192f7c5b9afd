"""What moved a decision: each part of a text is left out in turn, and what that changes is measured.

Occlusion (Zeiler and Fergus, 2014, section 4.2; of words, Li et al., 2016): it asks the classifier for probabilities
and nothing else, so it works with every one.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from unspool.arrays import FloatArray


@dataclass(frozen=True)
class Influence:
    """What each part of a text did for its likeliest label.

    Attributes:
        label: the likeliest of the whole text.
        probability: of the label.
        parts: of the text, which they are when joined.
        nats: how much of the label's log-probability is lost without each part; below 0, it spoke against the label.
    """

    label: str
    probability: float
    parts: tuple[str, ...]
    nats: tuple[float, ...]


def words_of(text: str) -> list[str]:
    """The words of a text, each with the space before it."""
    return re.findall(r"\s*\S+|\s+$", text)


def influence(
    probabilities: Callable[[Sequence[str]], FloatArray],
    labels: Sequence[str],
    parts: Sequence[str],
) -> Influence:
    """Leave out each part in turn.

    Args:
        probabilities: of a classifier: N texts to [N, C].
        labels: C names.
        parts: of the text.
    """
    texts = ["".join(parts), *("".join([*parts[:i], *parts[i + 1 :]]) for i in range(len(parts)))]
    found = probabilities(texts)  # (1 + parts, C)
    best = int(found[0].argmax())
    logs = np.log(np.maximum(found[:, best], np.finfo(np.float64).tiny))  # (1 + parts)
    return Influence(labels[best], float(found[0, best]), tuple(parts), tuple((logs[0] - logs[1:]).tolist()))
