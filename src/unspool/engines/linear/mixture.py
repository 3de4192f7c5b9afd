"""A network and a linear classifier as one: their log-probabilities are added, each times a weight.

    log p(c)  =  a log p_network(c)  +  b log p_counts(c)  -  normaliser

The two weights say how much each is to be believed, temperature included. They are fitted to examples that neither has
seen, which is a convex problem of two numbers.

Shapes: N examples, B rows, C labels.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from unspool.arrays import Array, Arrays, FloatArray, IntArray, Logits, log_softmax, softmax
from unspool.data.batches import Source
from unspool.engines.base import Classifies
from unspool.engines.linear.model import LinearClassifier, linear_from_arrays
from unspool.errors import ModelFolderError
from unspool.specs.linear import LinearSpec

MIXTURE = "mixture"  # the name of the array of the two weights

USUAL = 0.6  # is what both weights are near to where there are few examples to fit them to
PRIOR = 4.0  # examples that this counts for
MIN_GAIN = 2.0  # nats that the counts must gain over all examples, or they are left out (likelihood ratio, 5 %)
MIN_GAIN_OF_FEW = 0.05  # nats for each example that are enough where the examples are fewer than 40
MAX_STEPS = 50


class MixtureWeights(NamedTuple):
    """The weights of the two log-probabilities; 0 of counts leaves them out, and the network is taken as it is."""

    network: float
    counts: float


ALONE = MixtureWeights(1.0, 0.0)


@dataclass(frozen=True)
class MixedClassifier:
    """A network with a head, and a linear classifier beside it. See `engines.base.Classifies`.

    Attributes:
        network: is the trained one.
        counts: is the linear one, of the same labels.
        weights: mix them.
    """

    network: Classifies
    counts: LinearClassifier
    weights: MixtureWeights

    def classify(self, source: Source) -> Logits:
        """Score the labels of B texts: [B, C]."""
        network, counts = (
            log_softmax(part.classify(source).astype(np.float64)) for part in (self.network, self.counts)
        )
        mixed: Logits = self.mixed(network, counts).astype(np.float32)
        return mixed

    @property
    def components(self) -> dict[str, Classifies]:
        """The two by name; none where the counts are left out."""
        return {} if self.weights == ALONE else {"network": self.network, "counts": self.counts}

    def to_arrays(self) -> Arrays:
        """Return by name the arrays of the linear classifier, and the weights."""
        return arrays_of(self.counts, self.weights)

    def mixed(self, network: FloatArray, counts: FloatArray) -> FloatArray:
        """Mix log-probabilities of both, [B, C]; the result is not normalised."""
        result: FloatArray = self.weights.network * network + self.weights.counts * counts
        return result


def arrays_of(counts: LinearClassifier, weights: MixtureWeights) -> Arrays:
    """Return by name the arrays of a linear classifier, and the weights of a network and of it."""
    return counts.to_arrays() | {MIXTURE: np.array(weights, np.float64)}


def open_mixture(network: Classifies, spec: LinearSpec, arrays: Mapping[str, Array]) -> MixedClassifier:
    """Mix a network with what `to_arrays` returned.

    Raises:
        ModelFolderError: the arrays are not those of a mixture of the spec.
    """
    weights = arrays.get(MIXTURE, np.empty(0))
    if weights.shape != (2,) or weights.dtype != np.float64 or not (np.isfinite(weights) & (weights >= 0)).all():
        raise ModelFolderError(
            f"counts.safetensors must hold two weights, none below 0. Received: {weights!r:.60}.",
            "restore the folder from a copy.",
        )
    linear = linear_from_arrays(spec, {name: array for name, array in arrays.items() if name != MIXTURE})
    return MixedClassifier(network, linear, MixtureWeights(*weights.tolist()))


def fit_mixture(network: FloatArray, counts: FloatArray, labels: IntArray, importance: FloatArray) -> MixtureWeights:
    """Fit the weights, or leave the counts out where they gain too little.

    Args:
        network: are the log-probabilities of the network, [N, C], for examples that it was not trained on.
        counts: are those of the linear classifier, of the same examples, which it was not fitted to either.
        labels: are the indices of the right labels, [N].
        importance: weighs the examples, 1 on average, [N].
    """
    both = np.stack([network, counts])  # (2, N, C)
    mixed = _fitted(both, labels, importance)
    alone = _fitted(both[:1], labels, importance)
    gain = _nats(both[:1], alone, labels, importance) - _nats(both, mixed, labels, importance)
    return MixtureWeights(*mixed.tolist()) if gain > min(MIN_GAIN, MIN_GAIN_OF_FEW * len(labels)) else ALONE


def _fitted(logs: FloatArray, labels: IntArray, importance: FloatArray) -> FloatArray:
    """Fit the weights of K log-probabilities [K, N, C] by Newton's method: [K], none below 0."""
    places = np.arange(len(labels))
    weights = np.full(len(logs), USUAL if len(logs) > 1 else 1.0)
    usual, free = weights.copy(), np.ones(len(logs), np.bool_)
    for _ in range(MAX_STEPS):
        probabilities = softmax(np.tensordot(weights, logs, 1))  # (N, C)
        means = (logs * probabilities).sum(axis=2)  # (K, N)
        gradient = ((means - logs[:, places, labels]) * importance).sum(axis=1) + PRIOR * (weights - usual)  # (K)
        apart = logs - means[..., None]  # (K, N, C)
        curvature = np.einsum("inc,jnc,nc,n->ij", apart, apart, probabilities, importance) + PRIOR * np.eye(len(logs))
        free = (weights > 0) | (gradient < 0)
        step = np.zeros(len(logs))
        step[free] = np.linalg.solve(curvature[np.ix_(free, free)], gradient[free])
        new = np.maximum(weights - step, 0.0)
        if np.abs(new - weights).max() < 1e-8:
            break
        weights = new
    return weights


def _nats(logs: FloatArray, weights: FloatArray, labels: IntArray, importance: FloatArray) -> float:
    """Return the sum of the nll of the right labels."""
    mixed = log_softmax(np.tensordot(weights, logs, 1))  # (N, C)
    return float(-(mixed[np.arange(len(labels)), labels] * importance).sum())
