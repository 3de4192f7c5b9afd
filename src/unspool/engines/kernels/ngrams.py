"""Look n-grams up: the functions of `engines/ngram/lookup.py`, compiled.

The arrays of a model may be of any integer types; kernels are compiled for those that are met.

Shapes: B rows, T time steps, N orders, V tokens.
"""

import math
from typing import Any

import numpy as np

from unspool.arrays import Array
from unspool.engines.kernels.compiling import compiled

ABSENT = np.int64(-1)


@compiled
def child(tables: Any, node: Any, token: Any) -> Any:
    """Find the child of a node by its token."""
    low, end = np.int64(tables.first[node]), np.int64(tables.first[node + 1])
    high = end
    while low < high:
        middle = (low + high) // 2
        if np.int64(tables.tokens[middle]) < token:
            low = middle + 1
        else:
            high = middle
    return low if low < end and np.int64(tables.tokens[low]) == token else ABSENT


@compiled
def advance(tables: Any, nodes: Array, token: Any) -> None:
    """Make of the nodes of the contexts, [N - 1], those after one more token."""
    known = 0 <= token < np.int64(tables.first[0])
    for place in range(nodes.shape[0] - 1, 0, -1):
        before = nodes[place - 1]
        nodes[place] = child(tables, before, token) if known and before != ABSENT else ABSENT
    if nodes.shape[0]:
        nodes[0] = token if known else ABSENT


@compiled
def start(tables: Any, nodes: Array, before: Array) -> None:
    """Find the nodes of the contexts after tokens, [N - 1]."""
    nodes[:] = ABSENT
    for token in before:
        advance(tables, nodes, token)


@compiled
def sums_of(tables: Any, node: Any) -> tuple[Any, Any, Any]:
    """Return the sum of the counts of all children of a node, how many were counted once, and how many twice."""
    total = np.int64(tables.pruned[node]) if tables.pruned.shape[0] else np.int64(0)
    ones, twos = np.int64(0), np.int64(0)
    for place in range(np.int64(tables.first[node]), np.int64(tables.first[node + 1])):
        count = np.int64(tables.counts[place])
        total += count
        ones += count == 1
        twos += count == 2
    return total, ones, twos


@compiled
def backoff_of(tables: Any, node: Any, order: Any, total: Any, ones: Any, twos: Any) -> Any:
    """Return the share of the shorter contexts: what the children were discounted by, and what was pruned."""
    size = np.int64(tables.first[node + 1]) - np.int64(tables.first[node])
    pruned = np.int64(tables.pruned[node]) if tables.pruned.shape[0] else np.int64(0)
    one, two, more = tables.discounts[order, 1], tables.discounts[order, 2], tables.discounts[order, 3]
    return (pruned + one * ones + two * twos + more * (size - ones - twos)) / total


@compiled
def all_counts(tables: Any) -> Any:
    """Return the sum of the counts of single tokens."""
    total = np.int64(0)
    for token in range(tables.unigrams.shape[0]):
        total += np.int64(tables.counts[token])
    return total


@compiled
def distribution(tables: Any, nodes: Array, probabilities: Array) -> tuple[Any, Any]:
    """Write the probabilities of the next token, [V]; return the length and count of the longest context, or 0 and 0.

    From the longest context down, each takes its part of what the longer ones leave.
    """
    probabilities[:] = 0.0
    length, found, share = 0, np.int64(0), 1.0
    for order in range(nodes.shape[0], 0, -1):
        node = nodes[order - 1]
        if node == ABSENT:
            continue
        total, ones, twos = sums_of(tables, node)
        if total == 0:
            continue
        if length == 0:
            length, found = order, total
        scale = share / total
        for place in range(np.int64(tables.first[node]), np.int64(tables.first[node + 1])):
            count = np.int64(tables.counts[place])
            discount = tables.discounts[order, min(count, 3)]
            probabilities[np.int64(tables.tokens[place])] += scale * (count - discount)
        share *= backoff_of(tables, node, order, total, ones, twos)
    for token in range(probabilities.shape[0]):
        probabilities[token] += share * tables.unigrams[token]
    return length, found


@compiled
def probability(tables: Any, nodes: Array, target: Any) -> tuple[Any, Any, Any]:
    """Return the probability of one token, and the length and count of the longest context, or 0 and 0."""
    result, length, found, share = 0.0, 0, np.int64(0), 1.0
    for order in range(nodes.shape[0], 0, -1):
        node = nodes[order - 1]
        if node == ABSENT:
            continue
        total, ones, twos = sums_of(tables, node)
        if total == 0:
            continue
        if length == 0:
            length, found = order, total
        place = child(tables, node, target)
        if place != ABSENT:
            count = np.int64(tables.counts[place])
            result += share / total * (count - tables.discounts[order, min(count, 3)])
        share *= backoff_of(tables, node, order, total, ones, twos)
    return result + share * tables.unigrams[target], length, found


@compiled
def predict_kneser_ney(tables: Any, tokens: Array, before: Array, logits: Array, lengths: Array, counts: Array) -> None:
    """Predict with a model of counts; see `Lookup`."""
    nodes = np.empty(before.shape[1], np.int64)
    probabilities = np.empty(tables.unigrams.shape[0], np.float64)
    whole = all_counts(tables)
    for row in range(tokens.shape[0]):
        start(tables, nodes, before[row])
        for time in range(tokens.shape[1]):
            advance(tables, nodes, tokens[row, time])
            length, found = distribution(tables, nodes, probabilities)
            lengths[row, time], counts[row, time] = length, found if length else whole
            for token in range(probabilities.shape[0]):
                logits[row, time, token] = math.log(probabilities[token])


@compiled
def score_kneser_ney(
    tables: Any, tokens: Array, targets: Array, before: Array, nats: Array, lengths: Array, counts: Array
) -> None:
    """Score targets with a model of counts; see `Lookup`."""
    nodes = np.empty(before.shape[1], np.int64)
    whole = all_counts(tables)
    for row in range(tokens.shape[0]):
        start(tables, nodes, before[row])
        for time in range(tokens.shape[1]):
            advance(tables, nodes, tokens[row, time])
            found, length, count = probability(tables, nodes, targets[row, time])
            nats[row, time] = -math.log(found)
            lengths[row, time], counts[row, time] = length, count if length else whole


@compiled
def longest(tables: Any, nodes: Array) -> Any:
    """Return the length of the longest context that has children."""
    for order in range(nodes.shape[0], 0, -1):
        node = nodes[order - 1]
        if node != ABSENT and tables.first[node] < tables.first[node + 1]:
            return order
    return 0


def _predict_backoff(tables: Any, tokens: Array, before: Array, logits: Array, lengths: Array, counts: Array) -> None:
    """Predict with a model of probabilities and backoff weights; see `Lookup`. There are no counts."""
    nodes = np.empty(before.shape[1], np.int64)
    size = np.int64(tables.first[0])
    for row in range(tokens.shape[0]):
        start(tables, nodes, before[row])
        for time in range(tokens.shape[1]):
            advance(tables, nodes, tokens[row, time])
            longer = 0.0  # the backoff weights of all contexts that are longer than the one at hand
            for node in nodes:
                longer += tables.log_backoffs[node] if node != ABSENT else 0.0
            for token in range(size):
                logits[row, time, token] = tables.log_probabilities[token] + longer
            for node in nodes:
                if node == ABSENT:
                    continue
                longer -= tables.log_backoffs[node]
                for place in range(np.int64(tables.first[node]), np.int64(tables.first[node + 1])):
                    stored = tables.log_probabilities[place]
                    if not math.isnan(stored):
                        logits[row, time, np.int64(tables.tokens[place])] = stored + longer
            lengths[row, time], counts[row, time] = longest(tables, nodes), 0


def _score_backoff(
    tables: Any, tokens: Array, targets: Array, before: Array, nats: Array, lengths: Array, counts: Array
) -> None:
    """Score targets with a model of probabilities and backoff weights; see `Lookup`."""
    nodes = np.empty(before.shape[1], np.int64)
    for row in range(tokens.shape[0]):
        start(tables, nodes, before[row])
        for time in range(tokens.shape[1]):
            advance(tables, nodes, tokens[row, time])
            longer, place = 0.0, ABSENT
            for order in range(nodes.shape[0], 0, -1):
                node = nodes[order - 1]
                if node == ABSENT:
                    continue
                place = child(tables, node, targets[row, time])
                if place != ABSENT and not math.isnan(tables.log_probabilities[place]):
                    break
                place = ABSENT
                longer += tables.log_backoffs[node]
            if place == ABSENT:
                place = targets[row, time]
            nats[row, time] = -(tables.log_probabilities[place] + longer)
            lengths[row, time], counts[row, time] = longest(tables, nodes), 0


predict_backoff = compiled(_predict_backoff, fast=False)  # fast code knows no NaN
score_backoff = compiled(_score_backoff, fast=False)
