"""Modified Kneser-Ney smoothing (Chen and Goodman, 1998): discounts, and the distribution of single tokens.

What an n-gram is discounted by depends on whether it was counted once, twice, or more often. With n_r the number of
n-grams of an order that were counted r times,

    Y = n_1 / (n_1 + 2 n_2)        D_r = r - (r + 1) Y n_{r+1} / n_r        r = 1, 2, 3

Shapes: G n-grams, V tokens.
"""

import numpy as np

from unspool.arrays import FloatArray, IntArray
from unspool.text.tokenizer import BEGIN, PAD

# KenLM's fallback: for few n-grams, of which too few were counted once, twice or three times to estimate discounts.
FALLBACK = (0.5, 1.0, 1.5)
IMPOSSIBLE = [PAD, BEGIN]  # tokens that never follow anything
FLOOR = 1e-100  # is their probability, so that its logarithm is a number


def estimate_discounts(counts: IntArray) -> FloatArray:
    """Estimate the discounts of one order.

    Where an estimate is undefined, not positive or larger than the count, all three are those of `FALLBACK`.

    Args:
        counts: are those of the n-grams of this order, [G]; zeros do not count.

    Returns:
        the discounts of counts of 0, 1, 2, and 3 or more: [4] float64, the first of which is 0.
    """
    one, two, three, four = (int((counts == count).sum()) for count in (1, 2, 3, 4))
    if one and two and three:
        y = one / (one + 2 * two)
        found = (1 - 2 * y * two / one, 2 - 3 * y * three / two, 3 - 4 * y * four / three)
        if all(0 < discount <= count for count, discount in enumerate(found, 1)):
            return np.array([0.0, *found])
    return np.array([0.0, *FALLBACK])


def discounted(counts: IntArray, discounts: FloatArray) -> FloatArray:
    """Subtract from counts [G] their discounts, of [4]; see `estimate_discounts`."""
    result: FloatArray = counts - discounts[np.minimum(counts, 3)]
    return result


def unigram_probabilities(counts: IntArray, discounts: FloatArray) -> FloatArray:
    """Return the distribution of a token without context.

    The counts are interpolated with the uniform distribution over all tokens but `<pad>` and `<s>`, which never follow
    anything, so every other token has a probability, seen or not.

    Args:
        counts: are those of single tokens, [V].
        discounts: are those of single tokens, [4].

    Returns:
        [V] float64.
    """
    uniform = np.ones(len(counts))
    uniform[IMPOSSIBLE] = 0
    uniform /= uniform.sum()
    counts = np.where(uniform > 0, counts, 0)  # `<s>` is counted after labels
    total = counts.sum(dtype=np.int64)
    kept = discounted(counts, discounts) / max(total, 1)
    probabilities: FloatArray = kept + (1 - kept.sum()) * uniform
    probabilities[IMPOSSIBLE] = FLOOR
    return probabilities
