"""Classify: encode a text, and compute the probabilities of its labels.

Shapes: N texts, B rows, C labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from unspool.arrays import FloatArray, IntArray, softmax
from unspool.data.batches import TextSource
from unspool.engines.base import Classifies
from unspool.text.tokenizer import END, Tokenizer

ROWS = 256
TOKENS = 32_768  # in a batch, padding included

Probabilities = FloatArray  # [N, C], rows sum to 1


class Classifier(Protocol):
    """Computes the probabilities of a text's labels.

    Attributes:
        labels: are the C names.
    """

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the C labels, in the order of the probabilities."""

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """Compute the probability of each label for N texts: [N, C]; rows sum to 1."""

    def of_tokens(self, ids: Sequence[IntArray]) -> Probabilities:
        """Compute the same for N sequences of token ids, each with `<eos>` at its end."""


@dataclass(frozen=True)
class NetworkClassifier:
    """A network with a head, its tokenizer and the names of the labels."""

    network: Classifies
    tokenizer: Tokenizer
    labels: tuple[str, ...]

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """Compute the probability of each label of each text, in order; texts of similar length are batched.

        Args:
            texts: are N texts; any text can be read, an empty one too.

        Returns:
            [N, C] float64; rows sum to 1.
        """
        return self.of_tokens([np.append(self.tokenizer.encode(text), END) for text in texts])

    def of_tokens(self, ids: Sequence[IntArray]) -> Probabilities:
        """Compute the same for N sequences of token ids, each with `<eos>` at its end: [N, C]."""
        return label_probabilities(self.network, ids, len(self.labels))


def label_probabilities(network: Classifies, texts: Sequence[IntArray], labels: int) -> Probabilities:
    """Compute the probability of each label of each text.

    Args:
        network: has a head.
        texts: are N sequences of at least one token id.
        labels: is the number of labels of the head, C.

    Returns:
        [N, C] float64; rows sum to 1.
    """
    found = np.empty((len(texts), labels))
    order = np.argsort([len(text) for text in texts], kind="stable")[::-1]
    start = 0
    while start < len(order):
        rows = max(1, min(ROWS, TOKENS // len(texts[order[start]])))
        chosen = order[start : start + rows]
        scores = network.classify(TextSource.of_texts([texts[index] for index in chosen]))  # (B, C)
        found[chosen] = softmax(scores.astype(np.float64))
        start += rows
    return found
