"""Round weights to fewer bits: to bfloat16, or to 255 levels.

Shapes: R rows, K columns.
"""

from collections.abc import Mapping

import numpy as np

from unspool.arrays import Array, Arrays


def rounded_weights(weights: Mapping[str, Array], precision: str) -> Arrays:
    """Round all matrices to `bfloat16` or `int8`, kept in float32; vectors stay as they are."""
    if precision == "float32":
        return dict(weights)
    return {name: array if array.ndim == 1 else rounded(array, precision) for name, array in weights.items()}


def rounded(matrix: Array, precision: str) -> Array:
    """Round a matrix [R, K] to `bfloat16` or `int8`, kept in float32."""
    if precision == "int8":
        scale = int8_scale(matrix)[:, None]  # (R, 1)
        result: Array = np.rint(matrix / scale) * scale
        return result
    return from_bfloat16(to_bfloat16(matrix)) if precision == "bfloat16" else matrix


def int8_scale(matrix: Array) -> Array:
    """Return the step between the 255 levels of each row, [..., R, K] to [..., R]: its largest entry has level 127."""
    maximum: Array = np.abs(matrix).max(axis=-1)
    return np.where(maximum > 0, maximum / 127, 1).astype(np.float32)


def to_bfloat16(array: Array) -> Array:
    """Round float32 to the nearest bfloat16, ties to even, as uint16 of the same shape."""
    bits = np.ascontiguousarray(array, np.float32).view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + ((bits >> np.uint64(16)) & np.uint64(1))) >> np.uint64(16)).astype(np.uint16)


def from_bfloat16(bits: Array) -> Array:
    """Return the float32 that bfloat16 bits stand for."""
    return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)
