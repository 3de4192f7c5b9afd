"""A network in plain NumPy: inference only, written to be read, quick to start.

    source -> [encoder] -> states -> [bridge] -> state         states -> [head] -> scores of labels
                             `-> looked back on by attention

    token -> embedding -> [cell, layer 0] -> ... -> [cell, layer L-1] -> (attention) -> output -> logits
                             ^ state                     ^ state

Shapes: B rows, T time steps, S places of the source, E embedding, H hidden, L layers, V tokens, C labels.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from unspool.arrays import Array, Arrays, IntArray, Logits
from unspool.data.batches import Source
from unspool.engines.base import check_weights, nll_of
from unspool.engines.numpy.attention import Attention, Head, Memory
from unspool.engines.numpy.cells import CellState
from unspool.engines.numpy.encoders import Encoded, make_encoder
from unspool.engines.numpy.layers import MakeLayer, make_layer, normalised, weights_of
from unspool.engines.parameters import parameter_shapes, state_names, state_shapes
from unspool.specs.network import DecoderSpec, NetworkSpec

MEMORY = ("values", "keys", "mask")  # of `Memory`, in a saved state


class NumpyState(NamedTuple):
    """Where a decoder stands.

    Attributes:
        layers: one cell state a layer.
        memory: what attention looks back on, if there is any.
    """

    layers: tuple[CellState, ...]
    memory: Memory | None = None


class NumpyNetwork:
    """The oracle of every parity test.

    Args:
        spec: what to build.
        weights: by the names of `parameter_shapes`, float32.
        make: makes its recurrent layers.

    Raises:
        ModelFolderError: the weights do not fit the spec.
    """

    def __init__(self, spec: NetworkSpec, weights: Mapping[str, Array], make: MakeLayer = make_layer) -> None:
        check_weights(parameter_shapes(spec), weights)
        self.spec = spec
        self._encoder = make_encoder(spec.encoder, weights, make) if spec.encoder else None
        self._head = Head(spec.head, weights) if spec.head else None
        if spec.decoder:
            self._make_decoder(spec.decoder, weights, make)

    def _make_decoder(self, decoder: DecoderSpec, weights: Mapping[str, Array], make: MakeLayer) -> None:
        layers = range(decoder.num_layers)
        self._layers = [make(decoder.cell, weights_of(weights, "decoder", number)) for number in layers]
        self._bridge = [
            (weights[f"bridge.weight_l{n}"].T, weights[f"bridge.bias_l{n}"]) for n in layers if self._encoder
        ]
        # What the first layer makes of each token is looked up, not multiplied out: (V, G * H).
        if decoder.decoder_input == "none":
            vectors = np.ones((decoder.vocabulary_size, 1), np.float32)
        elif decoder.embedding_size:
            vectors = weights["decoder.embedding.weight"]
        else:
            vectors = np.eye(decoder.vocabulary_size, dtype=np.float32)
        if "decoder.cell.weight_enter" in weights:
            vectors = vectors @ weights["decoder.cell.weight_enter"].T  # (V, H)
        self._looked_up = self._layers[0].read(vectors)
        self._norm_leave = weights.get("decoder.cell.norm_leave")
        self._attention = None if decoder.attention == "none" else Attention(weights)
        name = "decoder.embedding.weight" if decoder.tie_weights else "decoder.output.weight"
        self._output = np.ascontiguousarray(weights[name].T)  # (H, V)
        self._output_bias = weights["decoder.output.bias"]

    def initial_state(self, rows: int) -> NumpyState:
        """Zeros."""
        zeros = (np.zeros(shape[1:], np.float32) for shape in state_shapes(self.spec, rows).values())
        cell_state = tuple(zeros)
        return NumpyState((cell_state,) * self.spec.writer.num_layers)

    def encode(self, source: Source) -> NumpyState:
        """Read the sources, and bridge what was read to the decoder's layers."""
        encoded = self._encoded(source)
        size = self.spec.writer.hidden_size
        layers = []
        for weight, bias in self._bridge:
            joined = np.tanh(encoded.summary @ weight + bias)  # (B, H), or (B, 2 H) for the LSTM
            layers.append(tuple(joined[:, start : start + size] for start in range(0, joined.shape[1], size)))
        return NumpyState(tuple(layers), self._attention.precompute_keys(encoded) if self._attention else None)

    def classify(self, source: Source) -> Logits:
        """Read the sources, and score the labels: [B, C]."""
        assert self._head is not None, "this network has no head"
        return self._head(self._encoded(source))

    def step(self, tokens: IntArray, state: NumpyState) -> tuple[Logits, NumpyState]:
        """Read one token a row: [B] to [B, V]."""
        logits, state = self.unroll(tokens[:, None], state)  # (B, 1, V)
        return logits[:, 0], state

    def unroll(self, tokens: IntArray, state: NumpyState) -> tuple[Logits, NumpyState]:
        """Read T tokens a row, layer by layer: [B, T] to [B, T, V]."""
        hidden, after = self._walk(tokens, state)  # (B, T, H)
        if self._attention and after.memory:
            hidden = self._attention(hidden, after.memory)
        return hidden @ self._output + self._output_bias, after

    def nll(self, inputs: IntArray, targets: IntArray, state: NumpyState) -> tuple[Logits, NumpyState]:
        """Minus the log-probability of each target: [B, T] to [B, T], in nats."""
        logits, state = self.unroll(inputs, state)
        return nll_of(logits, targets), state

    def attention(self, tokens: IntArray, state: NumpyState) -> Logits:
        """Where each step of an unroll looks: [B, T] to [B, T, S]."""
        assert self._attention is not None, "this network has no attention"
        assert state.memory is not None, "this state comes from no source"
        return self._attention.shares(self._walk(tokens, state)[0], state.memory)

    def select(self, state: NumpyState, rows: IntArray) -> NumpyState:
        """The states of some rows."""
        layers = tuple(tuple(array[rows] for array in cell_state) for cell_state in state.layers)
        return NumpyState(layers, state.memory.select(rows) if state.memory else None)

    def state_to_arrays(self, state: NumpyState) -> Arrays:
        """Named arrays: [L, B, H], and [1, B, S, ...] of what attention looks back on."""
        names = state_names(self.spec.writer)
        arrays = {name: np.stack(found) for name, found in zip(names, zip(*state.layers, strict=True), strict=True)}
        memory = state.memory.by_row() if state.memory else None
        return arrays | ({name: getattr(memory, name)[None] for name in MEMORY} if memory else {})

    def state_from_arrays(self, arrays: Mapping[str, Array]) -> NumpyState:
        """One cell state a layer."""
        decoder = self.spec.writer
        layers = range(decoder.num_layers)
        cell_states = tuple(tuple(arrays[name][layer] for name in state_names(decoder)) for layer in layers)
        if not self._attention:
            return NumpyState(cell_states)
        values, keys, mask = (arrays[name][0] for name in MEMORY)
        return NumpyState(cell_states, Memory(values, keys, mask, np.arange(len(values))))

    def _encoded(self, source: Source) -> Encoded:
        assert self._encoder is not None, "this network has no encoder"
        return self._encoder(source)

    def _walk(self, tokens: IntArray, state: NumpyState) -> tuple[Array, NumpyState]:
        """The recurrence: [B, T] to the top layer's states [B, T, H], before attention."""
        first, *others = zip(self._layers, state.layers, strict=True)
        hidden, cell_state = first[0].walk(self._looked_up[tokens], first[1])  # (B, T, H)
        cell_states = [cell_state]
        for layer, before in others:
            hidden, cell_state = layer.walk(layer.read(hidden), before)  # read is one product for all time steps
            cell_states.append(cell_state)
        if self._norm_leave is not None:
            hidden = normalised(hidden, self._norm_leave)
        return hidden, NumpyState(tuple(cell_states), state.memory)


def build_network(spec: NetworkSpec, weights: Mapping[str, Array]) -> NumpyNetwork:
    """A network for inference."""
    return NumpyNetwork(spec, weights)
