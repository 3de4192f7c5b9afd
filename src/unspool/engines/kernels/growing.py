"""Counts that grow: the kernels of `engines/ngram/growing.py`.

A node is an n-gram, and the context of what follows it; node 0 is the context of no token. The contexts that a text
ends with are nodes [N], the shortest first.

Shapes: N orders, V tokens, C nodes, S slots.
"""

from typing import Any

import numpy as np

from unspool.arrays import Array
from unspool.engines.kernels.compiling import compiled
from unspool.text.tokenizer import BEGIN, PAD

ABSENT, ROOT = np.int64(-1), np.int64(0)
FLOOR = 1e-100  # the probability of tokens that never follow anything
FALLBACK = (0.5, 1.0, 1.5)  # discounts, where they cannot be estimated


@compiled
def slot_of(tables: Any, parent: Any, token: Any) -> Any:
    """Find the slot of a node by its context and last token: its own, or the empty one where it belongs."""
    mask = np.uint64(tables.slots.shape[0] - 1)
    mixed = (np.uint64(parent) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(29)) ^ np.uint64(token)) * np.uint64(0xBF58476D1CE4E5B9)
    slot = (mixed ^ (mixed >> np.uint64(32))) & mask
    while True:
        node = tables.slots[slot]
        if node == 0 or (tables.parents[node] == parent and tables.tokens[node] == token):
            return np.int64(slot)
        slot = (slot + np.uint64(1)) & mask


@compiled
def child(tables: Any, parent: Any, token: Any) -> Any:
    """Find the node of a context and one more token."""
    node = np.int64(tables.slots[slot_of(tables, parent, token)])
    return node if node else ABSENT


@compiled
def child_or_new(tables: Any, parent: Any, token: Any) -> Any:
    """Find the node of a context and one more token, or add it with a count of 0; there must be room for one."""
    slot = slot_of(tables, parent, token)
    node = np.int64(tables.slots[slot])
    if node == 0:
        node = np.int64(tables.used[0])
        tables.used[0] += 1
        tables.slots[slot] = node
        tables.parents[node], tables.tokens[node] = parent, token
        tables.siblings[node] = tables.firsts[parent]
        tables.firsts[parent] = node
    return node


@compiled
def fill_slots(tables: Any) -> None:
    """Find the slots of all nodes, in tables whose slots are empty."""
    for node in range(1, tables.used[0]):
        tables.slots[slot_of(tables, tables.parents[node], tables.tokens[node])] = node


@compiled
def advance(tables: Any, nodes: Array, token: Any, adds: bool) -> None:
    """Make of the nodes of the contexts those after one more token, which are added where that is allowed."""
    for place in range(nodes.shape[0] - 1, 0, -1):
        before = nodes[place - 1]
        if before == ABSENT or token < 0:
            nodes[place] = ABSENT
        else:
            nodes[place] = child_or_new(tables, before, token) if adds else child(tables, before, token)


@compiled
def start(tables: Any, nodes: Array, before: Array, adds: bool) -> int:
    """Find the nodes of the contexts after tokens [N - 1]; return the number of tokens that are some."""
    nodes[:] = ABSENT
    nodes[0] = ROOT
    known = 0
    for token in before:
        advance(tables, nodes, token, adds)
        known += token >= 0
    return known


@compiled
def kind_of(count: Any) -> int:
    """Return which discount a count above 0 has: the one of 1, of 2, or of more."""
    return 0 if count == 1 else 1 if count == 2 else 2


@compiled
def tally(tables: Any, parent: Any, order: int, count: Any, change: int) -> None:
    """Note that one n-gram of a count more, or less, follows a context."""
    if count > 0:
        tables.kinds[parent, kind_of(count)] += change
        if count <= 4:
            tables.spectrum[order, count] += change


@compiled
def count_once_more(tables: Any, node: Any, order: int) -> Any:
    """Raise the count of an n-gram, and the sums that depend on it; return the count before."""
    parent, before = tables.parents[node], np.int64(tables.counts[node])
    tables.counts[node] = before + 1
    tables.totals[parent] += 1
    tally(tables, parent, order, before, -1)
    tally(tables, parent, order, before + 1, 1)
    return before


@compiled
def add_token(tables: Any, nodes: Array, longest: int, token: Any) -> None:
    """Count a token after contexts, of which the longest has so many tokens; all its n-grams have nodes, or get them.

    The longest n-gram counts how often it occurs. One that is new is a new token before the next shorter one, which
    counts these; and so on.
    """
    for order in range(longest + 1, 0, -1):
        if count_once_more(tables, child_or_new(tables, nodes[order - 1], token), order) > 0:
            return


@compiled
def discounts_of(tables: Any, order: int, discounts: Array) -> None:
    """Estimate the discounts of counts of 1, 2, and 3 or more, [3]; see `engines/ngram/smoothing.py`."""
    one, two = tables.spectrum[order, 1], tables.spectrum[order, 2]
    three, four = tables.spectrum[order, 3], tables.spectrum[order, 4]
    sound = one > 0 and two > 0 and three > 0
    if sound:
        y = one / (one + 2.0 * two)
        discounts[0] = 1 - 2 * y * two / one
        discounts[1] = 2 - 3 * y * three / two
        discounts[2] = 3 - 4 * y * four / three
        for place in range(3):
            sound &= 0 < discounts[place] <= place + 1
    if not sound:
        for place in range(3):
            discounts[place] = FALLBACK[place]


@compiled
def left_by(tables: Any, node: Any, discounts: Array) -> Any:
    """Return the share that a context leaves to shorter ones."""
    kinds = tables.kinds[node]
    return (discounts[0] * kinds[0] + discounts[1] * kinds[1] + discounts[2] * kinds[2]) / tables.totals[node]


@compiled
def distribution(tables: Any, nodes: Array, discounts: Array, probabilities: Array) -> int:
    """Write the probabilities of the next token, [V]; return the length of the longest known context."""
    probabilities[:] = 0.0
    length, share = 0, 1.0
    for context in range(nodes.shape[0] - 1, -1, -1):
        node = nodes[context]
        if node == ABSENT or tables.totals[node] == 0:
            continue
        length = max(length, context)
        discounts_of(tables, context + 1, discounts)
        scale, follower = share / tables.totals[node], np.int64(tables.firsts[node])
        while follower != 0:
            count = np.int64(tables.counts[follower])
            if count > 0:
                probabilities[tables.tokens[follower]] += scale * (count - discounts[kind_of(count)])
            follower = np.int64(tables.siblings[follower])
        share *= left_by(tables, node, discounts)
    share /= probabilities.shape[0] - 2
    for token in range(probabilities.shape[0]):
        probabilities[token] += share
    probabilities[PAD] = FLOOR
    probabilities[BEGIN] = FLOOR
    return length
