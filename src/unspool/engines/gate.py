"""The gate of a mixture: what part of each step's probability the counts have.

It is linear in six figures of the two distributions and in the length of the longest context that the counts know. With
p those of the counts and q those of the network,

    g = sigmoid(b[length] + w . (H(p), H(q), max log p, max log q, H(p, q), H(q, p)))
    mixture = g p + (1 - g) q

where H is an entropy, or of two distributions the cross-entropy, in nats, of log-probabilities of at least -20.
`engines/kernels/mixing.py` has the same arithmetic, compiled.

Shapes: N orders, V tokens, R places in texts, F features of a place.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from unspool.arrays import Array, Arrays, FloatArray, IntArray, Logits, log_softmax
from unspool.errors import ModelFolderError

FEATURES = 6
LOWEST = -20.0  # nats: tokens that cannot be have less, and would outweigh all others
STRENGTH = 1.0  # of the ridge, in the places that it counts as
ITERATIONS = 200


class Gate(NamedTuple):
    """The weights of the features.

    Attributes:
        lengths: are those of the lengths of the longest known context, 0 to N - 1, [N] float64.
        features: are those of the six figures, [6] float64.
    """

    lengths: FloatArray
    features: FloatArray

    def to_arrays(self) -> Arrays:
        """Return the arrays by name, to save them."""
        return self._asdict()


def gate_from_arrays(arrays: Mapping[str, Array], order: int) -> Gate:
    """Return the gate of arrays that `Gate.to_arrays` returned.

    Raises:
        ModelFolderError: the arrays are not those of a gate for n-grams of this order.
    """
    shapes = {name: (array.shape, array.dtype) for name, array in arrays.items()}
    double = np.dtype(np.float64)
    expected = {"lengths": ((order,), double), "features": ((FEATURES,), double)}
    if shapes != expected or not all(np.isfinite(array).all() for array in arrays.values()):
        raise ModelFolderError(
            f"a gate must have lengths [{order}] and features [{FEATURES}], all finite. Received: {shapes!s:.120}.",
            "restore the folder from a copy, or train again.",
        )
    return Gate(**arrays)


def features_of(network: FloatArray, counts: FloatArray) -> FloatArray:
    """Return the six figures of the log-probabilities of the network and of the counts, [..., V] to [..., 6]."""
    q, p = np.exp(network), np.exp(counts)
    network, counts = np.maximum(network, LOWEST), np.maximum(counts, LOWEST)
    figures = (
        -(p * counts).sum(-1),
        -(q * network).sum(-1),
        counts.max(-1),
        network.max(-1),
        -(p * network).sum(-1),
        -(q * counts).sum(-1),
    )
    result: FloatArray = np.stack(figures, -1)
    return result


def mixed(gate: Gate, logits: Logits, counts: Logits, lengths: IntArray) -> tuple[Logits, FloatArray]:
    """Mix the distributions of the network and of the counts, by definition.

    Args:
        gate: weighs them.
        logits: are those of the network, [R, V] float32.
        counts: are the log-probabilities of the counts, [R, V] float32.
        lengths: are those of the longest known contexts, [R].

    Returns:
        the log-probabilities of the mixture, [R, V] float32, and the weights of the counts, [R] float64.
    """
    network, counted = log_softmax(logits.astype(np.float64)), counts.astype(np.float64)
    scores = gate.lengths[lengths] + features_of(network, counted) @ gate.features  # (R)
    own, others = -np.logaddexp(0, -scores), -np.logaddexp(0, scores)  # log g, log(1 - g)
    both = np.logaddexp(own[:, None] + counted, others[:, None] + network)
    return both.astype(np.float32), np.exp(own)


def fit_gate(features: FloatArray, lengths: IntArray, network: FloatArray, counts: FloatArray, order: int) -> Gate:
    """Fit a gate to places that neither the network nor the counts have seen, by expectation and maximisation.

    The expectation is the share that the counts have in the probability of each target; the maximisation is a step of
    Newton's method for a logistic regression of these shares, with a small ridge.

    Args:
        features: are those of each place, [R, 6]; see `features_of`.
        lengths: are those of the longest known contexts, [R].
        network: are the log-probabilities of the targets by the network, [R].
        counts: are those by the counts, [R].
        order: is that of the n-grams, N.
    """
    mean, scale = features.mean(0), features.std(0) + 1e-6
    inputs = np.concatenate([np.eye(order)[lengths], (features - mean) / scale], axis=1)  # (R, F)
    weights = np.zeros(inputs.shape[1])
    for _ in range(ITERATIONS):
        scores = inputs @ weights
        gates = 1 / (1 + np.exp(-scores))
        shares = 1 / (1 + np.exp(np.clip(network - counts - scores, -500, 500)))
        slope = inputs.T @ (shares - gates) - STRENGTH * weights
        curvature = (inputs * (gates * (1 - gates))[:, None]).T @ inputs + STRENGTH * np.eye(len(weights))
        step = np.linalg.solve(curvature, slope)
        weights += step
        if np.abs(step).max() < 1e-4:
            break
    own = weights[order:] / scale
    return Gate(weights[:order] - own @ mean, own)
