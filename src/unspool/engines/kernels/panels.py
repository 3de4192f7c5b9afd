"""Multiply by matrices that are packed in panels: one vector, by a team of threads, or several rows.

Shapes: L matrices of one shape, B or R rows, K columns of the rows and rows of a matrix, N columns of a matrix.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.extending import overload

from unspool.arrays import Array
from unspool.engines.kernels.arithmetic import narrow
from unspool.engines.kernels.compiling import compiled, inlined
from unspool.engines.kernels.team import Team, barrier, partition, sums_of
from unspool.engines.kernels.tiles import (
    HAS_FOURS,
    HAS_PAIRS,
    LANES,
    PANEL,
    PER_LANE,
    STORAGE,
    TILE_ROWS,
    one_product,
    tile_product,
    two_product,
)
from unspool.engines.rounding import int8_scale, to_bfloat16

LINE = 64  # bytes of a cache line
HIGH = 256  # the weight of the upper one of two bytes


class Panels(NamedTuple):
    """Matrices of one shape, packed so that a product reads them from end to end.

    Attributes:
        numbers: are the entries, panel after panel, [L, N * K]: float32, uint16 with the bits of bfloat16, or int8.
            Zeros pad K to whole lanes and N to whole vectors.
        scale: multiplies the sums of each column, [L, N].
        totals: are the sums of each column of int8 entries, [L, N] int32; zeros for other storage.
    """

    numbers: Array
    scale: Array
    totals: Array


@inlined
def padded(size: int, multiple: int) -> int:
    """Round a size up to a multiple."""
    return -(-size // multiple) * multiple


def pack(matrices: Array, precision: str, storage: Any = None) -> Panels:
    """Pack float32 matrices [L, N, K]; their rows become the columns of the panels.

    Args:
        matrices: are float32, [L, N, K].
        precision: rounds them to `float32`, `bfloat16` or `int8`.
        storage: is uint16 to store the levels of int8 as bfloat16, which holds them exactly; none fits the precision.
    """
    storage = storage or STORAGE[precision]
    layers, columns, depth = matrices.shape
    scale = int8_scale(matrices) if precision == "int8" else np.ones((layers, columns), np.float32)
    count = PER_LANE[storage]
    wide = np.zeros((layers, int(padded(columns, LANES)), int(padded(depth, count))), np.float32)  # (L, N, K)
    wide[:, :columns, :depth] = matrices / scale[..., None]
    numbers = np.rint(wide) if precision == "int8" else wide
    stored = to_bfloat16(numbers) if storage is types.uint16 else numbers.astype(storage.name)
    packed = _aligned((layers, wide.shape[1] * wide.shape[2]), stored.dtype)
    size = wide.shape[2]
    for first in range(0, wide.shape[1], PANEL):
        width = min(PANEL, wide.shape[1] - first)
        panel = stored[:, first : first + width].reshape(layers, width, size // count, count).transpose(0, 2, 1, 3)
        packed[:, first * size : (first + width) * size] = panel.reshape(layers, width * size)
    scale = np.pad(scale, ((0, 0), (0, wide.shape[1] - columns)))  # (L, N)
    totals = numbers.sum(axis=-1) if precision == "int8" else np.zeros_like(scale)  # (L, N)
    return Panels(packed, scale, totals.astype(np.int32))


def _aligned(shape: tuple[int, ...], kind: Any) -> Array:
    """Make an empty array that starts at a cache line."""
    size = int(np.prod(shape)) * kind.itemsize
    memory = np.empty(size + LINE, np.uint8)
    first = -memory.ctypes.data % LINE
    result: Array = memory[first : first + size].view(kind).reshape(shape)
    return result


@inlined
def sizes(panels: Panels) -> tuple[int, int, int]:
    """Return the number of panels, and N and K with their padding."""
    columns = panels.scale.shape[1]
    return padded(columns, PANEL) // PANEL, columns, panels.numbers.shape[1] // columns


@inlined
def vectors_of(columns: int, first: int) -> int:
    """Return the number of vectors of columns in the panel that starts at column `first`."""
    return min(PANEL, columns - first) // LANES


@compiled
def with_zeros(vector: Array, size: int) -> Any:
    """Pad a vector [K] with zeros to a size."""
    result = np.zeros(size, np.float32)
    for k in range(vector.shape[0]):
        result[k] = vector[k]
    return result


@compiled
def step_of(vector: Array, max_level: int) -> Any:
    """Return the step between the levels of a vector [K] whose largest entry has the maximum level."""
    largest = np.float32(1e-30)
    for k in range(vector.shape[0]):
        largest = max(largest, abs(vector[k]))
    return largest / np.float32(max_level)


@compiled
def in_two_bytes(vector: Array, size: int) -> tuple[Array, Any]:
    """Round a vector [K] to 65,535 levels, counted from HIGH * 128 below zero.

    Returns:
        the upper and the lower bytes, [2, size] uint8, and the step between levels.
    """
    step, levels = step_of(vector, 32767), np.zeros((2, size), np.uint8)
    for k in range(vector.shape[0]):
        level = np.int32(np.rint(vector[k] / step)) + np.int32(128 * HIGH)
        levels[0, k] = np.uint8(level >> np.int32(8))
        levels[1, k] = np.uint8(level & np.int32(HIGH - 1))
    return levels, step


@compiled
def in_bytes(vectors: Array, size: int) -> tuple[Array, Array]:
    """Round vectors [B, K], each to 255 levels, counted from 128 below zero.

    Returns:
        [R, size] uint8, and the steps between the levels of each vector, [B].
    """
    count = vectors.shape[0]
    levels, steps = np.zeros((padded(count, TILE_ROWS), size), np.uint8), np.empty(count, np.float32)
    for row in range(count):
        steps[row] = step_of(vectors[row], 127)
        per_step = np.float32(1) / steps[row]
        for k in range(vectors.shape[1]):
            levels[row, k] = np.uint8(np.int32(np.rint(vectors[row, k] * per_step)) + np.int32(128))
    return levels, steps


def add_product(panels: Panels, number: int, vector: Array, out: Array, team: Team) -> None:
    """Add a product, out += vector matrix: [K] to [N], with one matrix; a team divides the panels."""
    raise NotImplementedError("only compiled code calls this")


@overload(add_product)
def _add_product(panels: Any, number: Any, vector: Any, out: Any, team: Any) -> Callable[..., None]:
    def exact(panels: Any, number: Any, vector: Any, out: Any, team: Any) -> None:
        packed, sums, (count, columns, depth) = panels.numbers[number], sums_of(team), sizes(panels)
        row = with_zeros(vector, depth)
        lanes, address = depth * packed.itemsize // 4, row.ctypes.data
        for panel in range(*partition(team, count)):
            first = panel * PANEL
            source, result = packed[first * depth :].ctypes.data, sums[first:].ctypes.data
            one_product(row, packed, vectors_of(columns, first), address, 0, source, lanes, result, 0)
        barrier(team)
        for column in range(out.shape[0]):
            out[column] += sums[column] * panels.scale[number, column]

    def whole(panels: Any, number: Any, vector: Any, out: Any, team: Any) -> None:
        packed, totals, sums = panels.numbers[number], panels.totals[number], sums_of(team)
        count, columns, depth = sizes(panels)
        levels, step = in_two_bytes(vector, depth)
        address, both = levels.ctypes.data, np.empty((2, PANEL), np.int32)
        for panel in range(*partition(team, count)):
            first = panel * PANEL
            source, vectors = packed[first * depth :].ctypes.data, vectors_of(columns, first)
            two_product(levels, packed, vectors, address, depth, source, depth // 4, both.ctypes.data, 4 * PANEL)
            for i in range(vectors * LANES):
                exactly = (np.int64(both[0, i]) - 128 * np.int64(totals[first + i])) * HIGH + both[1, i]
                sums[first + i] = np.float32(exactly) * step
        barrier(team)
        for column in range(out.shape[0]):
            out[column] += sums[column] * panels.scale[number, column]

    return whole if panels.types[0].dtype is types.int8 and HAS_FOURS else exact


@inlined
def multiply(rows: Any, panel: Any, vectors: int, sums: Any, first: int) -> None:
    """Multiply rows by one panel of a packed matrix.

    Args:
        rows: are float32, uint16 with the bits of bfloat16, or uint8, [R, K]; R is a multiple of TILE_ROWS, and K of
            the entries of a lane.
        panel: starts with the panel, float32, uint16 or int8.
        vectors: is the number of vectors of columns in the panel.
        sums: receives the products in the columns of the panel, [R, N] float32, or int32 for rows of uint8.
        first: is the first of those columns.
    """
    stride, lanes, source = rows.shape[1] * rows.itemsize, rows.shape[1] * panel.itemsize // 4, panel.ctypes.data
    for row in range(0, rows.shape[0], TILE_ROWS):
        address, result = rows[row:].ctypes.data, sums[row:, first:].ctypes.data
        tile_product(rows, panel, vectors, address, stride, source, lanes, result, 4 * sums.shape[1])


def add_products(panels: Panels, number: int, vectors: Array, out: Array) -> None:
    """Add products, out += vectors matrix: [B, K] to [B, N], with one of the matrices."""
    raise NotImplementedError("only compiled code calls this")


@overload(add_products)
def _add_products(panels: Any, number: Any, vectors: Any, out: Any) -> Callable[..., None]:
    stored = panels.types[0].dtype
    kind = np.uint16 if stored is types.uint16 and HAS_PAIRS else np.float32

    def exact(panels: Any, number: Any, vectors: Any, out: Any) -> None:
        numbers, scale, (count, columns, depth) = panels.numbers[number], panels.scale[number], sizes(panels)
        rows = np.zeros((padded(vectors.shape[0], TILE_ROWS), depth), kind)  # (R, K)
        for row in range(vectors.shape[0]):
            for k in range(vectors.shape[1]):
                rows[row, k] = narrow(vectors[row, k], rows)
        sums = np.empty((rows.shape[0], PANEL), np.float32)
        for panel in range(count):
            first = panel * PANEL
            multiply(rows, numbers[first * depth :], vectors_of(columns, first), sums, 0)
            for row in range(vectors.shape[0]):
                for i in range(min(PANEL, out.shape[1] - first)):
                    out[row, first + i] += sums[row, i] * scale[first + i]

    def whole(panels: Any, number: Any, vectors: Any, out: Any) -> None:
        numbers, totals, scale = panels.numbers[number], panels.totals[number], panels.scale[number]
        count, columns, depth = sizes(panels)
        rows, steps = in_bytes(vectors, depth)  # (R, K), (B)
        sums = np.empty((rows.shape[0], PANEL), np.int32)
        for panel in range(count):
            first = panel * PANEL
            multiply(rows, numbers[first * depth :], vectors_of(columns, first), sums, 0)
            for row in range(vectors.shape[0]):
                for i in range(min(PANEL, out.shape[1] - first)):
                    exactly = sums[row, i] - np.int32(128) * totals[first + i]
                    out[row, first + i] += np.float32(exactly) * scale[first + i] * steps[row]

    return whole if stored is types.int8 and HAS_FOURS else exact
