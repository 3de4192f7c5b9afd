"""A decoder in plain NumPy: inference only, written to be read, quick to start.

    token -> embedding -> [cell, layer 0] -> ... -> [cell, layer L-1] -> output -> logits
                             ^ state                     ^ state

Shapes: B rows, T time steps, E embedding, H hidden, L layers, V tokens.
"""

from collections.abc import Mapping

import numpy as np

from unspool.engines.base import Array, Arrays, Logits, check_weights, surprise_of
from unspool.engines.numpy.cells import Memory
from unspool.engines.numpy.layers import make_layer, normalised
from unspool.engines.parameters import parameter_shapes, state_shapes
from unspool.specs.network import NetworkSpec
from unspool.text.tokenizer import IntArray

NumpyState = tuple[Memory, ...]  # one memory a layer


class NumpyNetwork:
    """The oracle of every parity test.

    Args:
        spec: what to build.
        weights: by the names of `parameter_shapes`, float32.

    Raises:
        ModelFolderError: the weights do not fit the spec.
    """

    def __init__(self, spec: NetworkSpec, weights: Mapping[str, Array]) -> None:
        check_weights(parameter_shapes(spec), weights)
        self.spec = spec
        decoder = spec.decoder
        self._layers = [make_layer(decoder, weights, number) for number in range(decoder.num_layers)]
        # What the first layer makes of each token is looked up, not multiplied out: (V, G * H).
        if decoder.embedding_size:
            vectors = weights["decoder.embedding.weight"]
        else:
            vectors = np.eye(decoder.vocabulary_size, dtype=np.float32)
        if "decoder.cell.weight_enter" in weights:
            vectors = vectors @ weights["decoder.cell.weight_enter"].T  # (V, H)
        self._looked_up = self._layers[0].read(vectors)
        self._norm_leave = weights.get("decoder.cell.norm_leave")
        name = "decoder.embedding.weight" if decoder.tie_weights else "decoder.output.weight"
        self._output = np.ascontiguousarray(weights[name].T)  # (H, V)
        self._output_bias = weights["decoder.output.bias"]

    def initial_state(self, rows: int) -> NumpyState:
        """Zeros."""
        zeros = (np.zeros(shape[1:], np.float32) for shape in state_shapes(self.spec, rows).values())
        memory = tuple(zeros)
        return (memory,) * self.spec.decoder.num_layers

    def step(self, tokens: IntArray, state: NumpyState) -> tuple[Logits, NumpyState]:
        """Read one token a row: [B] to [B, V]."""
        logits, state = self.unroll(tokens[:, None], state)  # (B, 1, V)
        return logits[:, 0], state

    def unroll(self, tokens: IntArray, state: NumpyState) -> tuple[Logits, NumpyState]:
        """Read T tokens a row, layer by layer: [B, T] to [B, T, V]."""
        first, *others = zip(self._layers, state, strict=True)
        hidden, memory = first[0].walk(self._looked_up[tokens], first[1])  # (B, T, H)
        memories = [memory]
        for layer, before in others:
            hidden, memory = layer.walk(layer.read(hidden), before)  # read is one product for all time steps
            memories.append(memory)
        if self._norm_leave is not None:
            hidden = normalised(hidden, self._norm_leave)
        return hidden @ self._output + self._output_bias, tuple(memories)

    def surprise(self, inputs: IntArray, targets: IntArray, state: NumpyState) -> tuple[Logits, NumpyState]:
        """Minus the log-probability of each target: [B, T] to [B, T], in nats."""
        logits, state = self.unroll(inputs, state)
        return surprise_of(logits, targets), state

    def select(self, state: NumpyState, rows: IntArray) -> NumpyState:
        """The memories of some rows."""
        return tuple(tuple(array[rows] for array in memory) for memory in state)

    def state_to_arrays(self, state: NumpyState) -> Arrays:
        """Named arrays, each [L, B, H]."""
        names = state_shapes(self.spec, 0)
        return {name: np.stack(arrays) for name, arrays in zip(names, zip(*state, strict=True), strict=True)}

    def state_from_arrays(self, arrays: Mapping[str, Array]) -> NumpyState:
        """One memory a layer."""
        layers = range(self.spec.decoder.num_layers)
        return tuple(tuple(arrays[name][layer] for name in state_shapes(self.spec, 0)) for layer in layers)


build_network = NumpyNetwork
