"""Classify: encode examples of any kind, and compute the probabilities of their labels.

Shapes: N examples, B rows, C labels.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from unspool.arrays import FloatArray, IntArray, softmax
from unspool.data.labelled import SizedReader
from unspool.engines.announcing import advance
from unspool.engines.base import Classifies
from unspool.engines.linear.mixture import MixedClassifier

ROWS = 256
SIZE = 32_768  # of a batch, padding included: its tokens

Probabilities = FloatArray  # [N, C], rows sum to 1


class Classifier(Protocol):
    """Computes the probabilities of the labels of examples."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the C labels, in the order of the probabilities."""

    def probabilities(self, examples: Any) -> Probabilities:
        """Compute the probability of each label for N examples: [N, C]; rows sum to 1."""


@dataclass(frozen=True)
class NetworkClassifier:
    """A network with a head, and the names of its labels.

    Attributes:
        network: has the head.
        labels: are the C names.
        sources: turns examples into what the encoder reads.
    """

    network: Classifies
    labels: tuple[str, ...]
    sources: Callable[[Any], SizedReader]

    def probabilities(self, examples: Any) -> Probabilities:
        """Compute the probability of each label of each example, in order; examples of similar size are batched.

        Args:
            examples: are N texts, rows or pictures, as `sources` takes them.

        Returns:
            [N, C] float64; rows sum to 1.
        """
        return self.of_sources(self.sources(examples))

    def of_sources(self, sources: SizedReader) -> Probabilities:
        """Compute the same for N sources: [N, C]."""
        return label_probabilities(self.network, sources, np.arange(len(sources.sizes)), len(self.labels))

    @property
    def components(self) -> "dict[str, NetworkClassifier]":
        """The classifiers that the network is a mixture of, by name; none where it is no mixture."""
        return {name: replace(self, network=one) for name, one in components_of(self.network).items()}


def components_of(network: Classifies) -> dict[str, Classifies]:
    """Return what a network is a mixture of, by name; nothing where it is no mixture."""
    return network.components if isinstance(network, MixedClassifier) else {}


def label_probabilities(network: Classifies, sources: SizedReader, chosen: IntArray, labels: int) -> Probabilities:
    """Compute the probability of each label of some examples.

    Args:
        network: has a head.
        sources: are those of the examples.
        chosen: are the indices of N of them.
        labels: is the number of labels of the head, C.

    Returns:
        [N, C] float64; rows sum to 1.
    """
    found, sizes = np.empty((len(chosen), labels)), sources.sizes[chosen]  # (N, C), (N)
    order = np.argsort(sizes, kind="stable")[::-1]
    start = 0
    while start < len(order):
        rows = max(1, min(ROWS, SIZE // int(sizes[order[start]])))
        some = order[start : start + rows]
        scores = network.classify(sources.read(chosen[some]))  # (B, C)
        found[some] = softmax(scores.astype(np.float64))
        start += rows
        advance(min(start, len(order)), len(order), "examples classified")
    return found
