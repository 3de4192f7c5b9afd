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

Shapes: N orders, V tokens, R places in texts, F features of a place, K = 3 distributions.
"""

from collections.abc import Mapping
from itertools import product
from typing import NamedTuple

import numpy as np

from unspool.arrays import Array, Arrays, FloatArray, IntArray, Logits, log_softmax
from unspool.errors import ModelFolderError

FIGURES, POWERS = 6, 3
MOST_TOKENS = 512  # of a vocabulary whose tokens are features
LOWEST = -20.0  # nats, in the figures: tokens that cannot be have less, and would outweigh all others
LEAST = -100.0  # nats, in the product, where a power of 0 is one of a number
HIGHEST = 3.0  # of a power
START = (0.3, 0.2, 0.5)  # powers that the ridge pulls the biases to
STRENGTH, ROOT_STRENGTH = 10.0, 300.0  # of the ridge, in the places that it counts as; of the weights of the roots
ITERATIONS, SLIGHT = 50, 2e-5  # steps of the fit; nats that the slope promises of a step that is not worth making
ENOUGH, HALVINGS = 0.1, 20  # of what the slope promises, that must be gained; how often a step is halved until it is
BLOCK = 1 << 22  # log-probabilities that are weighed at once


class Gate(NamedTuple):
    """What the powers are made of.

    Attributes:
        lengths: are those of the lengths of the longest known context, 0 to N - 1, [N, 3] float64.
        features: are those of the six figures and of the roots, [F, 3] float64; without roots, F is 6.
    """

    lengths: FloatArray
    features: FloatArray

    def to_arrays(self) -> Arrays:
        """Return the arrays by name, to save them."""
        return self._asdict()

    def powers(self, features: FloatArray, lengths: IntArray) -> FloatArray:
        """Compute the powers of the network, of the counts and of their mean at R places, [R, 3]."""
        powers: FloatArray = np.clip(self.lengths[lengths] + features @ self.features, 0.0, HIGHEST)
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
    sizes = (FIGURES, FIGURES + vocabulary_size)
    expected = [{"lengths": ((order, POWERS), double), "features": ((size, POWERS), double)} for size in sizes]
    if shapes not in expected or not all(np.isfinite(array).all() for array in arrays.values()):
        raise ModelFolderError(
            f"a gate must have lengths [{order}, {POWERS}] and features [{sizes[0]} or {sizes[1]}, {POWERS}], all "
            f"finite. Received: {shapes!s:.120}.",
            "restore the folder from a copy, or train again.",
        )
    return Gate(**arrays)


def features_of(network: FloatArray, counts: FloatArray) -> FloatArray:
    """Return the features of the log-probabilities of the network and of the counts, [..., V] to [..., F]."""
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
    result: FloatArray = np.stack(figures, -1)  # (..., 6)
    if q.shape[-1] > MOST_TOKENS:
        return result
    return np.concatenate([result, ((q + p) / 2) ** 0.25], axis=-1)  # (..., 6 + V)


def with_mean(network: FloatArray, counts: FloatArray) -> FloatArray:
    """Return the log-probabilities of both and of their mean, at least -100: [R, V] to [R, 3, V]."""
    network, counts = np.maximum(network, LEAST), np.maximum(counts, LEAST)
    mean = np.log((np.exp(network) + np.exp(counts)) / 2)
    result: FloatArray = np.stack([network, counts, mean], axis=1)
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
    both = np.einsum("rk,rkv->rv", powers, with_mean(network, counted))
    return log_softmax(both).astype(np.float32), powers


class Places(NamedTuple):
    """What network and counts say at places in texts that neither has seen.

    Attributes:
        features: are [R, F]; see `features_of`.
        lengths: are those of the longest contexts that the counts know, [R].
        targets: are the tokens that came, [R].
        parts: are the log-probabilities of all tokens by the network and by the counts, [R, 2, V] float32.
    """

    features: FloatArray
    lengths: IntArray
    targets: IntArray
    parts: FloatArray

    def some(self, chosen: slice) -> "Places":
        """Return some of the places."""
        return Places(self.features[chosen], self.lengths[chosen], self.targets[chosen], self.parts[chosen])

    @property
    def of_targets(self) -> FloatArray:
        """The log-probabilities of what came, by both, [R, 2]."""
        return np.take_along_axis(self.parts, self.targets[:, None, None], 2)[:, :, 0]

    def nats(self, gate: Gate) -> float:
        """Compute the mean negative log-likelihood of the mixture by a gate, in nats."""
        return _weigh(self, gate.powers(self.features, self.lengths)).nats


class _Fit(NamedTuple):
    """How well places are predicted with some powers, and how that changes with these.

    Attributes:
        nats: is the mean negative log-likelihood.
        slope: is the gradient of the log-likelihood of each place in its powers, [R, 3].
        curvature: is the covariance of the three log-probabilities under the mixture, [R, 3, 3].
    """

    nats: float
    slope: FloatArray
    curvature: FloatArray


def _weigh(places: Places, powers: FloatArray) -> _Fit:
    count, _, size = places.parts.shape
    rows = max(1, BLOCK // (POWERS * size))
    nats, slopes, curvatures = 0.0, [], []
    for start in range(0, count, rows):
        chosen = slice(start, start + rows)
        network, counts = places.parts[chosen].swapaxes(0, 1)
        parts, targets = with_mean(network, counts), places.targets[chosen]
        both = log_softmax((powers[chosen, None].astype(np.float32) @ parts)[:, 0])  # (R, V)
        nats -= float(np.take_along_axis(both, targets[:, None], 1).sum(dtype=np.float64))
        likely = np.exp(both)[:, None]  # (R, 1, V)
        mean = parts @ likely.swapaxes(1, 2)  # (R, K, 1)
        slopes.append((np.take_along_axis(parts, targets[:, None, None], 2) - mean)[:, :, 0])
        parts -= mean
        curvatures.append((parts * likely) @ parts.swapaxes(1, 2))  # (R, K, K)
    return _Fit(nats / count, np.concatenate(slopes), np.concatenate(curvatures))


def fit_gate(places: Places, order: int) -> Gate:
    """Fit a gate to places that neither the network nor the counts have seen, by Newton's method.

    The log-likelihood is concave in the biases and weights, since the mixture is an exponential family in its powers;
    a ridge pulls the biases to `START` and the weights to 0, those of the roots the most, since they are many.

    Args:
        places: are what is fitted to.
        order: is that of the n-grams, N.
    """
    mean, scale = places.features.mean(0), places.features.std(0) + 1e-6
    scale[FIGURES:] = 1.0
    inputs = np.concatenate([np.eye(order)[places.lengths], (places.features - mean) / scale], axis=1)  # (R, F)
    start = np.zeros((inputs.shape[1], POWERS))
    start[:order] = START
    ridge = np.full(start.shape, STRENGTH)
    ridge[order + FIGURES :] = ROOT_STRENGTH

    def loss(fit: _Fit, weights: FloatArray) -> float:
        return fit.nats + float((ridge * (weights - start) ** 2).sum()) / (2 * len(inputs))

    weights, fit = start, _weigh(places, inputs @ start)
    for _ in range(ITERATIONS):
        slope = (inputs.T @ fit.slope - ridge * (weights - start)).ravel()  # (F * K)
        curvature = np.empty((*start.shape, *start.shape))  # (F, K, F, K)
        for one, other in product(range(POWERS), repeat=2):
            curvature[:, one, :, other] = inputs.T @ (inputs * fit.curvature[:, one, other, None])
        curvature = curvature.reshape(len(slope), len(slope)) + np.diag(ridge.ravel())
        step = np.linalg.solve(curvature, slope)
        promised = float(slope @ step) / len(inputs)
        if promised < SLIGHT:
            break
        before = loss(fit, weights)
        for halvings in range(HALVINGS):  # far from the best weights a whole step is often too long
            part = 0.5**halvings
            moved = weights + part * step.reshape(weights.shape)
            found = _weigh(places, inputs @ moved)
            if loss(found, moved) < before - ENOUGH * part * promised:
                break
        else:
            break
        weights, fit = moved, found
    own = weights[order:] / scale[:, None]
    return Gate(weights[:order] - mean @ own, own)
