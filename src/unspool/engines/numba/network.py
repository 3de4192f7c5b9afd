"""Decoders with compiled kernels, for one row and for several.

Shapes: B rows, H hidden, L layers, V tokens, N tokens to generate.
"""

import os
from collections.abc import Callable, Mapping
from functools import cache
from types import FunctionType
from typing import Any, cast

import numpy as np
from numba import types

from unspool.arrays import Array, IntArray, Logits
from unspool.engines.base import Block, Functions, LogitsAdjustment, Network, SampledRows
from unspool.engines.kernels.compiling import compiled
from unspool.engines.kernels.panels import pack, padded
from unspool.engines.kernels.team import Team, make_teams
from unspool.engines.kernels.tiles import HAS_FOURS, PANEL
from unspool.engines.numba.attention import attending, attending_blocks, attending_cells
from unspool.engines.numba.cells import CODES
from unspool.engines.numba.kernels import BlockWeights, Weights, blocks_step, decoder_step, generate_tokens, unchanged
from unspool.engines.numba.layers import on_threads, packed_layer, partitioned
from unspool.engines.numba.rows import blocks_rows, decoder_rows, generate_rows
from unspool.engines.numba.workspace import copied
from unspool.engines.numpy.attention import Memory
from unspool.engines.numpy.layers import Layer, MakeLayer
from unspool.engines.numpy.network import (
    NumpyAttentionNetwork,
    NumpyClassifier,
    NumpyDecoder,
    NumpyEncoderDecoder,
    NumpyState,
)
from unspool.engines.rounding import rounded_weights
from unspool.specs.network import NetworkSpec
from unspool.specs.shapes import CellName

MIN_ROWS = 8  # for each thread
MAX_TEAM = 2
MIN_TEAM_BYTES = 1_000_000  # bytes of weights, above which reading them takes longer than a barrier of two threads
MIN_STEP_BYTES = 64_000_000  # bytes of weights times rows: a smaller step is done before another thread starts
BYTES = {"float32": 4, "bfloat16": 2, "int8": 1}


class NumbaDecoder(NumpyDecoder):
    """Steps with compiled kernels, and generates many tokens in one call.

    Args:
        spec: says what to build; it has a decoder.
        weights: are float32, by the names of `parameter_shapes`, rounded to the precision.
        precision: is the format of the matrices: `float32`, or `bfloat16` or `int8`, of half or a quarter of the size.
        threads: is the maximum number of threads, at least 1; a single row uses at most two.

    Raises:
        ModelFolderError: the weights do not fit the spec.
    """

    _has_row_kernel = True  # a faster kernel for a single row

    def __init__(self, spec: NetworkSpec, weights: Mapping[str, Array], precision: str, threads: int) -> None:
        super().__init__(spec, weights, layers_in(precision, threads))
        self._threads = threads
        self._kind = CODES[self._decoder.cell]
        self._blocks = self._decoder.cell == "mingru"
        self._longest = int(padded(max(len(array) for array in weights.values()), PANEL))
        self._size = sum(array.size for array in weights.values()) * BYTES[precision]
        self._advance: Callable[..., None] = blocks_step if self._blocks else decoder_step
        self._weights = self._packed(weights, lambda matrices: pack(matrices, precision))
        self._rows_weights = cache(lambda: self._packed_for_rows(weights, precision))

    def step(self, tokens: IntArray, state: NumpyState) -> tuple[Logits, NumpyState]:
        """Read one token a row: [B] to [B, V]."""
        hidden, cell = self._flat(state)
        logits = np.empty((len(tokens), self.vocabulary_size), np.float32)
        if self._has_row_kernel and len(tokens) == 1:
            (team,) = make_teams(1, self._longest)
            own = [copied(array[:, 0]) for array in (hidden, cell)]
            self._advance(self._kind, self._weights, team, int(tokens[0]), *own, logits[0])
            return logits, self._nested(own[0][:, None], own[1][:, None], state)
        advance = self._advance_rows(state.memory)

        def step_some(rows: slice) -> None:
            cell_states = [copied(array[:, rows]) for array in (hidden, cell)]
            weights = self._weights_of_rows(state.memory, rows)
            advance(self._kind, weights, np.asarray(tokens[rows]), *cell_states, logits[rows])
            hidden[:, rows], cell[:, rows] = cell_states

        on_threads(step_some, partitioned(len(tokens), self._threads, MIN_STEP_BYTES // self._size))
        return logits, self._nested(hidden, cell, state)

    def generate_block(
        self,
        logits: Logits,
        state: NumpyState,
        sampled: SampledRows,
        functions: Functions,
        adjustment: LogitsAdjustment | None = None,
    ) -> Block:
        """Draw and read up to N tokens a row, the rows split among the threads. See `engines.base.BlockGenerator`."""
        adjust, tables, memory = adjustment or _nothing(len(logits))
        generate = compile_loop(tuple(functions), self._advance_rows(state.memory), adjust, generate_rows)
        hidden, cell = self._flat(state)
        logits, shape = logits.copy(), sampled.uniforms.shape
        tokens, scores, lengths = np.empty(shape, np.int64), np.zeros(shape), np.zeros(len(logits), np.int64)

        def generate_some(rows: slice) -> None:
            cell_states = [copied(array[:, rows]) for array in (hidden, cell)]
            own = (array[rows] for array in sampled[:-1])
            found = (array[rows] for array in (memory, tokens, scores, lengths))
            weights = self._weights_of_rows(state.memory, rows)
            generate(self._kind, weights, *cell_states, logits[rows], *own, sampled.end, tables, *found)
            hidden[:, rows], cell[:, rows] = cell_states

        on_threads(generate_some, partitioned(len(logits), self._threads, MIN_ROWS))
        kept = [(tokens[row, :length], scores[row, :length]) for row, length in enumerate(lengths)]
        return Block([ids for ids, _ in kept], [nats for _, nats in kept], logits, self._nested(hidden, cell, state))

    def generate_row(
        self,
        logits: Logits,
        state: NumpyState,
        sampled: SampledRows,
        functions: Functions,
        adjustment: LogitsAdjustment | None = None,
    ) -> Block:
        """Draw and read up to N tokens of one row, by a team of threads if the weights are large."""
        if not self._has_row_kernel:
            return self.generate_block(logits, state, sampled, functions, adjustment)
        adjust, tables, memory = adjustment or _nothing(1)
        generate = compile_loop(tuple(functions), self._advance, adjust, generate_tokens)
        hidden, cell = self._flat(state)
        logits = logits.copy()
        drawn: tuple[Array, ...] = (sampled.counts[0], sampled.seen[0])
        changing: tuple[Array, ...] = (hidden[:, 0], cell[:, 0], logits[0], *drawn, memory[0])
        uniforms = sampled.uniforms[0, : sampled.limits[0]]
        settings = (sampled.forbidden[0], sampled.parameters[0], uniforms, sampled.end, tables)

        def generate_with(team: Team) -> tuple[list[Array], IntArray]:
            *own, own_memory = [copied(array) for array in changing]
            tokens = np.empty(len(uniforms), np.int64)
            length = generate(self._kind, self._weights, team, *own, *settings, own_memory, tokens)
            return [*own, own_memory], tokens[:length]

        threads = min(self._threads, MAX_TEAM) if self._size > MIN_TEAM_BYTES else 1
        (changed, tokens), *_ = on_threads(generate_with, make_teams(threads, self._longest))
        for array, new in zip(changing, changed, strict=True):
            array[:] = new
        return Block([tokens], [np.zeros(len(tokens))], logits, self._nested(hidden, cell, state))

    def _advance_rows(self, memory: Memory | None) -> Callable[..., None]:
        """Return the step of several rows."""
        return blocks_rows if self._blocks else decoder_rows

    def _weights_of_rows(self, memory: Memory | None, rows: slice) -> Any:
        """Return the weights of a step of some rows."""
        return self._rows_weights()

    def _packed(self, weights: Mapping[str, Array], packed: Callable[[Array], Any]) -> Weights | BlockWeights:
        decoder = self._decoder

        def stacked(name: str, first: int = 0) -> Array:
            arrays = [weights[f"decoder.cell.{name}_l{layer}"] for layer in range(first, decoder.num_layers)]
            shape = weights[f"decoder.cell.{name}_l{decoder.num_layers - 1}"].shape
            return np.stack(arrays) if arrays else np.zeros((0, *shape), np.float32)

        output = packed(self._output.T[None])
        if decoder.cell == "mingru":
            return BlockWeights(
                input_table=self._input_table,
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
            input_table=self._input_table,
            input=packed(stacked("weight_ih", 1)),
            input_bias=stacked("bias_ih", 1),
            recurrent=packed(stacked("weight_hh")),
            recurrent_bias=stacked("bias_hh"),
            output=output,
            output_bias=self._output_bias,
        )

    def _packed_for_rows(self, weights: Mapping[str, Array], precision: str) -> Weights | BlockWeights:
        """Pack the weights for several rows.

        Without instructions for fours of int8, pairs of bfloat16 hold their levels.
        """
        if precision != "int8" or HAS_FOURS:
            return self._weights
        return self._packed(weights, lambda matrices: pack(matrices, precision, types.uint16))

    def _flat(self, state: NumpyState) -> tuple[Array, Array]:
        """Copy a state into hidden [L, B, H] and cell [L, B, H], which is zeros unless it is that of an LSTM."""
        hidden = np.stack([cell_state[0] for cell_state in state.layers])
        cell = (
            np.stack([cell_state[1] for cell_state in state.layers])
            if len(state.layers[0]) > 1
            else np.zeros_like(hidden)
        )
        return hidden, cell

    def _nested(self, hidden: Array, cell: Array, before: NumpyState) -> NumpyState:
        cell_states = zip(hidden, cell, strict=True) if self._decoder.cell == "lstm" else ((h,) for h in hidden)
        return before._replace(layers=tuple(cell_states))


class NumbaEncoderDecoder(NumbaDecoder, NumpyEncoderDecoder):
    """A decoder that starts from a source."""


class NumbaAttentionNetwork(NumbaDecoder, NumpyAttentionNetwork):
    """A decoder that attends to its source at every step."""

    _has_row_kernel = False

    def __init__(self, spec: NetworkSpec, weights: Mapping[str, Array], precision: str, threads: int) -> None:
        super().__init__(spec, weights, precision, threads)
        self._attending = cache(lambda: attending(self._rows_weights(), weights, lambda one: pack(one, "float32")))

    def _advance_rows(self, memory: Memory | None) -> Callable[..., None]:
        if memory is None:
            return super()._advance_rows(memory)
        return attending_blocks if self._blocks else attending_cells

    def _weights_of_rows(self, memory: Memory | None, rows: slice) -> Any:
        if memory is None:
            return super()._weights_of_rows(memory, rows)
        return self._attending()(memory.select(rows))


def _nothing(rows: int) -> LogitsAdjustment:
    """Return what leaves the logits of rows as they are."""
    return LogitsAdjustment(unchanged, (), np.zeros((rows, 0), np.int64))


@cache
def compile_loop(
    functions: tuple[Callable[..., Any], ...],
    advance: Callable[..., None],
    adjust: Callable[..., None],
    loop: Callable[..., Any],
) -> Callable[..., Any]:
    """Compile a loop of generation together with the functions of the sampler.

    Args:
        functions: are those of the sampler, callees first.
        advance: is the step of the decoder.
        adjust: is that of what stands beside it.
        loop: is `generate_tokens` or `generate_rows`.
    """
    known: dict[str, Any] = {"advance": advance, "adjust": adjust}
    for function in (*functions, loop):
        source = cast(FunctionType, function)
        names = {**source.__globals__, **known}
        known[source.__name__] = compiled(FunctionType(source.__code__, names, source.__name__), fast=False)
    return cast(Callable[..., Any], known[loop.__name__])


def available_threads() -> int:
    """Count the threads that this process may run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def build_network(
    spec: NetworkSpec, weights: Mapping[str, Array], precision: str = "float32", threads: int = 0
) -> Network:
    """Build the network of a spec, for inference; 0 threads uses all."""
    weights, threads = rounded_weights(weights, precision), threads or available_threads()
    if spec.decoder is None:
        return NumpyClassifier(spec, weights, layers_in(precision, threads))
    kind: type[NumbaDecoder] = NumbaDecoder
    if spec.encoder is not None:
        kind = NumbaEncoderDecoder if spec.decoder.attention == "none" else NumbaAttentionNetwork
    return kind(spec, weights, precision, threads)


def layers_in(precision: str, threads: int) -> MakeLayer:
    """Return a function that makes compiled layers, with matrices of a precision, for any number of rows."""

    def make(cell: CellName, weights: Mapping[str, Array]) -> Layer:
        return packed_layer(cell, weights, precision, lambda rows: partitioned(rows, threads, MIN_ROWS))

    return make
