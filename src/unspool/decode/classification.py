"""Classify: read a text into a state, and read the shares of labels off it.

Shapes: N texts, B rows, C labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from unspool.arrays import FloatArray, IntArray
from unspool.data.batches import Source
from unspool.engines.base import Network
from unspool.text.tokenizer import END, Tokenizer

ROWS = 256
TOKENS = 32_768  # of a batch, padding included

Probabilities = FloatArray  # [N, C], rows sum to 1


class Classifying(Protocol):
    """What tells how likely each label of a text is.

    Attributes:
        labels: C names.
    """

    @property
    def labels(self) -> tuple[str, ...]:
        """The names, in the order of the probabilities."""

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """How likely each label of each text is: [N, C], rows sum to 1."""


@dataclass(frozen=True)
class Classifier:
    """A network that reads and labels, with its tokenizer and the names of the labels."""

    network: Network
    tokenizer: Tokenizer
    labels: tuple[str, ...]

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """How likely each label of each text is, in order; texts of like length are read side by side.

        Args:
            texts: any text can be read, an empty one too.

        Returns:
            [N, C] float64; rows sum to 1.
        """
        return label_probabilities(self.network, [np.append(self.tokenizer.encode(text), END) for text in texts])


def label_probabilities(network: Network, texts: Sequence[IntArray]) -> Probabilities:
    """How likely each label of each text of token ids is: [N, C]; each text has at least one token."""
    assert network.spec.head is not None, "this network has no head"
    found = np.empty((len(texts), network.spec.head.labels))
    order = np.argsort([len(text) for text in texts], kind="stable")[::-1]
    start = 0
    while start < len(order):
        rows = max(1, min(ROWS, TOKENS // len(texts[order[start]])))
        chosen = order[start : start + rows]
        scores = network.classify(Source.of_texts([texts[number] for number in chosen])).astype(np.float64)
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))  # (B, C)
        found[chosen] = shares / shares.sum(axis=1, keepdims=True)
        start += rows
    return found
