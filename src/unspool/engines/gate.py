"""The gate of a mixture: the powers that the distributions of the network, of the counts and their mean have at a step.

They are linear in features of the two distributions, with a bias for each length of the longest context that the counts
know: six figures, and where there are at most 512 tokens, how likely each of them is, as a fourth root. With q the
distribution of the network, p that of the counts, and m = (p + q) / 2 their mean,

    f = (H(p), H(q), max log p, max log q, H(p, q), H(q, p), m(1)^1/4, .., m(V)^1/4)
    (a, b, c) = B[length] + W f, each between 0 and 3
    mixture(w) = q(w)^a p(w)^b m(w)^c / Z

A product gives much to what both think likely, a mean to what either does. H is an entropy, or of two distributions the
cross-entropy, in nats, of log-probabilities of at least -20.
`engines/kernels/mixing.py` has the same arithmetic, compiled.

Shapes: N orders, V tokens, R positions in texts, F features of a position, K = 3 distributions.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from unspool.arrays import Array, Arrays, FloatArray, IntArray, Logits, log_softmax
from unspool.errors import ModelFolderError

FIGURES, POWERS = 6, 3
MAX_TOKENS = 512  # of a vocabulary whose tokens are features
MIN_FEATURE = -20.0  # nats, in the figures: tokens that cannot be have less, and would outweigh all others
MIN_LOG_PROBABILITY = -100.0  # nats, in the product, where a power of 0 is one of a number
MAX_POWER = 3.0  # of a power
START = (0.3, 0.2, 0.5)  # powers that a fit starts from


class Gate(NamedTuple):
    """What the powers are made of.

    Attributes:
        lengths: are the biases for each length of the longest known context, 0 to N - 1, [N, 3] float64.
        features: are the weights of the six figures and of the roots, [F, 3] float64; without roots, F is 6.
    """

    lengths: FloatArray
    features: FloatArray

    def to_arrays(self) -> Arrays:
        """Return the arrays by name, to save them."""
        return self._asdict()

    def powers(self, features: FloatArray, lengths: IntArray) -> FloatArray:
        """Compute the powers of the network, of the counts and of their mean at R positions, [R, 3], each 0 to 3.

        Args:
            features: are those of each position, [R, F]; see `features_of`.
            lengths: are those of the longest known contexts, [R], each 0 to N - 1.
        """
        powers: FloatArray = np.clip(self.lengths[lengths] + features @ self.features, 0.0, MAX_POWER)
        return powers


def gate_from_arrays(arrays: Mapping[str, Array], order: int, vocabulary_size: int) -> Gate:
    """Return the gate of arrays that `Gate.to_arrays` returned.

    Arrays of before, with one weight in place of three powers, become the powers that a fit starts from.

    Raises:
        ModelFolderError: the arrays are not those of a gate for n-grams of this order, of so many tokens.
    """
    shapes = {name: (array.shape, array.dtype) for name, array in arrays.items()}
    double = np.dtype(np.float64)
    if shapes == {"lengths": ((order,), double), "features": ((FIGURES,), double)}:
        return Gate(np.tile(START, (order, 1)), np.zeros((FIGURES, POWERS)))
    sizes = (FIGURES, FIGURES + vocabulary_size) if vocabulary_size <= MAX_TOKENS else (FIGURES,)
    expected = [{"lengths": ((order, POWERS), double), "features": ((size, POWERS), double)} for size in sizes]
    if shapes not in expected or not all(np.isfinite(array).all() for array in arrays.values()):
        raise ModelFolderError(
            f"a gate must have lengths [{order}, {POWERS}] and features [{' or '.join(map(str, sizes))}, {POWERS}], "
            f"all finite. Received: {shapes!s:.120}.",
            "restore the folder from a copy, or train again.",
        )
    return Gate(**arrays)


def features_of(network: FloatArray, counts: FloatArray) -> FloatArray:
    """Return the features of the log-probabilities of the network and of the counts, [..., V] to [..., F]."""
    q, p = np.exp(network), np.exp(counts)
    network, counts = np.maximum(network, MIN_FEATURE), np.maximum(counts, MIN_FEATURE)
    figures = (
        -(p * counts).sum(-1),
        -(q * network).sum(-1),
        counts.max(-1),
        network.max(-1),
        -(p * network).sum(-1),
        -(q * counts).sum(-1),
    )
    result: FloatArray = np.stack(figures, -1)  # (..., 6)
    if q.shape[-1] > MAX_TOKENS:
        return result
    return np.concatenate([result, ((q + p) / 2) ** 0.25], axis=-1)  # (..., 6 + V)


def with_mean(network: FloatArray, counts: FloatArray) -> FloatArray:
    """Return the log-probabilities of both and of their mean, at least -100: [R, V] to [R, 3, V]."""
    network, counts = np.maximum(network, MIN_LOG_PROBABILITY), np.maximum(counts, MIN_LOG_PROBABILITY)
    mean = np.log((np.exp(network) + np.exp(counts)) / 2)
    result: FloatArray = np.stack([network, counts, mean], axis=1)  # (R, 3, V)
    return result


def mixed(gate: Gate, logits: Logits, counts: Logits, lengths: IntArray) -> tuple[Logits, FloatArray]:
    """Mix the distributions of the network and of the counts, by definition.

    Args:
        gate: gives them their powers.
        logits: are those of the network, [R, V] float32.
        counts: are the log-probabilities of the counts, [R, V] float32.
        lengths: are those of the longest known contexts, [R].

    Returns:
        the log-probabilities of the mixture, [R, V] float32, and the powers, [R, 3] float64.
    """
    network, counted = log_softmax(logits.astype(np.float64)), counts.astype(np.float64)
    powers = gate.powers(features_of(network, counted)[:, : len(gate.features)], lengths)
    both = np.einsum("rk,rkv->rv", powers, with_mean(network, counted))  # (R, V)
    return log_softmax(both).astype(np.float32), powers
