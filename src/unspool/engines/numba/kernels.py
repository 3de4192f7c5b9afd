"""One step of a decoder for one row, and the loop that generates many tokens without Python in between.

Shapes: G gates, H hidden, L layers, V tokens, N tokens to generate.
"""

from typing import Any, NamedTuple

import numpy as np

from unspool.arrays import Array
from unspool.engines.kernels.compiling import compiled
from unspool.engines.kernels.panels import Panels, add_product
from unspool.engines.kernels.team import Team
from unspool.engines.numba.cells import gated_linear, gru_step, lstm_step, mingru_step, normalise, rnn_step
from unspool.engines.numba.workspace import assign, repeated, workspace


class Weights(NamedTuple):
    """The weights of a decoder, packed so that a step reads them from end to end.

    Attributes:
        input_table: holds the first layer's product with the input for each token, bias included, [V, G * H].
        input: are the input matrices of the other layers, [L - 1, G * H, H], with `input_bias` [L - 1, G * H].
        recurrent: are the recurrent matrices of all layers, [L, G * H, H], with `recurrent_bias` [L, G * H].
        output: is the output matrix, [1, V, H], with `output_bias` [V].
    """

    input_table: Array
    input: Panels
    input_bias: Array
    recurrent: Panels
    recurrent_bias: Array
    output: Panels
    output_bias: Array


class BlockWeights(NamedTuple):
    """The weights of a decoder of minGRU blocks.

    Attributes:
        input_table: holds the input of the residual stream for each token, [V, H].
        norm: scales the normalisations before the gates, [L, H].
        gates: are the matrices of the gates, [L, 3 H, H], with `gates_bias` [L, 3 H].
        out: are the matrices after the gates, [L, H, H].
        mlp_norm: scales the normalisations before the gated linear units, [L, H].
        up: are the first matrices of the gated linear units, [L, 2 H, H].
        down: are their second matrices, [L, H, H].
        norm_leave: scales the normalisation at the end, [H].
        output: is the output matrix, [1, V, H], with `output_bias` [V].
    """

    input_table: Array
    norm: Array
    gates: Panels
    gates_bias: Array
    out: Panels
    mlp_norm: Array
    up: Panels
    down: Panels
    norm_leave: Array
    output: Panels
    output_bias: Array


@compiled
def unchanged(tables: Any, token: int, memory: Array, logits: Array) -> None:
    """Leave the logits as they are; see `engines.base.LogitsAdjustment`."""


@compiled
def blocks_step(
    kind: int, weights: BlockWeights, team: Team, token: int, hidden: Array, cell: Array, logits: Array
) -> None:
    """Read one token with minGRU blocks, as `decoder_step` does; kind and cell are not used."""
    stream = repeated(weights.input_table[token], 1)[0]  # (H)
    size = stream.shape[0]
    normal, inside, pairs = workspace(1, size)[0], workspace(1, size)[0], workspace(1, 2 * size)[0]
    for layer in range(hidden.shape[0]):
        normalise(stream, weights.norm[layer], normal)
        gates = repeated(weights.gates_bias[layer], 1)[0]  # (3 H)
        add_product(weights.gates, layer, normal, gates, team)
        mingru_step(gates, hidden[layer], inside)
        add_product(weights.out, layer, inside, stream, team)
        normalise(stream, weights.mlp_norm[layer], normal)
        pairs[:] = np.float32(0)  # (2 H)
        add_product(weights.up, layer, normal, pairs, team)
        gated_linear(pairs, inside)
        add_product(weights.down, layer, inside, stream, team)
    normalise(stream, weights.norm_leave, normal)
    assign(logits, weights.output_bias)
    add_product(weights.output, 0, normal, logits, team)


@compiled
def decoder_step(
    kind: int, weights: Weights, team: Team, token: int, hidden: Array, cell: Array, logits: Array
) -> None:
    """Read one token: hidden [L, H], cell [L, H] and logits [V] change in place."""
    gates = repeated(weights.input_table[token], 1)[0]  # (G * H)
    for layer in range(hidden.shape[0]):
        if layer:
            gates = repeated(weights.input_bias[layer - 1], 1)[0]
            add_product(weights.input, layer - 1, hidden[layer - 1], gates, team)
        if kind == 2:
            recurrent = repeated(weights.recurrent_bias[layer], 1)[0]
            add_product(weights.recurrent, layer, hidden[layer], recurrent, team)
            gru_step(gates, recurrent, hidden[layer])
            continue
        gates += weights.recurrent_bias[layer]
        add_product(weights.recurrent, layer, hidden[layer], gates, team)
        if kind == 1:
            lstm_step(gates, hidden[layer], cell[layer])
        else:
            rnn_step(gates, hidden[layer])
    assign(logits, weights.output_bias)
    add_product(weights.output, 0, hidden[hidden.shape[0] - 1], logits, team)


def generate_tokens(
    kind: int,
    weights: Weights | BlockWeights,
    team: Team,
    hidden: Array,
    cell: Array,
    logits: Array,
    counts: Array,
    seen: Array,
    forbidden: Array,
    parameters: Array,
    uniforms: Array,
    end: int,
    tables: Any,
    memory: Array,
    tokens: Array,
) -> int:
    """Draw and read up to N tokens of one row.

    `compile_loop` compiles it with the sampler's function `choose`, the decoder's step `advance` and what stands beside
    it, `adjust`, as globals.

    Args:
        kind: is the code of the cell.
        weights: are those of the decoder.
        team: is that of the thread; each thread computes the same in a state, logits, counts and tokens of its own.
        hidden: is the hidden state, [L, H], changed in place.
        cell: is the cell state of an LSTM, [L, H], changed in place.
        logits: are those of the next token, [V] float32, changed in place.
        counts: is like the arguments up to `end` that of one row of `engines.base.SampledRows`, [V].
        seen: see `counts`.
        forbidden: see `counts`.
        parameters: see `counts`.
        uniforms: see `counts`.
        end: see `counts`.
        tables: are like the next those of `engines.base.LogitsAdjustment`.
        memory: is that of the row, [K], changed in place.
        tokens: receives the tokens, [N].

    Returns:
        the number of tokens that were generated; the last is -1 if a logit was NaN or infinite.
    """
    for n in range(uniforms.shape[0]):
        token = choose(logits.astype(np.float64), counts, seen, forbidden, parameters, uniforms[n])  # type: ignore[name-defined]  # noqa: F821
        tokens[n] = token
        if token < 0 or token == end:
            return n + 1
        advance(kind, weights, team, token, hidden, cell, logits)  # type: ignore[name-defined]  # noqa: F821
        adjust(tables, token, memory, logits)  # type: ignore[name-defined]  # noqa: F821
    return int(uniforms.shape[0])
