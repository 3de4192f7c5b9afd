"""Run recurrent layers over a window in one compiled call, for encoders, heads and prompts.

The products of the inputs are NumPy's, one for all time steps; only what goes step by step is compiled. Rows do not
depend on one another, so each thread takes some of them through all steps.

Shapes: B rows, T time steps, G gates, H hidden units.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from unspool.arrays import Array
from unspool.engines.kernels.arithmetic import logistic
from unspool.engines.kernels.compiling import compiled
from unspool.engines.kernels.panels import Panels, pack, padded
from unspool.engines.kernels.tiles import TILE_ROWS
from unspool.engines.numba.cells import CODES
from unspool.engines.numba.rows import step_rows
from unspool.engines.numba.workspace import copied, workspace
from unspool.engines.numpy.cells import CellState
from unspool.engines.numpy.layers import MinGruBlock, RecurrentLayer
from unspool.specs.shapes import CellName

Partition = Callable[[int], Sequence[slice]]  # a number of rows to the rows of each thread


class CompiledLayer(RecurrentLayer):
    """Runs an `rnn`, `lstm` or `gru` layer.

    Args:
        cell: names the kind.
        weights: are those of the layer, by their names without its number.
        recurrent: is its recurrent matrix, packed.
        partition: says which rows each thread takes.
    """

    def __init__(self, cell: CellName, weights: Mapping[str, Array], recurrent: Panels, partition: Partition) -> None:
        super().__init__(cell, weights)
        self._kind, self._recurrent, self._partition = CODES[cell], recurrent, partition

    def run(self, prepared: Array, cell_state: CellState) -> tuple[Array, CellState]:
        """Run step by step: [B, T, G * H] to [B, T, H]."""
        hidden = np.empty((*prepared.shape[:2], cell_state[0].shape[-1]), np.float32)  # (B, T, H)
        last = [copied(array) for array in cell_state]

        def run_some(rows: slice) -> None:
            own = (hidden[rows], last[0][rows], last[-1][rows])
            run_rows(self._kind, self._recurrent, self._bias_hh, prepared[rows], *own)

        on_threads(run_some, self._partition(len(prepared)))
        return hidden, tuple(last)


class CompiledBlock(MinGruBlock):
    """Runs a `mingru` block: its products cover all time steps at once, so only the scan is compiled."""

    def scan(self, gates: Array, cell_state: CellState) -> tuple[Array, CellState]:
        """Compute the states of all steps: [B, T, 3 H] to [B, T, H]."""
        (first,) = cell_state
        hidden = np.empty((*gates.shape[:2], first.shape[-1]), np.float32)  # (B, T, H)
        last = copied(first)
        scan_rows(gates, hidden, last)
        return hidden, (last,)


@compiled
def run_rows(
    kind: int, recurrent: Panels, bias: Array, prepared: Array, hidden: Array, last: Array, cell: Array
) -> None:
    """Run all steps: [B, T, G H] prepared, [B, T, H] hidden is written, the states [B, H] change in place."""
    gates = workspace(prepared.shape[0], prepared.shape[2])  # (B, G * H)
    for time in range(prepared.shape[1]):
        gates[:] = prepared[:, time]
        step_rows(kind, recurrent, 0, bias, gates, last, cell)
        hidden[:, time] = last


@compiled
def scan_rows(gates: Array, hidden: Array, last: Array) -> None:
    """Run the scan: [B, T, 3 H] gates z c g, [B, T, H] hidden is written, the states [B, H] change in place."""
    rows, steps, size = hidden.shape
    for row in range(rows):
        for time in range(steps):
            for i in range(size):
                last[row, i] += logistic(gates[row, time, i]) * (gates[row, time, size + i] - last[row, i])
            hidden[row, time] = last[row]


def partitioned(count: int, threads: int, min_rows: int) -> list[slice]:
    """Split rows among threads: whole tiles of them, and no fewer than the minimum each."""
    size = int(padded(max(count // threads, min_rows, 1), TILE_ROWS))
    return [slice(start, start + size) for start in range(0, count, size)]


def on_threads(work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """Work on every item at once, each on a thread of its own.

    The threads are those of this call and no other: threads that wait for one another must all run, and a pool that two
    callers share would start some of each and none whole.
    """
    if len(items) == 1:
        return [work(items[0])]
    with ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(work, items))


def packed_layer(
    cell: CellName, weights: Mapping[str, Array], precision: str, partition: Partition
) -> CompiledLayer | CompiledBlock:
    """Make a layer of any cell, with its recurrent matrix packed in a precision."""
    if cell == "mingru":
        return CompiledBlock(weights)
    return CompiledLayer(cell, weights, pack(weights["weight_hh"][None], precision), partition)
