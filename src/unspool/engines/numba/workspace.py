"""Arrays for kernels, with a gap of memory before and behind.

A compiled loop that reads one array and writes another first looks whether they are so near that vector instructions
could read what they are about to write; if they are, it goes number by number, where divisions are rounded in another
way. Small arrays are near by chance, and the last bit of a result would depend on where memory was free. A gap on both
sides keeps them apart, so that every call takes the same way.

Shapes: B rows, N numbers in each.
"""

import numpy as np

from unspool.arrays import Array
from unspool.engines.kernels.compiling import compiled

GAP = 128  # numbers of float32: more than the vectors of an unrolled loop hold


@compiled
def workspace(rows: int, size: int) -> Array:
    """Make an array [B, N] float32 whose numbers mean nothing yet."""
    room = np.empty(rows * size + 2 * GAP, np.float32)
    result: Array = room[GAP : GAP + rows * size].reshape(rows, size)
    return result


@compiled
def repeated(vector: Array, rows: int) -> Array:
    """Copy a vector [N] into every row of an array [B, N]."""
    result = workspace(rows, vector.shape[0])
    for row in range(rows):
        for i in range(vector.shape[0]):
            result[row, i] = vector[i]
    return result


def copied(array: Array) -> Array:
    """Copy an array of any shape and type."""
    room = np.empty(array.size + 2 * GAP, array.dtype)
    result: Array = room[GAP : GAP + array.size].reshape(array.shape)
    result[...] = array
    return result
