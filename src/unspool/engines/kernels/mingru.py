"""Compute the point-wise part of a minGRU block, forward and backward, in few passes over memory.

`engines/torch/mingru.py` defines the block in plain PyTorch, and tests compare the two. The framework computes the
products.

Shapes: N = B T positions, B rows, T time steps, H hidden units, M units inside the gated linear unit. What products
read or write is *stored*: in bfloat16 (as uint16) or float32, as the kernels are compiled for. All else is float32.
"""

from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from numba import float32

from unspool.engines.kernels.arithmetic import logistic, narrow, widen
from unspool.engines.kernels.compiling import inlined
from unspool.engines.kernels.parallel import CHUNKS, Call, arguments, compile_kernel, matrix, take
from unspool.engines.kernels.tiles import STORAGE
from unspool.engines.parameters import NORMALISED_MINIMUM

POSITIONS = 64  # of a chunk
MINIMUM = np.float32(NORMALISED_MINIMUM)


@inlined
def silu_slope(x: Any, gate: Any) -> Any:
    """Return the derivative of x * logistic(x), where gate is logistic(x)."""
    return gate * (np.float32(1) + x * (np.float32(1) - gate))


@cache
def mingru_kernels(precision: str) -> SimpleNamespace:
    """Compile all kernels for one precision of what is stored.

    They take sizes and arrays in the order in which they unpack them. A chunk is POSITIONS positions, or in the scans
    one row.
    """
    storage = STORAGE[precision]

    def normalise(call: Call) -> None:
        """Add and normalise by the root mean square: sum = x + mask * change; normal = sum / rms(sum) * scale.

        Without change or mask (address 0), they are 0 and 1.
        """
        given = arguments(call)
        count, size, steps = given[2], given[3], given[4]
        x, change = matrix(given[5], float32, count, size), matrix(given[6], storage, count, size)
        mask, scale = matrix(given[7], float32, count // steps, size), matrix(given[8], float32, 1, size)
        total, normal = matrix(given[9], float32, count, size), matrix(given[10], storage, count, size)
        inverse = matrix(given[11], float32, 1, count)
        chunk = take(call)
        while chunk < given[CHUNKS]:
            for n in range(chunk * POSITIONS, min(count, (chunk + 1) * POSITIONS)):
                if given[6] == 0:
                    for i in range(size):
                        total[n, i] = x[n, i]
                elif given[7] == 0:
                    for i in range(size):
                        total[n, i] = x[n, i] + widen(change[n, i])
                else:
                    for i in range(size):
                        total[n, i] = x[n, i] + mask[n // steps, i] * widen(change[n, i])
                squares = np.float32(0)
                for i in range(size):
                    squares += total[n, i] * total[n, i]
                factor = np.float32(1) / np.sqrt(squares / np.float32(size) + MINIMUM)
                inverse[0, n] = factor
                for i in range(size):
                    normal[n, i] = narrow(total[n, i] * factor * scale[0, i], normal)
            chunk = take(call)

    def normalise_back(call: Call) -> None:
        """Compute the gradients of `normalise`: of x, to which that of the sum is added, of change, and of scale.

        The gradient of scale has one row for each chunk.
        """
        given = arguments(call)
        count, size, steps = given[2], given[3], given[4]
        total, inverse = matrix(given[5], float32, count, size), matrix(given[6], float32, 1, count)
        scale, mask = matrix(given[7], float32, 1, size), matrix(given[8], float32, count // steps, size)
        d_normal, d_total = matrix(given[9], storage, count, size), matrix(given[10], float32, count, size)
        d_x, d_change = matrix(given[11], float32, count, size), matrix(given[12], storage, count, size)
        d_scale = matrix(given[13], float32, given[CHUNKS], size)
        chunk = take(call)
        while chunk < given[CHUNKS]:
            for i in range(size):
                d_scale[chunk, i] = np.float32(0)
            for n in range(chunk * POSITIONS, min(count, (chunk + 1) * POSITIONS)):
                factor, along = inverse[0, n], np.float32(0)
                for i in range(size):
                    along += widen(d_normal[n, i]) * scale[0, i] * total[n, i]
                    d_scale[chunk, i] += widen(d_normal[n, i]) * total[n, i] * factor
                along *= factor * factor * factor / np.float32(size)
                for i in range(size):
                    d_x[n, i] = d_total[n, i] + widen(d_normal[n, i]) * scale[0, i] * factor - total[n, i] * along
                if given[12] != 0 and given[8] == 0:
                    for i in range(size):
                        d_change[n, i] = narrow(d_x[n, i], d_change)
                elif given[12] != 0:
                    for i in range(size):
                        d_change[n, i] = narrow(d_x[n, i] * mask[n // steps, i], d_change)
            chunk = take(call)

    def scan(call: Call) -> None:
        """Compute h = h + logistic(z) * (c - h) step by step, and output = h * silu(g). A chunk is a row."""
        given = arguments(call)
        steps, size, rows = given[2], given[3], given[CHUNKS]
        projected = matrix(given[4], storage, rows * steps, 3 * size)  # z, c, g
        first, states = matrix(given[5], float32, rows, size), matrix(given[6], float32, rows * steps, size)
        output = matrix(given[7], storage, rows * steps, size)
        row = take(call)
        while row < rows:
            before = first[row]
            for n in range(row * steps, (row + 1) * steps):
                now = states[n]
                for i in range(size):
                    update, candidate = logistic(widen(projected[n, i])), widen(projected[n, size + i])
                    gate = widen(projected[n, 2 * size + i])
                    now[i] = before[i] + update * (candidate - before[i])
                    output[n, i] = narrow(now[i] * gate * logistic(gate), output)
                before = now
            row = take(call)

    def scan_back(call: Call) -> None:
        """Compute the gradients of `scan`: of projected and of the first state; `d_first` starts as the last one's."""
        given = arguments(call)
        steps, size, rows = given[2], given[3], given[CHUNKS]
        projected = matrix(given[4], storage, rows * steps, 3 * size)
        first, states = matrix(given[5], float32, rows, size), matrix(given[6], float32, rows * steps, size)
        d_output = matrix(given[7], storage, rows * steps, size)
        d_projected = matrix(given[8], storage, rows * steps, 3 * size)
        d_first = matrix(given[9], float32, rows, size)
        row = take(call)
        while row < rows:
            carried = d_first[row]
            for step in range(steps - 1, -1, -1):
                n = row * steps + step
                before = states[n - 1] if step else first[row]
                for i in range(size):
                    update, candidate = logistic(widen(projected[n, i])), widen(projected[n, size + i])
                    gate = widen(projected[n, 2 * size + i])
                    open_ = logistic(gate)
                    d_gated = widen(d_output[n, i])
                    d_state = carried[i] + d_gated * gate * open_
                    d_update = d_state * (candidate - before[i]) * update * (np.float32(1) - update)
                    d_projected[n, i] = narrow(d_update, d_projected)
                    d_projected[n, size + i] = narrow(d_state * update, d_projected)
                    d_gate = d_gated * states[n, i] * silu_slope(gate, open_)
                    d_projected[n, 2 * size + i] = narrow(d_gate, d_projected)
                    carried[i] = d_state * (np.float32(1) - update)
            row = take(call)

    def gated_linear(call: Call) -> None:
        """Compute output [N, M] = silu(u) * v, where u and v are the halves of pairs [N, 2 M]."""
        given = arguments(call)
        count, size = given[2], given[3]
        pairs, output = matrix(given[4], storage, count, 2 * size), matrix(given[5], storage, count, size)
        chunk = take(call)
        while chunk < given[CHUNKS]:
            for n in range(chunk * POSITIONS, min(count, (chunk + 1) * POSITIONS)):
                for i in range(size):
                    u = widen(pairs[n, i])
                    output[n, i] = narrow(u * logistic(u) * widen(pairs[n, size + i]), output)
            chunk = take(call)

    def gated_linear_back(call: Call) -> None:
        """Compute the gradient of the pairs of `gated_linear`."""
        given = arguments(call)
        count, size = given[2], given[3]
        pairs, d_output = matrix(given[4], storage, count, 2 * size), matrix(given[5], storage, count, size)
        d_pairs = matrix(given[6], storage, count, 2 * size)
        chunk = take(call)
        while chunk < given[CHUNKS]:
            for n in range(chunk * POSITIONS, min(count, (chunk + 1) * POSITIONS)):
                for i in range(size):
                    u, v, d = widen(pairs[n, i]), widen(pairs[n, size + i]), widen(d_output[n, i])
                    gate = logistic(u)
                    d_pairs[n, i] = narrow(d * v * silu_slope(u, gate), d_pairs)
                    d_pairs[n, size + i] = narrow(d * u * gate, d_pairs)
            chunk = take(call)

    kernels = (normalise, normalise_back, scan, scan_back, gated_linear, gated_linear_back)
    return SimpleNamespace(**{kernel.__name__: compile_kernel(kernel) for kernel in kernels})
