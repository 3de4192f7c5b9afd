"""The decoder in TensorFlow, with one unroll for every cell.

Shapes: B rows, T time steps, E embedding, H hidden units, L layers, V tokens, W width of the encoder's states.
"""

from typing import NamedTuple

import tensorflow as tf

from unspool.engines.keras.attention import Attention, Memory
from unspool.engines.keras.encoders import Encoded
from unspool.engines.keras.layers import CellStates, Dropout, Embedding, Layers, Linear, embedded
from unspool.engines.keras.platform import sizes
from unspool.engines.keras.products import linear
from unspool.engines.keras.variables import weight
from unspool.engines.parameters import input_width, state_names
from unspool.specs.network import DecoderSpec


class KerasState(NamedTuple):
    """What a decoder carries between steps.

    Attributes:
        layers: are the cell states of the layers, of tensors [1, B, H].
        memory: is what attention reads; none without a source.
    """

    layers: CellStates
    memory: Memory | None = None


class Bridge(tf.Module):
    """Maps an encoder's summary to the cell state of each layer of a decoder, by a linear layer and tanh.

    Args:
        width: is the width of the encoder's states, W.
        spec: describes the decoder.
    """

    def __init__(self, width: int, spec: DecoderSpec) -> None:
        super().__init__()
        self._states = len(state_names(spec))
        self.layers = [Linear(width, self._states * spec.hidden_size) for _ in range(spec.num_layers)]

    def __call__(self, encoded: Encoded) -> CellStates:
        """Compute the initial cell states of the layers."""
        joined = [tf.tanh(tf.cast(layer(encoded.summary), tf.float32))[None] for layer in self.layers]  # (1, B, 1|2 H)
        return tuple(tuple(tf.split(values, self._states, axis=2)) for values in joined)  # each (1, B, H)


class Output(tf.Module):
    """Maps states to logits, by a matrix of its own or by the embedding's.

    Args:
        spec: describes the decoder.
        embedding: is that of the decoder, if there is one.
    """

    def __init__(self, spec: DecoderSpec, embedding: Embedding | None) -> None:
        super().__init__()
        tied = embedding is not None and spec.tie_weights
        self.weight = embedding.weight if embedding and tied else weight(spec.vocabulary_size, spec.hidden_size)
        self.bias = weight(spec.vocabulary_size)

    def __call__(self, values: tf.Tensor) -> tf.Tensor:
        """Map [B, T, H] to [B, T, V]."""
        return linear(values, self.weight.read_value(), self.bias.read_value())


class Decoder(tf.Module):
    """Holds an embedding, recurrent layers, optional attention, and a linear output.

    Args:
        spec: says what to build.
        width: is the width of the encoder's states, W, if there is attention.
    """

    def __init__(self, spec: DecoderSpec, width: int = 0) -> None:
        super().__init__()
        self.spec = spec
        embeds = spec.decoder_input == "previous" and spec.embedding_size
        self.embedding = Embedding(spec.vocabulary_size, spec.embedding_size) if embeds else None
        self.cell = Layers(spec, input_width(spec))
        self.attention = None if spec.attention == "none" else Attention(spec, width)
        self.output = Output(spec, self.embedding)

    def __call__(
        self, tokens: tf.Tensor, state: KerasState, dropout: Dropout | None = None
    ) -> tuple[tf.Tensor, KerasState]:
        """Unroll [B, T] int64 to logits [B, T, V], and return them and the next state; no dropout for inference."""
        values, state = self.run_layers(tokens, state, dropout)  # (B, T, H)
        if self.attention is not None and state.memory is not None:
            values = self.attention(values, state.memory)
            values = dropout(values, dropout.hidden) if dropout else values
        return self.output(values), state  # (B, T, V)

    def run_layers(
        self, tokens: tf.Tensor, state: KerasState, dropout: Dropout | None = None
    ) -> tuple[tf.Tensor, KerasState]:
        """Run the recurrent layers: [B, T] to the top layer's states [B, T, H], before attention."""
        values = self._embed(tokens)  # (B, T, E)
        if dropout and self.spec.decoder_input == "previous":
            values = dropout(values, dropout.input)
        values, cell_states = self.cell(values, state.layers, dropout)  # (B, T, H)
        return values, KerasState(cell_states, state.memory)

    def initial_state(self, rows: int) -> KerasState:
        """Make a state of zeros."""
        return KerasState(self.cell.zeros(rows))

    def _embed(self, tokens: tf.Tensor) -> tf.Tensor:
        if self.spec.decoder_input == "none":
            return tf.ones([*sizes(tokens), 1])  # (B, T, 1)
        return embedded(tokens, self.embedding, self.spec.vocabulary_size)
