"""One step of a whole decoder for one row, and the loop that generates many tokens without Python in between.

Shapes: G gates, H hidden, L layers, V tokens, N tokens to generate.
"""

from typing import NamedTuple

import numpy as np

from unspool.arrays import Array
from unspool.engines.kernels.compiling import compiled
from unspool.engines.kernels.panels import Panels, add_product
from unspool.engines.kernels.team import Team
from unspool.engines.numba.cells import gated_linear, gru_step, lstm_step, mingru_step, normalise, rnn_step
from unspool.engines.numba.workspace import repeated, workspace


class Weights(NamedTuple):
    """The weights of a decoder, laid out for reading from end to end.

    Attributes:
        looked_up: [V, G * H] what the first layer makes of each token, its input bias included.
        input: [L - 1, G * H, H] of the higher layers, and `input_bias` [L - 1, G * H].
        recurrent: [L, G * H, H] of all layers, and `recurrent_bias` [L, G * H].
        output: [1, V, H], and `output_bias` [V].
    """

    looked_up: Array
    input: Panels
    input_bias: Array
    recurrent: Panels
    recurrent_bias: Array
    output: Panels
    output_bias: Array


class BlockWeights(NamedTuple):
    """The weights of a decoder of minGRU blocks.

    Attributes:
        looked_up: [V, H] what enters for each token.
        norm: [L, H], and `mlp_norm` [L, H], `norm_leave` [H]: scales of the normalisations.
        gates: [L, 3 H, H], and `gates_bias` [L, 3 H].
        out: [L, H, H].
        up: [L, 2 H, H].
        down: [L, H, H].
        output: [1, V, H], and `output_bias` [V].
    """

    looked_up: Array
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
def blocks_step(
    kind: int, weights: BlockWeights, team: Team, token: int, hidden: Array, cell: Array, logits: Array
) -> None:
    """Read one token with minGRU blocks, as `decoder_step` does; kind and cell are not used."""
    stream = repeated(weights.looked_up[token], 1)[0]  # (H)
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
    logits[:] = weights.output_bias
    add_product(weights.output, 0, normal, logits, team)


@compiled
def decoder_step(
    kind: int, weights: Weights, team: Team, token: int, hidden: Array, cell: Array, logits: Array
) -> None:
    """Read one token: [L, H] hidden and [L, H] cell change in place, [V] logits are written."""
    gates = repeated(weights.looked_up[token], 1)[0]  # (G * H)
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
    logits[:] = weights.output_bias
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
    tokens: Array,
) -> int:
    """Draw and read up to N tokens of one row.

    Compiled once `choose`, the sampler's own function, and `advance`, the step of the decoder, are among the names
    that it sees (`compile_loop`).

    Args:
        kind: of the cell.
        weights: of the decoder.
        team: of the thread; each has a state, logits, counts and tokens of its own, which come out alike.
        hidden: [L, H], and `cell`, [L, H]: the state, changed in place.
        cell: see `hidden`.
        logits: [V] float32 of the next token, changed in place.
        counts: [V], and all up to `end`: see `engines.base.SampledRows`, of which this is one row.
        seen: see `counts`.
        forbidden: see `counts`.
        parameters: see `counts`.
        uniforms: see `counts`.
        end: see `counts`.
        tokens: [N] is filled.

    Returns:
        how many tokens were generated; the last may be -1, where a logit was not a number.
    """
    for n in range(uniforms.shape[0]):
        token = choose(logits.astype(np.float64), counts, seen, forbidden, parameters, uniforms[n])  # type: ignore[name-defined]  # noqa: F821
        tokens[n] = token
        if token < 0 or token == end:
            return n + 1
        advance(kind, weights, team, token, hidden, cell, logits)  # type: ignore[name-defined]  # noqa: F821
    return int(uniforms.shape[0])
