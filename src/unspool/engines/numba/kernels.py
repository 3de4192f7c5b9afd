"""One step of a whole decoder for one row, and the loop that writes many tokens without Python in between.

Shapes: G gates, H hidden, L layers, V tokens, N tokens to write.
"""

from typing import Any, NamedTuple

import numpy as np

from unspool.engines.base import Array
from unspool.engines.numba.arithmetic import add_product, compiled
from unspool.engines.numba.cells import gru_step, lstm_step, rnn_step


class Weights(NamedTuple):
    """The weights of a decoder, laid out for reading from end to end.

    Attributes:
        looked_up: [V, G * H] what the first layer makes of each token, its input bias included.
        input: [L - 1, G * H, H] of the higher layers, and `input_bias` [L - 1, G * H].
        recurrent: [L, G * H, H] of all layers, and `recurrent_bias` [L, G * H].
        output: [V, H], and `output_bias` [V].
    """

    looked_up: Array
    input: Array
    input_bias: Array
    recurrent: Array
    recurrent_bias: Array
    output: Array
    output_bias: Array


@compiled
def decoder_step(kind: int, weights: Weights, token: int, hidden: Array, cell: Array, logits: Array) -> None:
    """Read one token: [L, H] hidden and [L, H] cell change in place, [V] logits are written."""
    gates = weights.looked_up[token].copy()  # (G * H)
    for layer in range(hidden.shape[0]):
        if layer:
            gates = weights.input_bias[layer - 1].copy()
            add_product(weights.input[layer - 1], hidden[layer - 1], gates)
        recurrent = weights.recurrent_bias[layer].copy()
        if kind == 1:
            lstm_step(gates, recurrent, weights.recurrent[layer], hidden[layer], cell[layer])
        elif kind == 2:
            gru_step(gates, recurrent, weights.recurrent[layer], hidden[layer])
        else:
            rnn_step(gates, recurrent, weights.recurrent[layer], hidden[layer])
    logits[:] = weights.output_bias
    add_product(weights.output, hidden[hidden.shape[0] - 1], logits)


def write_tokens(
    kind: int,
    weights: Weights,
    hidden: Array,
    cell: Array,
    logits: Array,
    written: Array,
    seen: Array,
    forbidden: Array,
    knobs: tuple[Any, ...],
    uniforms: Array,
    end: int,
    tokens: Array,
) -> int:
    """Draw and read up to N tokens.

    Compiled once `choose`, the sampler's own function, is among the names it sees (`compile_writer`).

    Args:
        kind: of the cell.
        weights: of the decoder.
        hidden: [L, H], and `cell`, [L, H]: the state, changed in place.
        cell: see `hidden`.
        logits: [V] float32 of the next token, changed in place.
        written: [V] counts, `seen` [V], `forbidden` and `knobs`: of the sampler.
        seen: see `written`.
        forbidden: see `written`.
        knobs: see `written`.
        uniforms: [N] random numbers in [0, 1).
        end: the token after which no more is written.
        tokens: [N] is filled.

    Returns:
        how many tokens were written; the last may be -1, where a logit was not a number.
    """
    for n in range(uniforms.shape[0]):
        token = choose(logits.astype(np.float64), written, seen, forbidden, knobs, uniforms[n])  # type: ignore[name-defined]  # noqa: F821
        tokens[n] = token
        if token < 0 or token == end:
            return n + 1
        decoder_step(kind, weights, token, hidden, cell, logits)
    return int(uniforms.shape[0])
