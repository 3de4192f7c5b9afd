"""One step of a decoder for several rows, and the loop that generates many tokens of each.

The same as `kernels.py`, with products of several rows at once (`tiles.py`). Rows do not depend on one another, so each
thread generates some of them, to the end of a call. The result of a row is bit for bit independent of the others: a
product reads rows in tiles, in which every row has sums of its own.

Shapes: B rows, G gates, H hidden, L layers, V tokens, N tokens to generate.
"""

from typing import Any

import numpy as np

from unspool.arrays import Array
from unspool.engines.kernels.compiling import compiled
from unspool.engines.kernels.panels import Panels, add_products
from unspool.engines.numba.cells import gated_linear, gru_step, lstm_step, mingru_step, normalise, rnn_step
from unspool.engines.numba.kernels import BlockWeights, Weights
from unspool.engines.numba.workspace import repeated, workspace


@compiled
def step_rows(kind: int, matrix: Panels, index: int, bias: Array, gates: Array, hidden: Array, cell: Array) -> None:
    """Step one layer: gates of the input [B, G * H] are overwritten, hidden [B, H] and cell [B, H] change in place."""
    rows = gates.shape[0]
    if kind == 2:
        recurrent = repeated(bias, rows)
        add_products(matrix, index, hidden, recurrent)
        for row in range(rows):
            gru_step(gates[row], recurrent[row], hidden[row])
        return
    for row in range(rows):
        for i in range(gates.shape[1]):
            gates[row, i] += bias[i]
    add_products(matrix, index, hidden, gates)
    for row in range(rows):
        if kind == 1:
            lstm_step(gates[row], hidden[row], cell[row])
        else:
            rnn_step(gates[row], hidden[row])


@compiled
def read_with_cells(kind: int, weights: Weights, tokens: Array, hidden: Array, cell: Array) -> Array:
    """Read a token a row: hidden and cell [L, B, H] change in place; returns the states of the last layer, [B, H]."""
    rows = tokens.shape[0]
    gates = workspace(rows, weights.input_table.shape[1])  # (B, G * H)
    for row in range(rows):
        gates[row] = weights.input_table[tokens[row]]
    for layer in range(hidden.shape[0]):
        if layer:
            gates = repeated(weights.input_bias[layer - 1], rows)
            add_products(weights.input, layer - 1, hidden[layer - 1], gates)
        step_rows(kind, weights.recurrent, layer, weights.recurrent_bias[layer], gates, hidden[layer], cell[layer])
    top: Array = hidden[hidden.shape[0] - 1]
    return top


@compiled
def read_with_blocks(weights: BlockWeights, tokens: Array, hidden: Array) -> Array:
    """Do the same with minGRU blocks; returns the normalised output of the last one, [B, H]."""
    rows, size = tokens.shape[0], hidden.shape[2]
    stream = workspace(rows, size)  # (B, H)
    for row in range(rows):
        stream[row] = weights.input_table[tokens[row]]
    normal, inside, pairs = workspace(rows, size), workspace(rows, size), workspace(rows, 2 * size)
    for layer in range(hidden.shape[0]):
        for row in range(rows):
            normalise(stream[row], weights.norm[layer], normal[row])
        gates = repeated(weights.gates_bias[layer], rows)  # (B, 3 H)
        add_products(weights.gates, layer, normal, gates)
        for row in range(rows):
            mingru_step(gates[row], hidden[layer, row], inside[row])
        add_products(weights.out, layer, inside, stream)
        for row in range(rows):
            normalise(stream[row], weights.mlp_norm[layer], normal[row])
        pairs[:] = np.float32(0)  # (B, 2 H)
        add_products(weights.up, layer, normal, pairs)
        for row in range(rows):
            gated_linear(pairs[row], inside[row])
        add_products(weights.down, layer, inside, stream)
    for row in range(rows):
        normalise(stream[row], weights.norm_leave, normal[row])
    return normal


@compiled
def compute_logits(weights: Weights | BlockWeights, top: Array, logits: Array) -> None:
    """Compute the logits [B, V] of states [B, H]."""
    logits[:] = repeated(weights.output_bias, top.shape[0])
    add_products(weights.output, 0, top, logits)


@compiled
def decoder_rows(kind: int, weights: Weights, tokens: Array, hidden: Array, cell: Array, logits: Array) -> None:
    """Read a token a row: hidden [L, B, H], cell [L, B, H] and logits [B, V] change in place."""
    compute_logits(weights, read_with_cells(kind, weights, tokens, hidden, cell), logits)


@compiled
def blocks_rows(kind: int, weights: BlockWeights, tokens: Array, hidden: Array, cell: Array, logits: Array) -> None:
    """Do the same with minGRU blocks; kind and cell are not used."""
    compute_logits(weights, read_with_blocks(weights, tokens, hidden), logits)


def generate_rows(
    kind: int,
    weights: Weights | BlockWeights,
    hidden: Array,
    cell: Array,
    logits: Array,
    counts: Array,
    seen: Array,
    forbidden: Array,
    parameters: Array,
    uniforms: Array,
    limits: Array,
    scored: Array,
    end: int,
    tables: Any,
    memory: Array,
    tokens: Array,
    log_probabilities: Array,
    lengths: Array,
) -> None:
    """Draw and read up to N tokens a row.

    `compile_loop` compiles it with the sampler's functions `choose` and `log_probability`, the decoder's step `advance`
    and what stands beside it, `adjust`, as globals.

    Args:
        kind: is the code of the cell.
        weights: are those of the decoder, in panels.
        hidden: are the hidden states, [L, B, H], changed in place.
        cell: are the cell states of an LSTM, [L, B, H], changed in place.
        logits: are those of the next tokens, [B, V] float32, changed in place.
        counts: is like the arguments up to `end` that of `engines.base.SampledRows`.
        seen: see `counts`.
        forbidden: see `counts`.
        parameters: see `counts`.
        uniforms: see `counts`.
        limits: see `counts`.
        scored: see `counts`.
        end: see `counts`.
        tables: are like the next those of `engines.base.LogitsAdjustment`.
        memory: is that of each row, [B, K], changed in place.
        tokens: receives the tokens, [B, N]; the last of a row is -1 if a logit was NaN or infinite.
        log_probabilities: receives those of the rows that request them, [B, N].
        lengths: receives the number of tokens of each row, [B]; it is zeros at first.
    """
    rows, count = tokens.shape
    going, read = np.ones(rows, np.bool_), np.zeros(rows, np.int64)
    for n in range(count):
        for row in range(rows):
            if not going[row]:
                continue
            values = logits[row].astype(np.float64)
            token = choose(values, counts[row], seen[row], forbidden[row], parameters[row], uniforms[row, n])  # type: ignore[name-defined]  # noqa: F821
            if scored[row] and token >= 0:
                log_probabilities[row, n] = log_probability(values, token)  # type: ignore[name-defined]  # noqa: F821
            tokens[row, n] = token
            lengths[row] = n + 1
            going[row] = token >= 0 and token != end and (n + 1 < limits[row] or limits[row] == count)
            read[row] = max(token, 0)
        if not going.any():
            return
        advance(kind, weights, read, hidden, cell, logits)  # type: ignore[name-defined]  # noqa: F821
        for row in range(rows):
            if going[row]:
                adjust(tables, read[row], memory[row], logits[row])  # type: ignore[name-defined]  # noqa: F821
