"""Mix the predictions of a network with those of counts that grow; see `engines/ngram/adaptive.py`.

Shapes: T time steps, N orders, V tokens.
"""

import math
from typing import Any

import numpy as np

from unspool.arrays import Array
from unspool.engines.kernels.compiling import compiled
from unspool.engines.kernels.growing import add_token, advance, distribution, start

MIN_LOG_PROBABILITY = -20.0  # nats: what is less likely is taken to be so likely, as one token must not decide a weight
RATE = 0.002  # by which a weight follows its gradient
MAX_WEIGHT = 2.0


@compiled
def log_probabilities(logits: Array, logarithms: Array) -> None:
    """Write the log-probabilities of logits, both [V], bounded from below."""
    top, total = -1e300, 0.0
    for token in range(logits.shape[0]):
        top = max(top, logits[token])
    for token in range(logits.shape[0]):
        total += math.exp(logits[token] - top)
    top += math.log(total)
    for token in range(logits.shape[0]):
        logarithms[token] = max(logits[token] - top, MIN_LOG_PROBABILITY)


@compiled
def pool(tables: Any, nodes: Array, logits: Array, weights: Array, network: Array, counts: Array, mixed: Array) -> Any:
    """Write the log-probabilities of the network, of the counts, and of both, [V] each; return the row of the weights.

    Args:
        tables: are those of the counts.
        nodes: are those of the contexts, [N].
        logits: are those of the network, [V].
        weights: are those of the counts and of the network, by the length of the longest known context, [N, 2].
        network: is written.
        counts: is written.
        mixed: is written.
    """
    log_probabilities(logits, network)
    row = distribution(tables, nodes, np.empty(3), counts)
    of_counts, of_network = weights[row, 0], weights[row, 1]
    top, total = -1e300, 0.0
    for token in range(mixed.shape[0]):
        counts[token] = max(math.log(counts[token]), MIN_LOG_PROBABILITY)
        mixed[token] = of_counts * counts[token] + of_network * network[token]
        top = max(top, mixed[token])
    for token in range(mixed.shape[0]):
        total += math.exp(mixed[token] - top)
    top += math.log(total)
    for token in range(mixed.shape[0]):
        mixed[token] -= top
    return row


@compiled
def follow(weights: Array, target: Any, network: Array, counts: Array, mixed: Array) -> None:
    """Let the weights, [2], follow the gradient of the log-probability of what came."""
    of_counts, of_network = counts[target], network[target]
    for token in range(mixed.shape[0]):
        share = math.exp(mixed[token])
        of_counts -= share * counts[token]
        of_network -= share * network[token]
    weights[0] = min(max(weights[0] + RATE * of_counts, 0.0), MAX_WEIGHT)
    weights[1] = min(max(weights[1] + RATE * of_network, 0.0), MAX_WEIGHT)


@compiled
def predict_pooled(tables: Any, logits: Array, before: Array, weights: Array, mixed: Array) -> None:
    """Write the log-probabilities of the token after others [N - 1], [V]."""
    nodes = np.empty(before.shape[0] + 1, np.int64)
    start(tables, nodes, before, False)
    network, counts = np.empty(mixed.shape[0]), np.empty(mixed.shape[0])
    pool(tables, nodes, logits, weights, network, counts, mixed)


@compiled
def read_pooled(tables: Any, logits: Array, targets: Array, before: Array, weights: Array, nats: Array) -> None:
    """Score each target [T] after the logits [T, V], then learn the weights and count it; there must be room."""
    nodes, size = np.empty(before.shape[0] + 1, np.int64), logits.shape[1]
    network, counts, mixed = np.empty(size), np.empty(size), np.empty(size)
    longest = start(tables, nodes, before, True)
    for time in range(targets.shape[0]):
        target = targets[time]
        row = pool(tables, nodes, logits[time], weights, network, counts, mixed)
        nats[time] = -mixed[target]
        follow(weights[row], target, network, counts, mixed)
        add_token(tables, nodes, longest, target)
        advance(tables, nodes, target, True)
        longest = min(longest + 1, nodes.shape[0] - 1)
