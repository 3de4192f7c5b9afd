"""Run a GRU or RNN layer over a whole window, forward and backward, each as one compiled kernel.

A chunk is ROWS rows of the batch: rows do not depend on one another, so the threads wait for each other only at the end
of the window. In a chunk, every step is a product with the packed recurrent matrix (`tiles.py`) and a few point-wise
loops. The framework computes the large products (`recurrent.py` of its engine).

Shapes: B rows, T time steps, N = B T positions, H hidden units, G gates. Positions are ordered by time step, so that
the rows of a chunk are contiguous. What products read or write is *stored*: in bfloat16 (as uint16) or float32, as the
kernels are compiled for. All else is float32.
"""

from functools import cache
from types import SimpleNamespace
from typing import Any

import numba
import numpy as np
from numba import float32, uint32

from unspool.engines.kernels.arithmetic import hyperbolic_tangent, logistic, narrow, widen
from unspool.engines.kernels.compiling import inlined
from unspool.engines.kernels.panels import multiply, padded
from unspool.engines.kernels.parallel import CHUNKS, Call, arguments, compile_kernel, matrix, take
from unspool.engines.kernels.tiles import PANEL, PER_LANE, STORAGE, TILE_VECTORS

ROWS = 16  # of a chunk
BLOCK = 16  # entries of a column that are packed at once: a cache line
ONE = np.float32(1)


@numba.njit(inline="always")
def part(address: Any, kind: Any, chunks: Any, chunk: Any, columns: Any) -> Any:
    """Return the rows [ROWS, columns] of one chunk in an array of all chunks."""
    return matrix(address, kind, chunks * ROWS, columns)[chunk * ROWS : (chunk + 1) * ROWS]


@inlined
def store(hidden: Any, first: int, last: int, rows: Any) -> None:
    """Store some of the states [B, H] as the rows of a product."""
    for row in range(first, last):
        for i in range(hidden.shape[1]):
            rows[row - first, i] = narrow(hidden[row, i], rows)


@inlined
def multiply_all(rows: Any, panels: Any, sums: Any) -> None:
    """Write the sums [ROWS, N] of rows [ROWS, K] times all panels [N / PANEL, K * PANEL]."""
    for panel in range(panels.shape[0]):
        multiply(rows, panels[panel], TILE_VECTORS, sums, panel * PANEL)


@inlined
def paired(low: Any, high: Any, like: Any) -> Any:
    """Return the two bfloat16 of a lane, which are written at once, in a uint32."""
    return np.uint32(narrow(low, like)) | (np.uint32(narrow(high, like)) << np.uint32(16))


def packed_shape(inner: int, outer: int, precision: str) -> tuple[int, int]:
    """Return the rows and columns of a matrix [inner, outer] once it is padded and packed."""
    return int(padded(inner, PER_LANE[STORAGE[precision]])), int(padded(outer, PANEL))


@cache
def recurrent_kernels(precision: str) -> SimpleNamespace:
    """Compile all kernels for one precision of what is stored.

    Forward kernels take B, T, H; the input's part of the gates [N, G H], stored, which they replace by what the
    backward pass needs; the packed matrix; the states [B, H], which they replace by the last ones; outputs [N, H],
    stored; what else the backward pass needs; a workspace for the rows of a product [B', K'], stored, and one for its
    sums [B', N']. Backward kernels take the same, then the gradients.
    """
    storage = STORAGE[precision]
    pairs = PER_LANE[storage]

    def pack(call: Call) -> None:
        """Pack a matrix [K, N] or, with the flag, its transpose into panels for `multiply_all`; a chunk is a panel."""
        given = arguments(call)
        inner, outer, transposed = given[2], given[3], given[4]
        source = matrix(given[5], float32, outer if transposed else inner, inner if transposed else outer)
        depth = padded(inner, pairs)
        panels = matrix(given[6], storage, given[CHUNKS], depth * PANEL)
        words = matrix(given[6], uint32, given[CHUNKS], depth * PANEL // pairs)
        panel = take(call)
        while panel < given[CHUNKS]:
            first, columns = panel * PANEL, min(PANEL, outer - panel * PANEL)
            if depth > inner or columns < PANEL:
                panels[panel, :] = 0
            if transposed:
                for block in range(0, inner, BLOCK):
                    for column in range(columns):
                        line = source[first + column, block : min(inner, block + BLOCK)]
                        count = line.shape[0] // pairs
                        for i in range(count):
                            lane = (block // pairs + i) * PANEL + column
                            if pairs == 1:
                                panels[panel, lane] = narrow(line[i], panels)
                            else:
                                words[panel, lane] = paired(line[2 * i], line[2 * i + 1], panels)
                        if pairs == 2 and line.shape[0] % 2:
                            words[panel, (block // 2 + count) * PANEL + column] = narrow(line[2 * count], panels)
            else:
                for k in range(0, inner, pairs):
                    line = source[k, first : first + columns]
                    start = k // pairs * PANEL
                    if pairs == 1:
                        lanes = panels[panel, start : start + columns]
                        for column in range(columns):
                            lanes[column] = narrow(line[column], panels)
                    else:
                        last = source[min(k + 1, inner - 1), first : first + columns]
                        kept = np.float32(k + 1 < inner)
                        both = words[panel, start : start + columns]
                        for column in range(columns):
                            both[column] = paired(line[column], last[column] * kept, panels)
            panel = take(call)

    def gru(call: Call) -> None:
        """Activate the gates r z n in place, and keep the state's part of n, [N, H], stored."""
        given = arguments(call)
        count, steps, size = given[2], given[3], given[4]
        gates, hidden = matrix(given[5], storage, count * steps, 3 * size), matrix(given[7], float32, count, size)
        bias, output = matrix(given[8], float32, 1, size), matrix(given[9], storage, count * steps, size)
        inside = matrix(given[10], storage, count * steps, size)
        depth, width = padded(size, pairs), padded(3 * size, PANEL)
        panels = matrix(given[6], storage, width // PANEL, depth * PANEL)
        chunk = take(call)
        while chunk < given[CHUNKS]:
            first, last = chunk * ROWS, min(count, (chunk + 1) * ROWS)
            rows = part(given[11], storage, given[CHUNKS], chunk, depth)
            sums = part(given[12], float32, given[CHUNKS], chunk, width)
            store(hidden, first, last, rows)
            for step in range(steps):
                multiply_all(rows, panels, sums)
                for row in range(first, last):
                    n, total = step * count + row, sums[row - first]
                    for i in range(2 * size):
                        total[i] = logistic(total[i] + widen(gates[n, i]))
                    for i in range(size):
                        total[2 * size + i] += bias[0, i]
                        inside[n, i] = narrow(total[2 * size + i], inside)
                    for i in range(size):
                        total[2 * size + i] = total[i] * total[2 * size + i] + widen(gates[n, 2 * size + i])
                    for i in range(2 * size, 3 * size):
                        total[i] = hyperbolic_tangent(total[i])
                    for i in range(3 * size):
                        gates[n, i] = narrow(total[i], gates)
                    for i in range(size):
                        hidden[row, i] = total[2 * size + i] + total[size + i] * (hidden[row, i] - total[2 * size + i])
                    for i in range(size):
                        output[n, i] = narrow(hidden[row, i], output)
                        rows[row - first, i] = output[n, i]
            chunk = take(call)

    def gru_back(call: Call) -> None:
        """Write the gradients of r, z and n before activation, and of what the state contributes to them.

        Both are [N, 3 H], stored, and differ in n.
        """
        given = arguments(call)
        count, steps, size = given[2], given[3], given[4]
        gates, before = matrix(given[5], storage, count * steps, 3 * size), matrix(given[7], float32, count, size)
        d_hidden, output = matrix(given[8], float32, count, size), matrix(given[9], storage, count * steps, size)
        inside = matrix(given[10], storage, count * steps, size)
        d_output = matrix(given[11], storage, count * steps, size)
        d_gates = matrix(given[12], storage, count * steps, 3 * size)
        d_state = matrix(given[13], storage, count * steps, 3 * size)
        depth, width = padded(3 * size, pairs), padded(size, PANEL)
        panels = matrix(given[6], storage, width // PANEL, depth * PANEL)
        chunk = take(call)
        while chunk < given[CHUNKS]:
            first, last = chunk * ROWS, min(count, (chunk + 1) * ROWS)
            rows = part(given[14], storage, given[CHUNKS], chunk, depth)
            sums = part(given[15], float32, given[CHUNKS], chunk, width)
            for step in range(steps - 1, -1, -1):
                for row in range(first, last):
                    n, d_h = step * count + row, d_hidden[row]
                    for i in range(size):
                        d_h[i] += widen(d_output[n, i])
                    for i in range(size):
                        r, z, value = widen(gates[n, i]), widen(gates[n, size + i]), widen(gates[n, 2 * size + i])
                        d_value = d_h[i] * (ONE - z) * (ONE - value * value)
                        d_gates[n, 2 * size + i] = narrow(d_value, d_gates)
                        d_gates[n, i] = narrow(d_value * widen(inside[n, i]) * r * (ONE - r), d_gates)
                        d_state[n, 2 * size + i] = narrow(d_value * r, d_state)
                    for i in range(size):
                        z, value = widen(gates[n, size + i]), widen(gates[n, 2 * size + i])
                        previous = widen(output[n - count, i]) if step else before[row, i]
                        d_gates[n, size + i] = narrow(d_h[i] * (previous - value) * z * (ONE - z), d_gates)
                        d_h[i] *= z
                    for i in range(2 * size):
                        d_state[n, i] = d_gates[n, i]
                    for i in range(3 * size):
                        rows[row - first, i] = d_state[n, i]
                multiply_all(rows, panels, sums)
                for row in range(first, last):
                    for i in range(size):
                        d_hidden[row, i] += sums[row - first, i]
            chunk = take(call)

    def rnn(call: Call) -> None:
        """Compute the outputs, which are the activated gate."""
        given = arguments(call)
        count, steps, size = given[2], given[3], given[4]
        gates, hidden = matrix(given[5], storage, count * steps, size), matrix(given[7], float32, count, size)
        output = matrix(given[8], storage, count * steps, size)
        depth, width = padded(size, pairs), padded(size, PANEL)
        panels = matrix(given[6], storage, width // PANEL, depth * PANEL)
        chunk = take(call)
        while chunk < given[CHUNKS]:
            first, last = chunk * ROWS, min(count, (chunk + 1) * ROWS)
            rows = part(given[9], storage, given[CHUNKS], chunk, depth)
            sums = part(given[10], float32, given[CHUNKS], chunk, width)
            store(hidden, first, last, rows)
            for step in range(steps):
                multiply_all(rows, panels, sums)
                for row in range(first, last):
                    n = step * count + row
                    for i in range(size):
                        hidden[row, i] = hyperbolic_tangent(sums[row - first, i] + widen(gates[n, i]))
                    for i in range(size):
                        output[n, i] = narrow(hidden[row, i], output)
                        rows[row - first, i] = output[n, i]
            chunk = take(call)

    def rnn_back(call: Call) -> None:
        """Write the gradient of the gate before its activation, [N, H], stored."""
        given = arguments(call)
        count, steps, size = given[2], given[3], given[4]
        output, d_hidden = matrix(given[5], storage, count * steps, size), matrix(given[7], float32, count, size)
        d_output = matrix(given[8], storage, count * steps, size)
        d_gates = matrix(given[9], storage, count * steps, size)
        depth, width = padded(size, pairs), padded(size, PANEL)
        panels = matrix(given[6], storage, width // PANEL, depth * PANEL)
        chunk = take(call)
        while chunk < given[CHUNKS]:
            first, last = chunk * ROWS, min(count, (chunk + 1) * ROWS)
            rows = part(given[10], storage, given[CHUNKS], chunk, depth)
            sums = part(given[11], float32, given[CHUNKS], chunk, width)
            for step in range(steps - 1, -1, -1):
                for row in range(first, last):
                    n = step * count + row
                    for i in range(size):
                        value = widen(output[n, i])
                        change = (d_hidden[row, i] + widen(d_output[n, i])) * (ONE - value * value)
                        d_gates[n, i] = narrow(change, d_gates)
                        rows[row - first, i] = d_gates[n, i]
                multiply_all(rows, panels, sums)
                for row in range(first, last):
                    for i in range(size):
                        d_hidden[row, i] = sums[row - first, i]
            chunk = take(call)

    kernels = (pack, gru, gru_back, rnn, rnn_back)
    return SimpleNamespace(**{kernel.__name__: compile_kernel(kernel) for kernel in kernels})
