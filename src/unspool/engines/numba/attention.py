"""Step a decoder with attention, for several rows. `engines/numpy/attention.py` defines attention.

Shapes: B rows, N sources, S source positions, W width of the encoder's states, H hidden units, V tokens.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from unspool.arrays import Array
from unspool.engines.kernels.arithmetic import exponential, hyperbolic_tangent
from unspool.engines.kernels.compiling import compiled
from unspool.engines.kernels.panels import Panels, add_products
from unspool.engines.numba.rows import compute_logits, read_with_blocks, read_with_cells
from unspool.engines.numba.workspace import repeated
from unspool.engines.numpy.attention import Memory


class Attending(NamedTuple):
    """Holds the weights of a decoder with attention, and the memory of its sources.

    Attributes:
        decoder: holds all but attention, `Weights` or `BlockWeights`.
        additive: says whether the score is additive.
        query: [1, H, H], with `query_bias` [H] and `score` [H], belongs to additive attention.
        combine: [1, H, H + W] multiplies a state and its context.
        values: [N, S, W], with `keys` [N, S, H] and `mask` [N, S], come from a `Memory`.
        sources: [B] index the source of each row.
    """

    decoder: Any
    additive: bool
    query: Panels
    query_bias: Array
    score: Array
    combine: Panels
    values: Array
    keys: Array
    mask: Array
    sources: Array


MakeAttending = Callable[[Memory], Attending]


def attending(decoder: Any, weights: Mapping[str, Array], packed: Callable[[Array], Panels]) -> MakeAttending:
    """Make a function that joins a decoder's weights with the memory of the rows of a call."""
    own = {name.removeprefix("decoder.attention."): array for name, array in weights.items()}
    additive, nothing = "score.weight" in own, np.zeros((1, 1), np.float32)
    query, combine = packed(own.get("query.weight", nothing)[None]), packed(own["combine.weight"][None])
    bias, score = own.get("query.bias", nothing[0]), own.get("score.weight", nothing)[0]
    return lambda memory: Attending(decoder, additive, query, bias, score, combine, *memory)


@compiled
def attend(weights: Attending, hidden: Array) -> Array:
    """Combine states [B, H] with their context, [B, H].

    Sums go over the positions of a row's own source, so that padding changes no bit.
    """
    rows, size = hidden.shape
    query = hidden
    if weights.additive:
        query = repeated(weights.query_bias, rows)
        add_products(weights.query, 0, hidden, query)
    joined = np.zeros((rows, size + weights.values.shape[2]), np.float32)  # (B, H + W)
    for row in range(rows):
        source = weights.sources[row]
        joined[row, :size] = hidden[row]
        found = scores(weights, query[row], source)  # (S)
        peak, total = found.max(), np.float32(0)
        for position in range(found.shape[0]):
            found[position] = exponential(found[position] - peak)
            total += found[position]
        for position in range(found.shape[0]):
            weight, values = found[position] / total, weights.values[source, position]
            for i in range(values.shape[0]):
                joined[row, size + i] += weight * values[i]
    result = np.zeros((rows, size), np.float32)
    add_products(weights.combine, 0, joined, result)
    for row in range(rows):
        for i in range(size):
            result[row, i] = hyperbolic_tangent(result[row, i])
    return result


@compiled
def scores(weights: Attending, query: Array, source: int) -> Array:
    """Score each position of a source against a query [H]: [S], without padding."""
    length = 0
    while length < weights.mask.shape[1] and weights.mask[source, length]:
        length += 1
    keys = weights.keys[source, :length]  # (S, H)
    result = np.zeros(length, np.float32)
    for position in range(length):
        total = np.float32(0)
        if weights.additive:
            for i in range(query.shape[0]):
                total += hyperbolic_tangent(query[i] + keys[position, i]) * weights.score[i]
        else:
            for i in range(query.shape[0]):
                total += query[i] * keys[position, i]
        result[position] = total
    return result


@compiled
def attending_cells(kind: int, weights: Attending, tokens: Array, hidden: Array, cell: Array, logits: Array) -> None:
    """Step as `decoder_rows` does, with attention."""
    top = read_with_cells(kind, weights.decoder, tokens, hidden, cell)
    compute_logits(weights.decoder, attend(weights, top), logits)


@compiled
def attending_blocks(kind: int, weights: Attending, tokens: Array, hidden: Array, cell: Array, logits: Array) -> None:
    """Step as `blocks_rows` does, with attention."""
    top = read_with_blocks(weights.decoder, tokens, hidden)
    compute_logits(weights.decoder, attend(weights, top), logits)
