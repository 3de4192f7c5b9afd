"""A network as a `keras.Model` of standard layers, which needs no Unspool: it predicts, trains on, and is saved.

    tokens [B, T] -> Embedding -> LSTM, GRU or SimpleRNN -> ... -> Dense -> logits [B, T, V]
    tokens [B, S] -> Embedding with a mask -> (Bidirectional) ... -> pooling -> Dense -> logits [B, C]

One-hot vectors are an embedding by the identity, which is not trained. The end of a text is where `<pad>`, 0, begins.

Shapes: B rows, T time steps, S tokens of a text, W width of a state, V tokens, C labels.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from unspool.arrays import Array, Arrays
from unspool.engines.keras.gates import keras_arrays
from unspool.engines.keras.importing import import_keras
from unspool.engines.parameters import MASKED
from unspool.engines.standard import head_of, sequence_part, state_dict
from unspool.specs.network import DecoderSpec, HeadSpec, NetworkSpec, TextEncoderSpec, VectorEncoderSpec
from unspool.specs.shapes import CellName
from unspool.text.tokenizer import PAD

keras = import_keras()
layers = keras.layers
LAYERS: dict[CellName, type[Any]] = {"rnn": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}


def export_network(spec: NetworkSpec, weights: Mapping[str, Array]) -> Any:
    """Make a functional `keras.Model` that predicts the logits of a network.

    Args:
        spec: describes the network.
        weights: are its arrays, by the names of `parameter_shapes`.

    Raises:
        UsageError: standard layers cannot be its parts.
    """
    part, arrays = sequence_part(spec), state_dict(spec, weights)
    if isinstance(part, VectorEncoderSpec):
        return _vector_classifier(part, head_of(spec), arrays)
    if isinstance(part, TextEncoderSpec):
        return _text_classifier(part, head_of(spec), arrays)
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    values = _run(part, _embedded(part, tokens, arrays), arrays)  # (B, T, H)
    return keras.Model(tokens, _output(values, part.vocabulary_size, arrays), name="language_model")


def _vector_classifier(spec: VectorEncoderSpec, head: HeadSpec, arrays: Arrays) -> Any:
    numbers = keras.Input((spec.numbers,), name="numbers")
    hidden = layers.Dense(spec.hidden_size, activation="tanh", name="hidden")
    state = _call(hidden, numbers, [arrays["hidden.weight"].T, arrays["hidden.bias"]])  # (B, W)
    return keras.Model(numbers, _output(state, head.labels, arrays), name="classifier")


def _text_classifier(spec: TextEncoderSpec, head: HeadSpec, arrays: Arrays) -> Any:
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    values = _embedded(spec, tokens, arrays, mask_zero=True)
    states = _run(spec, values, arrays, returns_all=head.pooling != "last")  # (B, S, W); the last alone (B, W)
    if head.pooling != "last":
        states = _pooled(head, states, _padding(tokens, spec.vocabulary_size), arrays)
    return keras.Model(tokens, _output(states, head.labels, arrays), name="classifier")


def _pooled(head: HeadSpec, states: Any, padding: Any, arrays: Arrays) -> Any:
    """Pool the states of each row: [B, S, W] to [B, W]."""
    if head.pooling == "mean":
        return layers.GlobalAveragePooling1D(name="mean")(states)
    if head.pooling == "max":
        return layers.GlobalMaxPooling1D(name="max")(layers.Add(name="within")([states, padding]))
    scores = _call(layers.Dense(1, use_bias=False, name="score"), states, [arrays["score.weight"].T])  # (B, S, 1)
    scores = layers.Reshape((-1,), name="scores")(layers.Add(name="within")([scores, padding]))  # (B, S)
    return layers.Dot(axes=1, name="attended")([layers.Softmax(name="attention")(scores), states])


def _padding(tokens: Any, vocabulary_size: int) -> Any:
    """Return what is added to states or scores, so that those of padding are never the largest: [B, S] to [B, S, 1]."""
    values = np.zeros((vocabulary_size, 1), np.float32)
    values[PAD] = MASKED
    return _call(layers.Embedding(*values.shape, trainable=False, name="padding"), tokens, [values])


def _embedded(spec: DecoderSpec | TextEncoderSpec, tokens: Any, arrays: Arrays, **settings: Any) -> Any:
    """Look up the input of the first layer: [B, T] to [B, T, E]."""
    given = arrays.get("embedding.weight")
    vectors = np.eye(spec.vocabulary_size, dtype=np.float32) if given is None else given  # (V, E)
    layer = layers.Embedding(*vectors.shape, trainable=given is not None, name="embedding", **settings)
    return _call(layer, tokens, [vectors])


def _run(spec: DecoderSpec | TextEncoderSpec, values: Any, arrays: Arrays, returns_all: bool = True) -> Any:
    """Run the recurrent layers: [B, T, E] to [B, T, W], or to the last state of each direction, [B, W]."""
    both = isinstance(spec, TextEncoderSpec) and spec.bidirectional
    for number in range(spec.num_layers):
        name = f"{spec.cell}_{number}"
        sequences = returns_all or number < spec.num_layers - 1
        layer = LAYERS[spec.cell](spec.hidden_size, return_sequences=sequences, name=name)
        if both:
            layer = layers.Bidirectional(layer, name=f"bidirectional_{number}")
        directions = ("", "_reverse")[: 1 + both]
        values = _call(layer, values, [a for end in directions for a in _layer(spec.cell, arrays, f"{number}{end}")])
    return values


def _layer(cell: CellName, arrays: Arrays, end: str) -> list[Array]:
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return keras_arrays(cell, {name: arrays[f"{cell}.{name}_l{end}"] for name in names})


def _output(values: Any, size: int, arrays: Arrays) -> Any:
    """Score tokens or labels: [..., W] to [..., V]."""
    return _call(layers.Dense(size, name="output"), values, [arrays["output.weight"].T, arrays["output.bias"]])


def _call(layer: Any, inputs: Any, arrays: list[Array]) -> Any:
    """Call a layer, which builds it, and set its arrays."""
    outputs = layer(inputs)
    layer.set_weights(arrays)
    return outputs
