"""Arrays for kernels, with unused memory before and after.

A compiled loop that reads one array and writes another first tests whether they are so close that vector instructions
could read what they are about to write; if so, it runs without them, and rounds divisions in another way. Small arrays
may lie close, and then the last bit of a result would depend on where memory was free. A gap on both sides keeps them
apart, so that every call runs the same instructions.

Shapes: B rows, N columns.
"""

import numpy as np

from unspool.arrays import Array
from unspool.engines.kernels.compiling import compiled

GAP = 128  # float32 values: more than the vectors of an unrolled loop hold


@compiled
def workspace(rows: int, size: int) -> Array:
    """Make an uninitialised array, [B, N] float32."""
    memory = np.empty(rows * size + 2 * GAP, np.float32)
    result: Array = memory[GAP : GAP + rows * size].reshape(rows, size)
    return result


@compiled
def repeated(vector: Array, rows: int) -> Array:
    """Return an array [B, N] with a vector [N] in every row."""
    result = workspace(rows, vector.shape[0])
    for row in range(rows):
        for i in range(vector.shape[0]):
            result[row, i] = vector[i]
    return result


@compiled
def assign(vector: Array, values: Array) -> None:
    """Copy values [N] into a vector; the slices of Numba take longer to compile, for the errors that they can raise."""
    for i in range(vector.shape[0]):
        vector[i] = values[i]


def copied(array: Array) -> Array:
    """Copy an array of any shape and type."""
    memory = np.empty(array.size + 2 * GAP, array.dtype)
    result: Array = memory[GAP : GAP + array.size].reshape(array.shape)
    result[...] = array
    return result
