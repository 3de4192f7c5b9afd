"""Products with matrices that are packed in panels: of one vector, which a team shares out, and of several rows.

Shapes: L matrices of one shape, B or R rows, K columns of the rows and rows of a matrix, N columns of a matrix.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.extending import overload

from unspool.engines.base import Array
from unspool.engines.numba.arithmetic import narrow
from unspool.engines.numba.compiling import compiled
from unspool.engines.numba.team import Team, meet, part_of, room
from unspool.engines.numba.tiles import (
    HAS_FOURS,
    HAS_PAIRS,
    PANEL,
    PER_LANE,
    TILE_ROWS,
    one_product,
    tile_product,
    two_product,
)
from unspool.engines.rounding import int8_scale, to_bfloat16

LINE = 64  # bytes that memory is read in
LEVELS = np.float32(8191)  # of a vector that whole numbers are multiplied with: two times 7 bits
HIGH = 128  # what the upper 7 bits count


class Panels(NamedTuple):
    """Matrices of one shape, packed for reading from end to end.

    Attributes:
        numbers: [L, N / PANEL, K * PANEL] float32, uint16 that hold bfloat16, or int8; N and K are padded with zeros.
        scale: [L, N] what the sums of a column are to be multiplied by.
    """

    numbers: Array
    scale: Array


@compiled
def padded(size: int, multiple: int) -> int:
    """The next multiple, from the size on."""
    return -(-size // multiple) * multiple


def pack(matrices: Array, precision: str, storage: Any = None) -> Panels:
    """Pack [L, N, K] float32 matrices, whose rows become columns here.

    Args:
        matrices: to pack.
        precision: `float32`, `bfloat16` or `int8`.
        storage: uint16 stores the levels of int8 as bfloat16, which holds them exactly; none means as the precision.
    """
    storage = storage or {"float32": types.float32, "bfloat16": types.uint16, "int8": types.int8}[precision]
    layers, columns, depth = matrices.shape
    scale = int8_scale(matrices) if precision == "int8" else np.ones((layers, columns), np.float32)
    count = PER_LANE[storage]
    wide = np.zeros((layers, int(padded(columns, PANEL)), int(padded(depth, count))), np.float32)  # (L, N, K)
    wide[:, :columns, :depth] = matrices / scale[..., None]
    numbers = np.rint(wide) if precision == "int8" else wide
    stored = to_bfloat16(numbers) if storage is types.uint16 else numbers.astype(storage.name)
    stored = stored.reshape(layers, wide.shape[1] // PANEL, PANEL, wide.shape[2] // count, count)
    panels = stored.transpose(0, 1, 3, 2, 4)  # (L, N / PANEL, K / count, PANEL, count)
    packed = _aligned((layers, wide.shape[1] // PANEL, wide.shape[2] * PANEL), stored.dtype)
    packed.reshape(panels.shape)[:] = panels
    return Panels(packed, np.pad(scale, ((0, 0), (0, wide.shape[1] - columns))))  # scale (L, N)


def _aligned(shape: tuple[int, ...], kind: Any) -> Array:
    """An array that begins where a line of memory does."""
    size = int(np.prod(shape)) * kind.itemsize
    room = np.empty(size + LINE, np.uint8)
    first = -room.ctypes.data % LINE
    result: Array = room[first : first + size].view(kind).reshape(shape)
    return result


@compiled
def with_zeros(vector: Array, size: int) -> Any:
    """A vector [K], with zeros up to a size."""
    result = np.zeros(size, np.float32)
    for k in range(vector.shape[0]):
        result[k] = vector[k]
    return result


@compiled
def in_levels(vector: Array, size: int) -> tuple[Array, Any, Any]:
    """A vector [K] as whole numbers.

    Returns:
        their upper and lower 7 bits, [2, size] int8 with zeros at the end; the number that 1 stands for; their sum.
    """
    highest = np.float32(1e-30)
    for k in range(vector.shape[0]):
        highest = max(highest, abs(vector[k]))
    bits, total, factor = np.zeros((2, size), np.int8), np.int32(0), LEVELS / highest
    for k in range(vector.shape[0]):
        level = np.int32(np.rint(vector[k] * factor))
        total += level
        bits[0, k] = np.int8(level >> np.int32(7))
        bits[1, k] = np.int8(level & np.int32(HIGH - 1))
    return bits, highest / LEVELS, np.int64(total)


def add_product(panels: Panels, number: int, vector: Array, out: Array, team: Team) -> None:
    """Add a product, out += vector matrix: [K] to [N], with the matrix of a number; a team shares out the panels."""
    raise NotImplementedError("only compiled code calls this")


@overload(add_product)
def _add_product(panels: Any, number: Any, vector: Any, out: Any, team: Any) -> Callable[..., None]:
    def exact(panels: Any, number: Any, vector: Any, out: Any, team: Any) -> None:
        packed, sums = panels.numbers[number], room(team)
        row = with_zeros(vector, packed.shape[1] // PANEL)
        lanes, place = row.shape[0] * packed.itemsize // 4, row.ctypes.data
        for panel in range(*part_of(team, packed.shape[0])):
            result = sums[panel * PANEL :].ctypes.data
            one_product(row, packed, place, 0, packed[panel:].ctypes.data, lanes, result, 0)
        meet(team)
        for column in range(out.shape[0]):
            out[column] += sums[column] * panels.scale[number, column]

    def whole(panels: Any, number: Any, vector: Any, out: Any, team: Any) -> None:
        """The lower and the upper bits of the vector are two rows; 128 was added to each number of the matrix."""
        packed, sums = panels.numbers[number], room(team)
        bits, level, total = in_levels(vector, packed.shape[1] // PANEL)
        size, place, both = bits.shape[1], bits.ctypes.data, np.empty((2, PANEL), np.int32)
        for panel in range(*part_of(team, packed.shape[0])):
            source = packed[panel:].ctypes.data
            two_product(bits, packed, place, size, source, size // 4, both.ctypes.data, 4 * PANEL)
            for i in range(PANEL):
                exactly = np.int64(both[0, i]) * HIGH + both[1, i] - 128 * total
                sums[panel * PANEL + i] = np.float32(exactly) * level
        meet(team)
        for column in range(out.shape[0]):
            out[column] += sums[column] * panels.scale[number, column]

    return whole if panels.types[0].dtype is types.int8 and HAS_FOURS else exact


@compiled
def multiply(rows: Any, panels: Any, sums: Any) -> None:
    """Compiled: sums = rows times a packed matrix.

    Args:
        rows: [R, K] float32, or uint16 that hold bfloat16; R a multiple of TILE_ROWS, K of the numbers in a lane.
        panels: [N / PANEL, K * PANEL] float32 or uint16, N a multiple of PANEL.
        sums: [R, N] float32 is written.
    """
    stride, lanes = rows.shape[1] * rows.itemsize, rows.shape[1] * panels.itemsize // 4
    for panel in range(panels.shape[0]):
        for row in range(0, rows.shape[0], TILE_ROWS):
            tile_product(
                rows,
                panels,
                rows[row:].ctypes.data,
                stride,
                panels[panel:].ctypes.data,
                lanes,
                sums[row:, panel * PANEL :].ctypes.data,
                sums.shape[1] * 4,
            )


def rows_for(numbers: Array, count: int) -> Any:
    """Zeros for so many rows of a product with a packed matrix [N / PANEL, K * PANEL], of the kind that is fastest."""
    raise NotImplementedError("only compiled code calls this")


@overload(rows_for)
def _rows_for(numbers: Any, count: Any) -> Callable[..., Any]:
    kind = np.uint16 if numbers.dtype is types.uint16 and HAS_PAIRS else np.float32

    def rows(numbers: Any, count: Any) -> Any:
        return np.zeros((padded(count, TILE_ROWS), numbers.shape[1] // PANEL), kind)

    return rows


@compiled
def add_products(panels: Panels, number: int, vectors: Array, out: Array) -> None:
    """Add products, out += vectors matrix: [B, K] to [B, N], with the matrix of a number."""
    numbers, (count, size) = panels.numbers[number], vectors.shape
    rows = rows_for(numbers, count)  # (R, K)
    for row in range(count):
        for k in range(size):
            rows[row, k] = narrow(vectors[row, k], rows)
    sums = np.empty((rows.shape[0], numbers.shape[0] * PANEL), np.float32)  # (R, N)
    multiply(rows, numbers, sums)
    for row in range(count):
        for column in range(out.shape[1]):
            out[row, column] += sums[row, column] * panels.scale[number, column]
