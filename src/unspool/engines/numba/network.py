"""The decoder with compiled kernels, for one row and for several.

Shapes: B rows, H hidden, L layers, V tokens, N tokens to write.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import FunctionType
from typing import Any, NamedTuple, cast

import numpy as np
from numba import types

from unspool.arrays import Array, IntArray, Logits
from unspool.engines.kernels.compiling import compiled
from unspool.engines.kernels.panels import pack, padded
from unspool.engines.kernels.team import Team, make_teams
from unspool.engines.kernels.tiles import HAS_FOURS, PANEL
from unspool.engines.numba.attention import attending_blocks, attending_cells, looking
from unspool.engines.numba.cells import CODES
from unspool.engines.numba.kernels import BlockWeights, Weights, blocks_step, decoder_step, write_tokens
from unspool.engines.numba.layers import on_threads, packed_layer, shares_of
from unspool.engines.numba.rows import blocks_rows, decoder_rows, write_rows
from unspool.engines.numpy.attention import Memory
from unspool.engines.numpy.layers import Layer, MakeLayer
from unspool.engines.numpy.network import NumpyNetwork, NumpyState
from unspool.engines.rounding import rounded_weights
from unspool.specs.network import CellName, NetworkSpec

SMALLEST_SHARE = 8  # rows of a thread
MOST_IN_TEAM = 2
SHARED_FROM = 1_000_000  # bytes of weights, which take a thread longer to read than it takes two to meet
SHARED_STEP = 64_000_000  # bytes of weights times rows: a step of fewer is done before another thread starts
BYTES = {"float32": 4, "bfloat16": 2, "int8": 1}


class NumbaNetwork(NumpyNetwork):
    """Steps one row with compiled kernels, and writes many tokens in one call.

    Args:
        spec: what to build.
        weights: by the names of `parameter_shapes`, float32, rounded to the precision.
        precision: `float32`; `bfloat16` or `int8` halve or quarter what one row has to read.
        threads: that it may use, at least 1; more than two of them only for several rows.

    Raises:
        ModelFolderError: the weights do not fit the spec.
    """

    def __init__(self, spec: NetworkSpec, weights: Mapping[str, Array], precision: str, threads: int) -> None:
        super().__init__(spec, weights, layers_in(precision, threads))
        self._threads = threads
        decoder = spec.writer
        self._kind = CODES[decoder.cell]

        blocks = decoder.cell == "mingru"
        self._longest = int(padded(max(len(array) for array in weights.values()), PANEL))
        self._size = sum(array.size for array in weights.values()) * BYTES[precision]
        self._advance: Callable[..., None] = blocks_step if blocks else decoder_step
        self._advance_rows: Callable[..., None] = blocks_rows if blocks else decoder_rows
        self._attending_rows: Callable[..., None] = attending_blocks if blocks else attending_cells
        self._weights = self._laid_out(weights, lambda matrices: pack(matrices, precision))
        self._rows_weights = cache(lambda: self._laid_out_for_rows(weights, precision))
        self._looking = cache(lambda: looking(self._rows_weights(), weights, lambda matrix: pack(matrix, "float32")))

    def _laid_out(self, weights: Mapping[str, Array], packed: Callable[[Array], Any]) -> Weights | BlockWeights:
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

    def _laid_out_for_rows(self, weights: Mapping[str, Array], precision: str) -> Weights | BlockWeights:
        """The same; but where fours of int8 cannot be multiplied at once, pairs of bfloat16 hold their levels."""
        if precision != "int8" or HAS_FOURS:
            return self._weights
        return self._laid_out(weights, lambda matrices: pack(matrices, precision, types.uint16))

    def step(self, tokens: IntArray, state: NumpyState) -> tuple[Logits, NumpyState]:
        """Read one token a row: [B] to [B, V]."""
        hidden, cell = self._flat(state)
        logits = np.empty((len(tokens), self.spec.writer.vocabulary_size), np.float32)
        if len(tokens) == 1 and state.memory is None:
            (team,) = make_teams(1, self._longest)
            self._advance(self._kind, self._weights, team, int(tokens[0]), hidden[:, 0], cell[:, 0], logits[0])
            return logits, self._nested(hidden, cell, state)

        def step_some(rows: slice) -> None:
            cell_states = [np.ascontiguousarray(array[:, rows]) for array in (hidden, cell)]
            advance, weights = self._for_rows(state.memory, rows)
            advance(self._kind, weights, np.asarray(tokens[rows]), *cell_states, logits[rows])
            hidden[:, rows], cell[:, rows] = cell_states

        on_threads(step_some, shares_of(len(tokens), self._threads, SHARED_STEP // self._size))
        return logits, self._nested(hidden, cell, state)

    def write(
        self,
        logits: Logits,
        state: NumpyState,
        samplers: Sequence[Any],
        functions: Sequence[Callable[..., Any]],
        count: int,
        end: int,
    ) -> tuple[list[IntArray], Logits, NumpyState]:
        """Draw and read up to N tokens a row in one call. See `engines.base.Writer`."""
        hidden, cell = self._flat(state)
        uniforms = np.stack([sampler.uniforms(count) for sampler in samplers])  # (B, N)
        task = Task(hidden, cell, state.memory, logits.copy(), samplers, uniforms, end)
        alone = len(samplers) == 1 and state.memory is None
        tokens = self._write_one(task, functions) if alone else self._write_rows(task, functions)
        return tokens, task.logits, self._nested(hidden, cell, state)

    def _write_one(self, task: "Task", functions: Sequence[Callable[..., Any]]) -> list[IntArray]:
        """One row, by a team of threads where the weights are many."""
        write = compile_writer(tuple(functions), self._advance, write_tokens)
        (sampler,) = task.samplers
        hidden, cell, logits = task.hidden[:, 0], task.cell[:, 0], task.logits[0]
        changing: tuple[Array, ...] = (hidden, cell, logits, sampler.written, sampler.seen)

        def write_with(team: Team) -> tuple[list[Array], IntArray]:
            mine, tokens = [array.copy() for array in changing], np.empty(task.uniforms.shape[1], np.int64)
            settings = (sampler.forbidden, sampler.parameters, task.uniforms[0], task.end, tokens)
            length = write(self._kind, self._weights, team, *mine, *settings)
            return mine, tokens[:length]

        threads = min(self._threads, MOST_IN_TEAM) if self._size > SHARED_FROM else 1
        (changed, tokens), *_ = on_threads(write_with, make_teams(threads, self._longest))
        for array, new in zip(changing, changed, strict=True):
            array[:] = new
        return [tokens]

    def _write_rows(self, task: "Task", functions: Sequence[Callable[..., Any]]) -> list[IntArray]:
        """Several rows, shared out to the threads."""
        write = compile_writer(tuple(functions), self._for_rows(task.memory, slice(None))[0], write_rows)
        tokens: Array = np.empty(task.uniforms.shape, np.int64)
        lengths: Array = np.zeros(len(task.samplers), np.int64)

        def write_some(rows: slice) -> None:
            _, weights = self._for_rows(task.memory, rows)
            samplers = task.samplers[rows]
            cell_states = [np.ascontiguousarray(array[:, rows]) for array in (task.hidden, task.cell)]
            counts = [np.stack([getattr(sampler, name) for sampler in samplers]) for name in ("written", "seen")]
            settings = (*counts, samplers[0].forbidden, samplers[0].parameters, task.uniforms[rows], task.end)
            write(self._kind, weights, *cell_states, task.logits[rows], *settings, tokens[rows], lengths[rows])
            task.hidden[:, rows], task.cell[:, rows] = cell_states
            for sampler, written, seen in zip(samplers, *counts, strict=True):
                sampler.written[:], sampler.seen[:] = written, seen

        on_threads(write_some, shares_of(len(task.samplers), self._threads, SMALLEST_SHARE))
        return [row[:length] for row, length in zip(tokens, lengths, strict=True)]

    def _for_rows(self, memory: Memory | None, rows: slice) -> tuple[Callable[..., None], Any]:
        """The step of some rows, and its weights, with what these rows look back on."""
        if memory is None:
            return self._advance_rows, self._rows_weights()
        return self._attending_rows, self._looking()(memory.select(rows))

    def _flat(self, state: NumpyState) -> tuple[Array, Array]:
        """A state as copies: [L, B, H] hidden and [L, B, H] cell (zeros unless it is an LSTM's)."""
        hidden = np.stack([cell_state[0] for cell_state in state.layers])
        cell = (
            np.stack([cell_state[1] for cell_state in state.layers])
            if len(state.layers[0]) > 1
            else np.zeros_like(hidden)
        )
        return hidden, cell

    def _nested(self, hidden: Array, cell: Array, before: NumpyState) -> NumpyState:
        cell_states = zip(hidden, cell, strict=True) if self.spec.writer.cell == "lstm" else ((h,) for h in hidden)
        return before._replace(layers=tuple(cell_states))


class Task(NamedTuple):
    """What is to be written, and the arrays that change on the way.

    Attributes:
        hidden: [L, B, H].
        cell: [L, B, H].
        memory: what attention looks back on, if there is any.
        logits: [B, V] of the first tokens.
        samplers: one a row.
        uniforms: [B, N] random numbers in [0, 1).
        end: the token after which no more of a row is written.
    """

    hidden: Array
    cell: Array
    memory: Memory | None
    logits: Array
    samplers: Sequence[Any]
    uniforms: Array
    end: int


@cache
def compile_writer(
    functions: tuple[Callable[..., Any], ...], advance: Callable[..., None], loop: Callable[..., Any]
) -> Callable[..., Any]:
    """A loop of writing together with the sampler's functions, compiled from their own source.

    Args:
        functions: callees first; `choose` is the last.
        advance: the step of the decoder.
        loop: `write_tokens` or `write_rows`.
    """
    known: dict[str, Any] = {"advance": advance}
    for function in (*functions, loop):
        source = cast(FunctionType, function)
        names = {**source.__globals__, **known}
        known[source.__name__] = compiled(FunctionType(source.__code__, names, source.__name__), fast=False)
    return cast(Callable[..., Any], known[loop.__name__])


def available_threads() -> int:
    """How many this process may run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def build_network(
    spec: NetworkSpec, weights: Mapping[str, Array], precision: str = "float32", threads: int = 0
) -> NumpyNetwork:
    """A network that writes, or one that only reads and classifies. 0 threads are all."""
    weights, threads = rounded_weights(weights, precision), threads or available_threads()
    if spec.decoder is None:
        return NumpyNetwork(spec, weights, layers_in(precision, threads))
    return NumbaNetwork(spec, weights, precision, threads)


def layers_in(precision: str, threads: int) -> MakeLayer:
    """Compiled layers, with matrices of a precision, for any number of rows."""

    def make(cell: CellName, weights: Mapping[str, Array]) -> Layer:
        return packed_layer(cell, weights, precision, lambda rows: shares_of(rows, threads, SMALLEST_SHARE))

    return make
