"""Weights in fewer bits: what is left of a float32 in bfloat16, or in 255 levels.

Shapes: R rows, K columns.
"""

from collections.abc import Mapping

import numpy as np

from unspool.arrays import Array, Arrays


def rounded_weights(weights: Mapping[str, Array], precision: str) -> Arrays:
    """All matrices as they are in `bfloat16` or `int8`, in float32; the rest, and `float32`, stay as they are."""
    if precision == "float32":
        return dict(weights)
    return {name: array if array.ndim == 1 else rounded(array, precision) for name, array in weights.items()}


def rounded(matrix: Array, precision: str) -> Array:
    """A matrix [R, K] as it is in `bfloat16` or `int8`, in float32."""
    if precision == "int8":
        scale = int8_scale(matrix)[:, None]  # (R, 1)
        result: Array = np.rint(matrix / scale) * scale
        return result
    return from_bfloat16(to_bfloat16(matrix)) if precision == "bfloat16" else matrix


def int8_scale(matrix: Array) -> Array:
    """The step between the 255 levels of each row, [..., R, K] to [..., R]: its largest number has level 127."""
    highest: Array = np.abs(matrix).max(axis=-1)
    return np.where(highest > 0, highest / 127, 1).astype(np.float32)


def to_bfloat16(array: Array) -> Array:
    """Float32 rounded to the nearest bfloat16, ties to even, as uint16 of the same shape."""
    bits = np.ascontiguousarray(array, np.float32).view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + ((bits >> np.uint64(16)) & np.uint64(1))) >> np.uint64(16)).astype(np.uint16)


def from_bfloat16(bits: Array) -> Array:
    """The float32 that bfloat16 bits stand for."""
    return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)
