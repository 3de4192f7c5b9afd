"""Names of array types, and the softmax.

Shapes: anything; the softmax goes over the last axis.
"""

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Arrays = dict[str, Array]
IntArray = np.ndarray[tuple[int, ...], np.dtype[np.integer]]
FloatArray = np.ndarray[tuple[int, ...], np.dtype[np.floating]]
Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
Logits = np.ndarray[Any, np.dtype[np.float32]]


def softmax(scores: Array) -> Array:
    """Compute the probabilities [..., N] of scores [..., N], of the same type; they sum to 1 over the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probabilities: Array = powers / powers.sum(axis=-1, keepdims=True)
    return probabilities


def log_softmax(scores: Array) -> Array:
    """Compute the log-probabilities [..., N] of scores [..., N], in nats."""
    logarithms: Array = scores - log_sum_exp(scores)[..., None]
    return logarithms


def log_sum_exp(scores: Array) -> Array:
    """Compute the logarithm of the sum of the exponentials of scores, [..., N] to [...]."""
    maximum = scores.max(axis=-1, keepdims=True)
    total: Array = np.log(np.exp(scores - maximum).sum(axis=-1)) + maximum[..., 0]
    return total
