"""A language model of standard layers that was trained elsewhere, as a decoder of a vocabulary of Unspool.

    embedding (or one-hot vectors) -> rnn, lstm or gru -> ... -> output

Its vocabulary has no special tokens. As outputs they are never likely here. As inputs they are zeros, but for `<s>`
and `<eos>`, after which a text begins: they are read as a line end, if there is one, because such a model knows no
beginning.

Shapes: K tokens of the chain, V tokens of Unspool, E embedding, H hidden, W width of a layer's input, G gates.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from unspool.arrays import Array, Arrays, IntArray
from unspool.engines.parameters import GATES
from unspool.errors import UsageError
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.shapes import CellName
from unspool.text.tokenizer import BEGIN, END

NO_TOKEN = -1
MARGIN = 20.0  # nats by which a token that the chain does not know is less likely than any other


class Chain(NamedTuple):
    """The layers, with arrays of PyTorch's form.

    Attributes:
        cell: is that of all recurrent layers.
        embedding: holds a vector for each token, [K, E]; none where the first layer reads one-hot vectors.
        recurrent: are `weight_ih`, `weight_hh`, `bias_ih` and `bias_hh` of each recurrent layer.
        output: scores the tokens, [K, H].
        bias: is that of the output, [K].
    """

    cell: CellName
    embedding: Array | None
    recurrent: Sequence[Arrays]
    output: Array
    bias: Array


def decoder_of_chain(chain: Chain, tokens: IntArray, line_end: int | None) -> tuple[NetworkSpec, Arrays]:
    """Return the spec and the weights of the decoder that predicts what a chain predicts.

    Args:
        chain: holds the layers.
        tokens: is for each token of Unspool that of the chain, [V]; -1 where the chain does not know it.
        line_end: is the token of the chain that is a line end, if there is one.

    Raises:
        UsageError: a token is none of the chain.
    """
    inputs = chain.recurrent[0]["weight_ih"].shape[1] if chain.embedding is None else len(chain.embedding)
    if tokens.max() >= min(inputs, len(chain.output)):
        raise UsageError(
            f"the model must know every token of the vocabulary. Received: {inputs} tokens as inputs, "
            f"{len(chain.output)} as outputs, and a vocabulary up to {tokens.max()}.",
            "give the vocabulary that the model was trained with.",
        )
    read = tokens.copy()
    if line_end is not None:
        read[[one for one in (BEGIN, END) if tokens[one] == NO_TOKEN]] = line_end
    layers = _of_one_width(chain)
    weights: Arrays = {}
    if chain.embedding is None:
        layers[0]["weight_ih"] = np.ascontiguousarray(_rows(layers[0]["weight_ih"].T, read).T)  # (G H, V)
    else:
        weights["decoder.embedding.weight"] = _rows(chain.embedding, read)  # (V, E)
    for number, layer in enumerate(layers):
        weights |= {f"decoder.cell.{name}_l{number}": array for name, array in layer.items()}
    size = layers[0]["weight_hh"].shape[1]
    output = np.pad(chain.output, [(0, 0), (0, size - chain.output.shape[1])])  # (K, H)
    unlikely = (chain.bias - np.abs(output).sum(axis=1)).min() - MARGIN  # states are between -1 and 1
    weights["decoder.output.weight"] = _rows(output, tokens)  # (V, H)
    weights["decoder.output.bias"] = np.where(tokens == NO_TOKEN, unlikely, chain.bias[tokens]).astype(np.float32)
    decoder = DecoderSpec(
        cell=chain.cell,
        num_layers=len(layers),
        hidden_size=size,
        embedding_size=0 if chain.embedding is None else chain.embedding.shape[1],
        vocabulary_size=len(tokens),
    )
    return NetworkSpec(decoder=decoder), weights


def _rows(array: Array, tokens: IntArray) -> Array:
    """Return the rows of some tokens, [K, ...] to [V, ...]; those of no token are zeros."""
    known = (tokens != NO_TOKEN).reshape(-1, *(1,) * (array.ndim - 1))
    return np.where(known, array[tokens], np.float32(0)).astype(np.float32)


def _of_one_width(chain: Chain) -> list[Arrays]:
    """Widen narrower layers with hidden units that stay zero, as all their weights are."""
    gates = GATES[chain.cell]
    sizes = [layer["weight_hh"].shape[1] for layer in chain.recurrent]
    width, found = 0, []
    for layer, size in zip(chain.recurrent, sizes, strict=True):
        more = max(sizes) - size
        columns, widened = {"weight_ih": width, "weight_hh": more}, {}
        for name, array in layer.items():
            by_gate = array.reshape(gates, size, *array.shape[1:])  # (G, H), or (G, H, W)
            added = np.pad(by_gate, [(0, 0), (0, more), (0, columns.get(name, 0))][: by_gate.ndim])
            widened[name] = added.reshape(gates * max(sizes), *added.shape[2:])  # (G H), or (G H, W)
        found.append(widened)
        width = more
    return found
