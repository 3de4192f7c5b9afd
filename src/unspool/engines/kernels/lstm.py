"""Run an LSTM layer over a whole window, forward and backward, each as one compiled kernel.

They work as those of `recurrent.py`, for frameworks that have no such kernel themselves.

Shapes: B rows, T time steps, N = B T positions, H hidden units.
"""

from functools import cache
from types import SimpleNamespace

from numba import float32

from unspool.engines.kernels.arithmetic import hyperbolic_tangent, logistic, narrow, widen
from unspool.engines.kernels.panels import padded
from unspool.engines.kernels.parallel import CHUNKS, Call, arguments, compile_kernel, matrix, take
from unspool.engines.kernels.recurrent import ONE, ROWS, multiply_all, part, store
from unspool.engines.kernels.tiles import PANEL, PER_LANE, STORAGE


@cache
def lstm_kernels(precision: str) -> SimpleNamespace:
    """Compile both kernels for one precision of what is stored.

    Forward takes B, T, H; the input's part of the gates i f g o [N, 4 H], stored, which it activates in place; the
    packed matrix; the hidden state and the cell [B, H], which it replaces by the last ones; the bias [4 H]; the outputs
    [N, H], stored, and the cells [N, H]; workspaces. Backward takes B, T, H, the activated gates and the packed
    transpose; the first cell, and the cells [N, H]; the gradients of the last state and cell [B, H], which it replaces
    by those of the first, of the outputs [N, H] and of the gates before activation [N, 4 H], stored; workspaces.
    """
    storage = STORAGE[precision]
    pairs = PER_LANE[storage]

    def lstm(call: Call) -> None:
        given = arguments(call)
        count, steps, size = given[2], given[3], given[4]
        gates = matrix(given[5], storage, count * steps, 4 * size)
        depth, width = padded(size, pairs), padded(4 * size, PANEL)
        panels = matrix(given[6], storage, width // PANEL, depth * PANEL)
        hidden, cell = matrix(given[7], float32, count, size), matrix(given[8], float32, count, size)
        bias = matrix(given[9], float32, 1, 4 * size)[0]
        output, cells = matrix(given[10], storage, count * steps, size), matrix(given[11], float32, count * steps, size)
        chunk = take(call)
        while chunk < given[CHUNKS]:
            first, last = chunk * ROWS, min(count, (chunk + 1) * ROWS)
            rows = part(given[12], storage, given[CHUNKS], chunk, depth)
            sums = part(given[13], float32, given[CHUNKS], chunk, width)
            store(hidden, first, last, rows)
            for step in range(steps):
                multiply_all(rows, panels, sums)
                for row in range(first, last):
                    n, total = step * count + row, sums[row - first]
                    for i in range(2 * size):
                        total[i] = logistic(total[i] + widen(gates[n, i]) + bias[i])
                    for i in range(2 * size, 3 * size):
                        total[i] = hyperbolic_tangent(total[i] + widen(gates[n, i]) + bias[i])
                    for i in range(3 * size, 4 * size):
                        total[i] = logistic(total[i] + widen(gates[n, i]) + bias[i])
                    for i in range(4 * size):
                        gates[n, i] = narrow(total[i], gates)
                    for i in range(size):
                        cell[row, i] = total[size + i] * cell[row, i] + total[i] * total[2 * size + i]
                        cells[n, i] = cell[row, i]
                    for i in range(size):
                        hidden[row, i] = total[3 * size + i] * hyperbolic_tangent(cell[row, i])
                    for i in range(size):
                        output[n, i] = narrow(hidden[row, i], output)
                        rows[row - first, i] = output[n, i]
            chunk = take(call)

    def lstm_back(call: Call) -> None:
        given = arguments(call)
        count, steps, size = given[2], given[3], given[4]
        gates = matrix(given[5], storage, count * steps, 4 * size)
        depth, width = padded(4 * size, pairs), padded(size, PANEL)
        panels = matrix(given[6], storage, width // PANEL, depth * PANEL)
        before, cells = matrix(given[7], float32, count, size), matrix(given[8], float32, count * steps, size)
        d_hidden, d_cell = matrix(given[9], float32, count, size), matrix(given[10], float32, count, size)
        d_output = matrix(given[11], storage, count * steps, size)
        d_gates = matrix(given[12], storage, count * steps, 4 * size)
        chunk = take(call)
        while chunk < given[CHUNKS]:
            first, last = chunk * ROWS, min(count, (chunk + 1) * ROWS)
            rows = part(given[13], storage, given[CHUNKS], chunk, depth)
            sums = part(given[14], float32, given[CHUNKS], chunk, width)
            for step in range(steps - 1, -1, -1):
                for row in range(first, last):
                    n, d_h, d_c = step * count + row, d_hidden[row], d_cell[row]
                    for i in range(size):
                        value, o = hyperbolic_tangent(cells[n, i]), widen(gates[n, 3 * size + i])
                        d_total = d_h[i] + widen(d_output[n, i])
                        d_gates[n, 3 * size + i] = narrow(d_total * value * o * (ONE - o), d_gates)
                        d_c[i] += d_total * o * (ONE - value * value)
                    for i in range(size):
                        i_gate, g = widen(gates[n, i]), widen(gates[n, 2 * size + i])
                        d_gates[n, i] = narrow(d_c[i] * g * i_gate * (ONE - i_gate), d_gates)
                        d_gates[n, 2 * size + i] = narrow(d_c[i] * i_gate * (ONE - g * g), d_gates)
                    for i in range(size):
                        f = widen(gates[n, size + i])
                        previous = cells[n - count, i] if step else before[row, i]
                        d_gates[n, size + i] = narrow(d_c[i] * previous * f * (ONE - f), d_gates)
                        d_c[i] *= f
                    for i in range(4 * size):
                        rows[row - first, i] = d_gates[n, i]
                multiply_all(rows, panels, sums)
                for row in range(first, last):
                    for i in range(size):
                        d_hidden[row, i] = sums[row - first, i]
            chunk = take(call)

    return SimpleNamespace(forward=compile_kernel(lstm), back=compile_kernel(lstm_back))
