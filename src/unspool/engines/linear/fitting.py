"""Logistic regression: fit a weight for each feature and label by L-BFGS (Liu and Nocedal, 1989).

    minimise    sum_i w_i nll_i / sum_i w_i  +  (strength / 2) |W|^2

The loss is convex, so that the result depends on nothing but the examples.

Shapes: N examples, F features, C labels, P parameters.
"""

from collections.abc import Callable

import numpy as np

from unspool.arrays import FloatArray, IntArray, log_softmax
from unspool.engines.linear.features import SparseRows
from unspool.engines.linear.products import product, transposed_product

MEMORY = 6  # pairs of steps and changes of the gradient that the curvature is estimated from
STEPS = 100
TOLERANCE = 1e-4  # fraction of the loss; so many steps in a row that gain less are the last ones
SMALL_STEPS = 3
SUFFICIENT = 1e-4  # fraction of the slope that a step must gain (Armijo, 1966)

Loss = Callable[[FloatArray], tuple[float, FloatArray]]


def fit_weights(
    rows: SparseRows, features: int, labels: IntArray, importance: FloatArray, strength: float, start: FloatArray
) -> FloatArray:
    """Fit the weights of features, and a bias for each label.

    Args:
        rows: are the features of N examples.
        features: is the number of features, F.
        labels: are the indices of their labels, [N].
        importance: weighs the examples, [N].
        strength: is that of the penalty on the weights; biases have none.
        start: are the weights, and in the last row the biases, to begin with, [F + 1, C].

    Returns:
        weights and biases, [F + 1, C] float64.
    """
    shares = (importance / importance.sum())[:, None]  # (N, 1)
    places = np.arange(len(labels))

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        parameters = flat.reshape(start.shape)  # (F + 1, C)
        logs = log_softmax(product(rows, parameters[:-1]) + parameters[-1])  # (N, C)
        value = -(shares[:, 0] * logs[places, labels]).sum() + strength / 2 * (parameters[:-1] ** 2).sum()
        errors = np.exp(logs)
        errors[places, labels] -= 1
        errors *= shares
        gradient = np.empty_like(parameters)
        gradient[:-1] = transposed_product(rows, errors, features) + strength * parameters[:-1]
        gradient[-1] = errors.sum(axis=0)
        return float(value), gradient.ravel()

    return minimise(loss, start.ravel()).reshape(start.shape)


def minimise(loss: Loss, start: FloatArray) -> FloatArray:
    """Find the minimum of a smooth convex function of P numbers.

    Args:
        loss: computes its value and gradient, [P].
        start: is where to begin, [P].
    """
    point = start
    value, gradient = loss(point)
    steps: list[FloatArray] = []
    changes: list[FloatArray] = []
    small = 0
    for _ in range(STEPS):
        direction = _direction(gradient, steps, changes)
        slope = float(gradient @ direction)
        size = 1.0 if steps else 1.0 / max(1.0, float(np.linalg.norm(gradient)))
        while True:
            new = point + size * direction
            new_value, new_gradient = loss(new)
            if new_value <= value + SUFFICIENT * size * slope or size < 1e-10:
                break
            size /= 2
        gained, step, change = value - new_value, new - point, new_gradient - gradient
        if gained <= 0:
            break
        point, value, gradient = new, new_value, new_gradient
        if float(step @ change) > 0:
            steps, changes = [*steps[1 - MEMORY :], step], [*changes[1 - MEMORY :], change]
        small = small + 1 if gained <= TOLERANCE * abs(value) else 0
        if small == SMALL_STEPS:
            break
    return point


def _direction(gradient: FloatArray, steps: list[FloatArray], changes: list[FloatArray]) -> FloatArray:
    """Return the direction in which to go on: the gradient, divided by the curvature met so far (two loops)."""
    direction, factors = -gradient, []
    for step, change in zip(reversed(steps), reversed(changes), strict=True):
        factor = float(step @ direction) / float(step @ change)
        factors.append(factor)
        direction = direction - factor * change
    if steps:
        direction *= float(steps[-1] @ changes[-1]) / float(changes[-1] @ changes[-1])
    for step, change, factor in zip(steps, changes, reversed(factors), strict=True):
        direction = direction + (factor - float(change @ direction) / float(step @ change)) * step
    return direction
