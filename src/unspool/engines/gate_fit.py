"""Fit the gate of a mixture to positions that neither the network nor the counts have seen, by Newton's method.

The log-likelihood is concave in the biases and weights of a gate, since the mixture is an exponential family in its
powers (see `gate.py`), as long as these are within their bounds. A power that is beyond is bounded, as it is where the
gate is used, and has no slope. Far from the best weights a whole step of Newton's is often too long; it is halved until
it gains what its slope promises (Boyd and Vandenberghe, 2004, section 9.5).

Shapes: N orders, V tokens, R positions in texts, F features of a position, K = 3 distributions, I inputs, which are the
N lengths and those of the features that are used.
"""

from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np

from unspool.arrays import FloatArray, IntArray, log_softmax
from unspool.engines.gate import FIGURES, MAX_POWER, POWERS, START, Gate, with_mean

STRENGTH, ROOT_STRENGTH = 10.0, 300.0  # of the ridge, in the positions that it counts as; of the weights of the roots
STEPS, SLIGHT = 50, 2e-5  # of the fit; nats that make no step worthwhile, whether promised or gained
ENOUGH, HALVINGS = 0.1, 20  # of what the slope promises, that must be gained; how often a step is halved for that
RARE = 0.3  # the root of a probability of 0.8 %: tokens that are never likelier have no weights
BLOCK = 1 << 22  # log-probabilities that are weighed at once


class Positions(NamedTuple):
    """What network and counts say at positions in texts that neither has seen.

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

    def some(self, chosen: slice) -> "Positions":
        """Return some of the positions."""
        return Positions(self.features[chosen], self.lengths[chosen], self.targets[chosen], self.parts[chosen])

    @property
    def of_targets(self) -> FloatArray:
        """The log-probabilities of what came, by both, [R, 2]."""
        return np.take_along_axis(self.parts, self.targets[:, None, None], 2)[:, :, 0]  # (R, 2)

    def nats(self, gate: Gate) -> float:
        """Compute the mean negative log-likelihood of the mixture by a gate, in nats."""
        return _weigh(self, gate.powers(self.features, self.lengths)).nats


class _Fit(NamedTuple):
    """How well positions are predicted with some powers, and how that changes with these.

    Attributes:
        nats: is the mean negative log-likelihood.
        slope: is the gradient of the log-likelihood of each position in its powers, [R, 3].
        curvature: is the covariance of the three log-probabilities under the mixture, [R, 3, 3].
    """

    nats: float
    slope: FloatArray
    curvature: FloatArray


def _weigh(positions: Positions, powers: FloatArray) -> _Fit:
    count, _, size = positions.parts.shape
    rows = max(1, BLOCK // (POWERS * size))
    nats, slopes, curvatures = 0.0, [], []
    for start in range(0, count, rows):
        chosen = slice(start, start + rows)
        network, counts = positions.parts[chosen].swapaxes(0, 1)
        parts, targets = with_mean(network, counts), positions.targets[chosen]
        both = log_softmax((powers[chosen, None].astype(np.float32) @ parts)[:, 0])  # (R, V)
        nats -= float(np.take_along_axis(both, targets[:, None], 1).sum(dtype=np.float64))
        likely = np.exp(both)[:, None]  # (R, 1, V)
        mean = parts @ likely.swapaxes(1, 2)  # (R, K, 1)
        slopes.append((np.take_along_axis(parts, targets[:, None, None], 2) - mean)[:, :, 0])
        parts -= mean
        curvatures.append((parts * likely) @ parts.swapaxes(1, 2))  # (R, K, K)
    return _Fit(nats / count, np.concatenate(slopes), np.concatenate(curvatures))


def _weigh_bounded(positions: Positions, powers: FloatArray) -> _Fit:
    """Weigh positions with powers within their bounds, as they are used; one that is beyond stays where it is."""
    bounded = np.clip(powers, 0.0, MAX_POWER)
    fit, free = _weigh(positions, bounded), powers == bounded  # (R, K)
    return _Fit(fit.nats, fit.slope * free, fit.curvature * (free[:, :, None] & free[:, None, :]))


class _Ridge(NamedTuple):
    """What pulls the biases to `START` and the weights to 0, those of the roots the most, since they are many.

    Attributes:
        centre: is what they are pulled to, [I, K].
        strength: is how strongly, in positions, [I, K].
    """

    centre: FloatArray
    strength: FloatArray

    def loss(self, weights: FloatArray) -> float:
        """Compute half the sum of the squared distances, each times its strength."""
        return float((self.strength * (weights - self.centre) ** 2).sum()) / 2


def _ridge(order: int, inputs: int) -> _Ridge:
    centre, strength = np.zeros((inputs, POWERS)), np.full((inputs, POWERS), STRENGTH)
    centre[:order] = START
    strength[order + FIGURES :] = ROOT_STRENGTH
    return _Ridge(centre, strength)


def fit_gate(positions: Positions, order: int) -> Gate:
    """Fit a gate to positions that neither the network nor the counts have seen.

    Args:
        positions: are what is fitted to, at least one.
        order: is that of the n-grams, N.

    Returns:
        the gate, with a bias for each of N lengths and a weight for each of F features.
    """
    used = positions.features.max(0) > RARE  # (F)
    used[:FIGURES] = True
    features = positions.features[:, used]
    mean, scale = features.mean(0), features.std(0) + 1e-6
    scale[FIGURES:] = 1.0
    inputs = np.concatenate([np.eye(order)[positions.lengths], (features - mean) / scale], axis=1)  # (R, I)
    ridge = _ridge(order, inputs.shape[1])
    weights = ridge.centre
    fit = _weigh_bounded(positions, inputs @ weights)
    for _ in range(STEPS):
        step, promised = _newton_step(inputs, fit, weights, ridge)
        if promised < SLIGHT:
            break
        before = fit.nats + ridge.loss(weights) / len(inputs)
        for part in 0.5 ** np.arange(HALVINGS):
            moved = weights + part * step
            found = _weigh_bounded(positions, inputs @ moved)
            gained = before - found.nats - ridge.loss(moved) / len(inputs)
            if gained >= ENOUGH * part * promised:
                weights, fit = moved, found
                break
        if gained < SLIGHT:
            break
    own = np.zeros((len(used), POWERS))
    own[used] = weights[order:] / scale[:, None]
    return Gate(weights[:order] - mean @ own[used], own)


def _newton_step(inputs: FloatArray, fit: _Fit, weights: FloatArray, ridge: _Ridge) -> tuple[FloatArray, float]:
    """Return the step to where a parabola is least, [I, K], and the nats that the slope promises of it."""
    slope = (inputs.T @ fit.slope - ridge.strength * (weights - ridge.centre)).ravel()  # (I * K)
    curvature = np.empty((*weights.shape, *weights.shape))  # (I, K, I, K)
    for one, other in combinations_with_replacement(range(POWERS), 2):
        both = inputs.T @ (inputs * fit.curvature[:, one, other, None])  # (I, I)
        curvature[:, one, :, other] = curvature[:, other, :, one] = both
    square = curvature.reshape(len(slope), len(slope)) + np.diag(ridge.strength.ravel())  # (I * K, I * K)
    step = np.linalg.solve(square, slope)
    return step.reshape(weights.shape), float(slope @ step) / len(inputs)
