"""Counts that grow and shrink: the kernels of `engines/ngram/growing.py`.

A node is an n-gram, and the context of what follows it; node 0 is the context of no token. The contexts that a text
ends with are nodes [N], the shortest first.

Shapes: B rows, T time steps, N orders, V tokens, C nodes, S slots.
"""

import math
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
def recount(tables: Any, node: Any, order: int, change: Any) -> Any:
    """Change the count of an n-gram, and the sums that depend on it; return the count before."""
    parent, before = tables.parents[node], np.int64(tables.counts[node])
    tables.counts[node] = before + change
    tables.totals[parent] += change
    tally(tables, parent, order, before, -1)
    tally(tables, parent, order, before + change, 1)
    return before


@compiled
def add_token(tables: Any, nodes: Array, longest: int, token: Any, times: Any) -> None:
    """Count a token after contexts, of which the longest has so many tokens; all its n-grams have nodes, or get them.

    The longest n-gram counts how often it occurs. One that is new is a new token before the next shorter one, which
    counts these; and so on.
    """
    change = times
    for order in range(longest + 1, 0, -1):
        if recount(tables, child_or_new(tables, nodes[order - 1], token), order, change) > 0:
            return
        change = np.int64(1)


@compiled
def remove_token(tables: Any, nodes: Array, longest: int, token: Any) -> bool:
    """Undo `add_token`, once; return whether there was something to undo."""
    if nodes[longest] == ABSENT:
        return False
    node = child(tables, nodes[longest], token)
    if node == ABSENT or tables.counts[node] == 0:
        return False
    for order in range(longest + 1, 0, -1):
        if recount(tables, child(tables, nodes[order - 1], token), order, np.int64(-1)) > 1:
            break
    return True


@compiled
def add_text(tables: Any, tokens: Array, before: Array) -> None:
    """Count the tokens [T] of a text after those before [N - 1]; there must be room for N (N + T) nodes."""
    nodes = np.empty(before.shape[0] + 1, np.int64)
    longest = start(tables, nodes, before, True)
    for token in tokens:
        add_token(tables, nodes, longest, token, np.int64(1))
        advance(tables, nodes, token, True)
        longest = min(longest + 1, nodes.shape[0] - 1)


@compiled
def remove_text(tables: Any, tokens: Array, before: Array) -> int:
    """Undo `add_text`; return the number of tokens until one that is not there, at which it stops."""
    nodes = np.empty(before.shape[0] + 1, np.int64)
    longest = start(tables, nodes, before, False)
    for done in range(tokens.shape[0]):
        if not remove_token(tables, nodes, longest, tokens[done]):
            return done
        advance(tables, nodes, tokens[done], False)
        longest = min(longest + 1, nodes.shape[0] - 1)
    return int(tokens.shape[0])


@compiled
def add_ngrams(tables: Any, ngrams: Array, times: Array) -> None:
    """Count n-grams [M, N], each so many times [M]; -1 stands for what is before a document begins."""
    nodes = np.empty(ngrams.shape[1], np.int64)
    for row in range(ngrams.shape[0]):
        longest = start(tables, nodes, ngrams[row, :-1], True)
        add_token(tables, nodes, longest, ngrams[row, -1], times[row])


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
def distribution(tables: Any, nodes: Array, discounts: Array, probabilities: Array) -> tuple[Any, Any]:
    """Write the probabilities of the next token, [V]; return the length and count of the longest context, or 0."""
    probabilities[:] = 0.0
    length, found, share = 0, np.int64(0), 1.0
    for context in range(nodes.shape[0] - 1, -1, -1):
        node = nodes[context]
        if node == ABSENT or tables.totals[node] == 0:
            continue
        if found == 0:
            length, found = context, np.int64(tables.totals[node])
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
    return length, found


@compiled
def probability(tables: Any, nodes: Array, discounts: Array, target: Any) -> tuple[Any, Any, Any]:
    """Return the probability of one token, and the length and count of the longest context, or 0."""
    result, length, found, share = 0.0, 0, np.int64(0), 1.0
    for context in range(nodes.shape[0] - 1, -1, -1):
        node = nodes[context]
        if node == ABSENT or tables.totals[node] == 0:
            continue
        if found == 0:
            length, found = context, np.int64(tables.totals[node])
        discounts_of(tables, context + 1, discounts)
        follower = child(tables, node, target)
        if follower != ABSENT and tables.counts[follower] > 0:
            count = np.int64(tables.counts[follower])
            result += share / tables.totals[node] * (count - discounts[kind_of(count)])
        share *= left_by(tables, node, discounts)
    if target in (PAD, BEGIN):
        return FLOOR, length, found
    return result + share / (tables.first[0] - 2), length, found


@compiled
def predict_growing(tables: Any, tokens: Array, before: Array, logits: Array, lengths: Array, counts: Array) -> None:
    """Predict with the present counts; see `engines.ngram.lookup.Lookup`."""
    nodes, discounts = np.empty(before.shape[1] + 1, np.int64), np.empty(3)
    probabilities = np.empty(logits.shape[2])
    for row in range(tokens.shape[0]):
        start(tables, nodes, before[row], False)
        for time in range(tokens.shape[1]):
            advance(tables, nodes, tokens[row, time], False)
            lengths[row, time], counts[row, time] = distribution(tables, nodes, discounts, probabilities)
            for token in range(probabilities.shape[0]):
                logits[row, time, token] = math.log(probabilities[token])


@compiled
def score_growing(
    tables: Any, tokens: Array, targets: Array, before: Array, nats: Array, lengths: Array, counts: Array
) -> None:
    """Score targets with the present counts; see `engines.ngram.lookup.Lookup`."""
    nodes, discounts = np.empty(before.shape[1] + 1, np.int64), np.empty(3)
    for row in range(tokens.shape[0]):
        start(tables, nodes, before[row], False)
        for time in range(tokens.shape[1]):
            advance(tables, nodes, tokens[row, time], False)
            found, length, count = probability(tables, nodes, discounts, targets[row, time])
            nats[row, time], lengths[row, time], counts[row, time] = -math.log(found), length, count
