"""The decoder with compiled kernels for one row; several rows go through NumPy's matrix products.

Shapes: B rows, H hidden, L layers, V tokens, N tokens to write.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import FunctionType
from typing import Any, cast

import numpy as np

from unspool.engines.base import Array, Logits
from unspool.engines.numba.arithmetic import Matrices, compiled, pack, rounded
from unspool.engines.numba.cells import CODES
from unspool.engines.numba.kernels import BlockWeights, Weights, blocks_step, decoder_step, write_tokens
from unspool.engines.numpy.network import NumpyNetwork, NumpyState
from unspool.specs.network import NetworkSpec
from unspool.text.tokenizer import IntArray


class NumbaNetwork(NumpyNetwork):
    """Steps one row with compiled kernels, and writes many tokens in one call.

    Args:
        spec: what to build.
        weights: by the names of `parameter_shapes`, float32, rounded to the precision.
        precision: `float32`; `bfloat16` or `int8` halve or quarter what one row has to read.

    Raises:
        ModelFolderError: the weights do not fit the spec.
    """

    def __init__(self, spec: NetworkSpec, weights: Mapping[str, Array], precision: str = "float32") -> None:
        super().__init__(spec, weights)
        decoder = spec.writer
        self._kind = CODES[decoder.cell]

        self._advance: Callable[..., None] = blocks_step if decoder.cell == "mingru" else decoder_step
        self._weights = self._laid_out(weights, lambda matrices: pack(matrices, precision))

    def _laid_out(self, weights: Mapping[str, Array], packed: Callable[[Array], Matrices]) -> Weights | BlockWeights:
        decoder = self.spec.writer

        def stacked(name: str, first: int = 0) -> Array:
            arrays = [weights[f"decoder.cell.{name}_l{layer}"] for layer in range(first, decoder.num_layers)]
            shape = weights[f"decoder.cell.{name}_l{decoder.num_layers - 1}"].shape
            return np.stack(arrays) if arrays else np.zeros((0, *shape), np.float32)

        output = packed(self._output.T[None])
        if decoder.cell == "mingru":
            return BlockWeights(
                looked_up=self._looked_up,
                norm=stacked("norm"),
                gates=packed(stacked("weight_in")),
                gates_bias=stacked("bias_in"),
                out=packed(stacked("weight_out")),
                mlp_norm=stacked("mlp_norm"),
                up=packed(stacked("weight_up")),
                down=packed(stacked("weight_down")),
                norm_leave=weights["decoder.cell.norm_leave"],
                output=output,
                output_bias=self._output_bias,
            )
        return Weights(
            looked_up=self._looked_up,
            input=packed(stacked("weight_ih", 1)),
            input_bias=stacked("bias_ih", 1),
            recurrent=packed(stacked("weight_hh")),
            recurrent_bias=stacked("bias_hh"),
            output=output,
            output_bias=self._output_bias,
        )

    def step(self, tokens: IntArray, state: NumpyState) -> tuple[Logits, NumpyState]:
        """Read one token a row: [B] to [B, V]."""
        if len(tokens) != 1:
            return super().step(tokens, state)
        hidden, cell = self._flat(state)
        logits = np.empty(self.spec.writer.vocabulary_size, np.float32)
        self._advance(self._kind, self._weights, int(tokens[0]), hidden, cell, logits)
        return logits[None], self._nested(hidden, cell)  # (1, V)

    def write(
        self,
        logits: Logits,
        state: NumpyState,
        sampler: Any,
        functions: Sequence[Callable[..., Any]],
        count: int,
        end: int,
    ) -> tuple[IntArray, Logits, NumpyState]:
        """Draw and read up to N tokens of one row in one call. See `engines.base.Writer`."""
        hidden, cell = self._flat(state)
        logits, tokens = logits[0].copy(), np.empty(count, np.int64)
        written = compile_writer(tuple(functions), self._advance)(
            self._kind,
            self._weights,
            hidden,
            cell,
            logits,
            sampler.written,
            sampler.seen,
            sampler.forbidden,
            sampler.knobs,
            sampler.uniforms(count),
            end,
            tokens,
        )
        return tokens[:written], logits[None], self._nested(hidden, cell)

    def _flat(self, state: NumpyState) -> tuple[Array, Array]:
        """A state of one row as [L, H] hidden and [L, H] cell (zeros unless it is an LSTM's)."""
        hidden = np.stack([memory[0][0] for memory in state.layers])
        cell = (
            np.stack([memory[1][0] for memory in state.layers]) if len(state.layers[0]) > 1 else np.zeros_like(hidden)
        )
        return hidden, cell

    def _nested(self, hidden: Array, cell: Array) -> NumpyState:
        if self.spec.writer.cell == "lstm":
            return NumpyState(tuple((h[None], c[None]) for h, c in zip(hidden, cell, strict=True)))  # each (1, H)
        return NumpyState(tuple((h[None],) for h in hidden))


@cache
def compile_writer(functions: tuple[Callable[..., Any], ...], advance: Callable[..., None]) -> Callable[..., int]:
    """`write_tokens` together with the sampler's functions, compiled from their own source.

    Args:
        functions: callees first; `choose` is the last.
        advance: the step of the decoder.
    """
    known: dict[str, Any] = {"advance": advance}
    for function in (*functions, write_tokens):
        source = cast(FunctionType, function)
        names = {**source.__globals__, **known}
        known[source.__name__] = compiled(FunctionType(source.__code__, names, source.__name__), fast=False)
    return cast(Callable[..., int], known[write_tokens.__name__])


def build_network(spec: NetworkSpec, weights: Mapping[str, Array], precision: str = "float32") -> NumpyNetwork:
    """The kernels know a decoder that is fed and looks back on nothing; other networks are NumPy's."""
    if precision != "float32":
        weights = {name: array if array.ndim == 1 else rounded(array, precision) for name, array in weights.items()}
    decoder = spec.decoder
    if decoder is None or decoder.attention != "none" or decoder.feed == "none":
        return NumpyNetwork(spec, weights)
    return NumbaNetwork(spec, weights, precision)
