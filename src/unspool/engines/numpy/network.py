"""A decoder in plain NumPy: inference only, written to be read, quick to start.

    token -> embedding -> [cell, layer 0] -> ... -> [cell, layer L-1] -> output -> logits
                             ^ state                     ^ state

Shapes: B rows, T time steps, E embedding, H hidden, L layers, V tokens.
"""

from collections.abc import Mapping

import numpy as np

from unspool.engines.base import Array, Arrays, Logits, check_weights, surprise_of
from unspool.engines.numpy.cells import STEPS, Memory
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
        self._step = STEPS[decoder.cell]
        self._layers = [
            _Layer(*(weights[f"decoder.cell.{name}_l{layer}"] for name in _Layer.PARAMETERS))
            for layer in range(decoder.num_layers)
        ]
        # What the first layer makes of each token is looked up, not multiplied out: (V, G * H).
        first = self._layers[0]
        if decoder.embedding_size:
            self._looked_up = first.read(weights["decoder.embedding.weight"])
        else:
            self._looked_up = np.ascontiguousarray(weights["decoder.cell.weight_ih_l0"].T) + first.bias_ih
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
        gates = self._looked_up[tokens]  # (B, G * H)
        memories: list[Memory] = []
        for number, (layer, memory) in enumerate(zip(self._layers, state, strict=True)):
            if number:
                gates = layer.read(memories[-1][0])
            memories.append(self._step(gates, memory, layer.recur))
        return memories[-1][0] @ self._output + self._output_bias, tuple(memories)

    def unroll(self, tokens: IntArray, state: NumpyState) -> tuple[Logits, NumpyState]:
        """Read T tokens a row, layer by layer: [B, T] to [B, T, V]."""
        gates = self._looked_up[tokens]  # (B, T, G * H)
        memories = []
        for number, (layer, memory) in enumerate(zip(self._layers, state, strict=True)):
            hidden = np.empty((*tokens.shape, self.spec.decoder.hidden_size), np.float32)  # (B, T, H)
            for time in range(tokens.shape[1]):
                memory = self._step(gates[:, time], memory, layer.recur)
                hidden[:, time] = memory[0]
            memories.append(memory)
            if number + 1 < len(self._layers):
                gates = self._layers[number + 1].read(hidden)  # one product for all time steps
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


class _Layer:
    """The weights of one layer, transposed once so that rows of inputs multiply from the left."""

    PARAMETERS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")

    def __init__(self, weight_ih: Array, weight_hh: Array, bias_ih: Array, bias_hh: Array) -> None:
        self._weight_ih = np.ascontiguousarray(weight_ih.T)  # (E or H, G * H)
        self._weight_hh = np.ascontiguousarray(weight_hh.T)  # (H, G * H)
        self.bias_ih, self._bias_hh = bias_ih, bias_hh

    def read(self, inputs: Array) -> Array:
        """(..., E or H) to (..., G * H)."""
        result: Array = inputs @ self._weight_ih + self.bias_ih
        return result

    def recur(self, hidden: Array) -> Array:
        """(B, H) to (B, G * H)."""
        result: Array = hidden @ self._weight_hh + self._bias_hh
        return result


build_network = NumpyNetwork
