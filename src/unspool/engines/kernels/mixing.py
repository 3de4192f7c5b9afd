"""Mix the distributions of a network and of counts: the arithmetic of `engines/gate.py`, compiled.

Shapes: B rows, N orders, V tokens, R positions in texts.
"""

import math
from typing import Any

import numpy as np

from unspool.arrays import Array, IntArray
from unspool.engines.kernels.compiling import compiled
from unspool.engines.kernels.ngrams import advance, distribution, start

FIGURES, MIN_FEATURE, MIN_LOG_PROBABILITY, MAX_POWER = 6, -20.0, -100.0, 3.0  # as in `engines/gate.py`


@compiled
def power(gate: Any, length: Any, which: Any, figures: Any, expected: Any) -> Any:
    """Compute the power of the network, 0, of the counts, 1, or of their mean, 2.

    `figures` are six, and `expected` is what the tokens that are expected add, three. The result is 0 to 3.
    """
    result = gate.lengths[length, which] + expected[which]
    for position in range(len(figures)):
        result += gate.features[position, which] * figures[position]
    return min(max(result, 0.0), MAX_POWER)


@compiled
def mix(gate: Any, logits: Array, probabilities: Array, length: int) -> Any:
    """Make of the logits of a network, [V] float32, those of the mixture, in place; return the three powers.

    `probabilities` are those of the counts, [V] float64, in whose place their logarithms are written; `length` is
    that of the longest context that they know.
    """
    size = logits.shape[0]
    peak = np.float64(logits.max())
    total = 0.0
    for token in range(size):
        total += math.exp(logits[token] - peak)
    shift = peak + math.log(total)
    own, other, crossed, crossing, highest = 0.0, 0.0, 0.0, 0.0, MIN_FEATURE
    of_network, of_counts, of_mean = 0.0, 0.0, 0.0
    sees_tokens = len(gate.features) > FIGURES
    for token in range(size):
        p = probabilities[token]
        q = math.exp(logits[token] - shift)
        probabilities[token] = max(math.log(p), MIN_LOG_PROBABILITY)
        log_p, log_q = max(probabilities[token], MIN_FEATURE), max(logits[token] - shift, MIN_FEATURE)
        own -= p * log_p
        other -= q * log_q
        crossed -= p * log_q
        crossing -= q * log_p
        highest = max(highest, log_p)
        if sees_tokens:
            root, weights = math.sqrt(math.sqrt((p + q) / 2)), gate.features[FIGURES + token]
            of_network += root * weights[0]
            of_counts += root * weights[1]
            of_mean += root * weights[2]
    figures, expected = (own, other, highest, peak - shift, crossed, crossing), (of_network, of_counts, of_mean)
    network, counts = power(gate, length, 0, figures, expected), power(gate, length, 1, figures, expected)
    mean = power(gate, length, 2, figures, expected)
    best = np.float64(-1e300)  # the compiler may assume that nothing is infinite
    for token in range(size):
        log_q = max(logits[token] - shift, MIN_LOG_PROBABILITY)
        middle = math.log((math.exp(log_q) + math.exp(probabilities[token])) / 2)
        both = network * log_q + counts * probabilities[token] + mean * middle
        probabilities[token] = both
        best = max(best, both)
    total = 0.0
    for token in range(size):
        total += math.exp(probabilities[token] - best)
    shift = best + math.log(total)
    for token in range(size):
        logits[token] = probabilities[token] - shift
    return network, counts, mean


@compiled
def mix_positions(gate: Any, logits: Array, counts: Array, lengths: Array, powers: Array) -> None:
    """Mix the logits of a network [R, V], in place, with the log-probabilities of counts [R, V]; see `mix`."""
    probabilities = np.empty(logits.shape[1], np.float64)
    for position in range(logits.shape[0]):
        for token in range(logits.shape[1]):
            probabilities[token] = math.exp(counts[position, token])
        found = mix(gate, logits[position], probabilities, lengths[position])
        powers[position, 0], powers[position, 1], powers[position, 2] = found


@compiled
def adjust(tables: Any, token: int, memory: Array, logits: Array) -> None:
    """Mix what the counts say after one more token into the logits of a network; see `engines.base.LogitsAdjustment`.

    `tables` are those of the counts and the gate, and `memory` are the nodes of the contexts, [N - 1].
    """
    counts, gate = tables
    probabilities = np.empty(logits.shape[0], np.float64)
    advance(counts, memory, token)
    length, _ = distribution(counts, memory, probabilities)
    mix(gate, logits, probabilities, length)


@compiled
def _find_contexts(counts: Any, tokens: Array, nodes: Array) -> None:
    for row in range(tokens.shape[0]):
        start(counts, nodes[row], tokens[row])


def contexts(counts: Any, tokens: IntArray) -> IntArray:
    """Find the nodes of the contexts after the last tokens of each row, [B, N - 1]."""
    nodes = np.empty(tokens.shape, np.int64)
    _find_contexts(counts, np.ascontiguousarray(tokens, np.int64), nodes)
    return nodes
