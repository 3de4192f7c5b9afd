"""Networks in plain NumPy, for inference: made to be read, and quick to start.

    source -> [encoder] -> states -> [bridge] -> state         states -> [head] -> scores of labels
                             `-> memory for attention

    token -> embedding -> [cell, layer 0] -> ... -> [cell, layer L-1] -> (attention) -> output -> logits
                             ^ state                     ^ state

`NumpyDecoder` has no source, `NumpyEncoderDecoder` starts from one, `NumpyAttentionNetwork` attends to it at every
step, and `NumpyClassifier` has no decoder.

Shapes: B rows, T time steps, S positions of the source, E embedding, H hidden, L layers, V tokens, C labels.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from unspool.arrays import Array, Arrays, FloatArray, IntArray, Logits
from unspool.data.batches import Source
from unspool.engines.base import Network, nll_of
from unspool.engines.checking import check_state, check_weights
from unspool.engines.numpy.attention import Attention, Head, Memory, join_memories
from unspool.engines.numpy.cells import CellState
from unspool.engines.numpy.encoders import make_encoder
from unspool.engines.numpy.layers import MakeLayer, make_layer, normalised, weights_of
from unspool.engines.parameters import parameter_shapes, state_names
from unspool.specs.network import DecoderSpec, NetworkSpec

MEMORY = ("values", "keys", "mask")  # the arrays of `Memory` in a saved state


class NumpyState(NamedTuple):
    """What a decoder carries between steps.

    Attributes:
        layers: are the cell states of the layers.
        memory: is what attention reads; none without a source.
    """

    layers: tuple[CellState, ...]
    memory: Memory | None = None


class NumpyDecoder:
    """The oracle of every parity test.

    Args:
        spec: says what to build; it has a decoder.
        weights: are float32, by the names of `parameter_shapes`.
        make: makes the recurrent layers.

    Raises:
        ModelFolderError: the weights do not fit the spec.
    """

    def __init__(self, spec: NetworkSpec, weights: Mapping[str, Array], make: MakeLayer = make_layer) -> None:
        check_weights(parameter_shapes(spec), weights)
        self._decoder = decoder = decoder_of(spec)
        self.vocabulary_size = decoder.vocabulary_size
        self._layers = [make(decoder.cell, weights_of(weights, "decoder", n)) for n in range(decoder.num_layers)]
        # the first layer's product is computed once for every token, and then looked up: (V, G * H)
        self._input_table = self._layers[0].read(_input_vectors(decoder, weights))
        self._norm_leave = weights.get("decoder.cell.norm_leave")
        name = "decoder.embedding.weight" if decoder.tie_weights else "decoder.output.weight"
        self._output = np.ascontiguousarray(weights[name].T)  # (H, V)
        self._output_bias = weights["decoder.output.bias"]

    def initial_state(self, rows: int) -> NumpyState:
        """Make a state of zeros."""
        zeros = np.zeros((rows, self._decoder.hidden_size), np.float32)
        return NumpyState(((zeros,) * len(state_names(self._decoder)),) * self._decoder.num_layers)

    def step(self, tokens: IntArray, state: NumpyState) -> tuple[Logits, NumpyState]:
        """Read one token a row: [B] to [B, V]."""
        logits, state = self.unroll(tokens[:, None], state)  # (B, 1, V)
        return logits[:, 0], state

    def unroll(self, tokens: IntArray, state: NumpyState) -> tuple[Logits, NumpyState]:
        """Read T tokens a row, layer by layer: [B, T] to [B, T, V]."""
        hidden, after = self._recur(tokens, state)  # (B, T, H)
        return hidden @ self._output + self._output_bias, after

    def nll(self, inputs: IntArray, targets: IntArray, state: NumpyState) -> tuple[Logits, NumpyState]:
        """Compute the negative log-likelihood of each target: [B, T] to [B, T], in nats."""
        logits, state = self.unroll(inputs, state)
        return nll_of(logits, targets), state

    def select(self, state: NumpyState, rows: IntArray) -> NumpyState:
        """Return the states of some rows, in this order."""
        layers = tuple(tuple(array[rows] for array in cell_state) for cell_state in state.layers)
        return NumpyState(layers, state.memory.select(rows) if state.memory else None)

    def join(self, states: Sequence[NumpyState]) -> NumpyState:
        """Batch the rows of several states, in order."""
        layers = zip(*(state.layers for state in states), strict=True)
        joined = tuple(tuple(np.concatenate(arrays) for arrays in zip(*layer, strict=True)) for layer in layers)
        return NumpyState(joined, join_memories([state.memory for state in states]))

    def state_to_arrays(self, state: NumpyState) -> Arrays:
        """Return the arrays by name: [L, B, H], and those of the memory, [1, B, S, ...]."""
        names = state_names(self._decoder)
        arrays = {name: np.stack(found) for name, found in zip(names, zip(*state.layers, strict=True), strict=True)}
        memory = state.memory.by_row() if state.memory else None
        return arrays | ({name: getattr(memory, name)[None] for name in MEMORY} if memory else {})

    def state_from_arrays(self, arrays: Mapping[str, Array]) -> NumpyState:
        """Make a state from arrays, with one cell state a layer.

        Raises:
            ModelFolderError: the arrays are not those of a state of this network.
        """
        check_state(saved_shapes(self._decoder), arrays)
        return self._layers_from(arrays)

    def _layers_from(self, arrays: Mapping[str, Array]) -> NumpyState:
        names = state_names(self._decoder)
        return NumpyState(tuple(tuple(arrays[name][n] for name in names) for n in range(self._decoder.num_layers)))

    def _recur(self, tokens: IntArray, state: NumpyState) -> tuple[Array, NumpyState]:
        """Run the recurrence: [B, T] to the top layer's states [B, T, H], before attention."""
        first, *others = zip(self._layers, state.layers, strict=True)
        hidden, cell_state = first[0].run(self._input_table[tokens], first[1])  # (B, T, H)
        cell_states = [cell_state]
        for layer, before in others:
            hidden, cell_state = layer.run(layer.read(hidden), before)  # read is one product for all time steps
            cell_states.append(cell_state)
        if self._norm_leave is not None:
            hidden = normalised(hidden, self._norm_leave)
        return hidden, NumpyState(tuple(cell_states), state.memory)


class NumpyEncoderDecoder(NumpyDecoder):
    """A decoder that starts from a source."""

    def __init__(self, spec: NetworkSpec, weights: Mapping[str, Array], make: MakeLayer = make_layer) -> None:
        super().__init__(spec, weights, make)
        self._encoder = make_encoder(spec, weights, make)
        layers = range(self._decoder.num_layers)
        self._bridge = [(weights[f"bridge.weight_l{n}"].T, weights[f"bridge.bias_l{n}"]) for n in layers]

    def encode(self, source: Source) -> NumpyState:
        """Encode the sources, and bridge their summaries to the layers of the decoder."""
        return self._start(self._encoder(source).summary)

    def _start(self, summary: Array) -> NumpyState:
        """Bridge the summaries of sources, [B, W], to the layers of the decoder."""
        size = self._decoder.hidden_size
        layers = []
        for weight, bias in self._bridge:
            joined = np.tanh(summary @ weight + bias)  # (B, H), or (B, 2 H) for the LSTM
            layers.append(tuple(joined[:, start : start + size] for start in range(0, joined.shape[1], size)))
        return NumpyState(tuple(layers))


class NumpyAttentionNetwork(NumpyEncoderDecoder):
    """A decoder that attends to its source at every step."""

    def __init__(self, spec: NetworkSpec, weights: Mapping[str, Array], make: MakeLayer = make_layer) -> None:
        super().__init__(spec, weights, make)
        self._attention = Attention(weights)
        self._width = spec.encoder.width if spec.encoder else 0

    def encode(self, source: Source) -> NumpyState:
        """Encode the sources, bridge their summaries, and compute the keys of attention."""
        encoded = self._encoder(source)
        return self._start(encoded.summary)._replace(memory=self._attention.precompute_keys(encoded))

    def unroll(self, tokens: IntArray, state: NumpyState) -> tuple[Logits, NumpyState]:
        """Read T tokens a row, layer by layer: [B, T] to [B, T, V]."""
        hidden, after = self._recur(tokens, state)  # (B, T, H)
        if state.memory:  # there is none after the initial state of zeros
            hidden = self._attention(hidden, state.memory)
        return hidden @ self._output + self._output_bias, after

    def attention(self, tokens: IntArray, state: NumpyState) -> FloatArray:
        """Unroll, and return the attention weights: [B, T] to [B, T, S]."""
        if state.memory is None:
            raise ValueError("attention needs a state that comes from a source")
        return self._attention.weights(self._recur(tokens, state)[0], state.memory)

    def state_from_arrays(self, arrays: Mapping[str, Array]) -> NumpyState:
        """Make a state from arrays, with one cell state a layer and a memory.

        Raises:
            ModelFolderError: the arrays are not those of a state of this network.
        """
        check_state(saved_shapes(self._decoder, self._width), arrays)
        values, keys, mask = (arrays[name][0] for name in MEMORY)
        return self._layers_from(arrays)._replace(memory=Memory(values, keys, mask, np.arange(len(values))))


class NumpyClassifier:
    """An encoder and a head."""

    def __init__(self, spec: NetworkSpec, weights: Mapping[str, Array], make: MakeLayer = make_layer) -> None:
        check_weights(parameter_shapes(spec), weights)
        self._encoder = make_encoder(spec, weights, make)
        self._head = Head(spec, weights)

    def classify(self, source: Source) -> Logits:
        """Encode the sources, and score their labels: [B, C]."""
        return self._head(self._encoder(source))


def build_network(spec: NetworkSpec, weights: Mapping[str, Array]) -> Network:
    """Build the network of a spec, for inference."""
    if spec.decoder is None:
        return NumpyClassifier(spec, weights)
    if spec.encoder is None:
        return NumpyDecoder(spec, weights)
    return (NumpyEncoderDecoder if spec.decoder.attention == "none" else NumpyAttentionNetwork)(spec, weights)


def decoder_of(spec: NetworkSpec) -> DecoderSpec:
    """Return the decoder of a spec that has one."""
    if spec.decoder is None:
        raise ValueError("this network has no decoder")
    return spec.decoder


def saved_shapes(decoder: DecoderSpec, width: int | None = None) -> dict[str, tuple[int | None, ...]]:
    """Return the shapes of a saved state for `check_state`; with attention, to states of the encoder of a width."""
    size = decoder.hidden_size
    shapes: dict[str, tuple[int | None, ...]] = dict.fromkeys(state_names(decoder), (decoder.num_layers, None, size))
    if width is not None:
        shapes |= {"values": (1, None, None, width), "keys": (1, None, None, size), "mask": (1, None, None)}
    return shapes


def _input_vectors(decoder: DecoderSpec, weights: Mapping[str, Array]) -> Array:
    """Return the input of the first layer for each token, [V, E]."""
    if decoder.decoder_input == "none":
        vectors = np.ones((decoder.vocabulary_size, 1), np.float32)
    elif decoder.embedding_size:
        vectors = weights["decoder.embedding.weight"]
    else:
        vectors = np.eye(decoder.vocabulary_size, dtype=np.float32)
    if "decoder.cell.weight_enter" in weights:
        vectors = vectors @ weights["decoder.cell.weight_enter"].T  # (V, H)
    return vectors
