"""Small matrix products in registers: a tile of rows times panels of a packed matrix.

`multiply` is the loop inside every step of a recurrent layer: a few rows of states times a matrix that stays in the
cache. Four rows times four vectors of sixteen columns are added up in sixteen registers; the matrix is packed once, so
that each vector is read where the last one ended. In bfloat16 the instruction `vdpbf16ps` adds the products of a
pair, in float32 a fused multiply-add.

Shapes: R rows, K columns of the rows and rows of the matrix, N columns of the matrix.
"""

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import types
from numba.extending import intrinsic

from unspool.engines.base import Array
from unspool.engines.numba.arithmetic import narrow
from unspool.engines.numba.compiling import compiled
from unspool.engines.rounding import int8_scale, to_bfloat16

LANES = 16  # float32 numbers of a vector
TILE_ROWS, TILE_VECTORS = 4, 4
PANEL = LANES * TILE_VECTORS  # columns of a panel
PAIRS: dict[Any, int] = {types.uint16: 2, types.float32: 1}  # numbers that one instruction multiplies in each lane


class _Bfloat(ir.types.Type):  # type: ignore[misc]
    """LLVM's bfloat, which llvmlite has no name for."""

    def _to_string(self) -> str:
        return "bfloat"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Bfloat)

    def __hash__(self) -> int:
        return hash(_Bfloat)


@compiled
def padded(size: int, multiple: int) -> int:
    """The next multiple, from the size on."""
    return -(-size // multiple) * multiple


def _tile_product(
    typing: Any, like: Any, rows: Any, stride: Any, panel: Any, count: Any, sums: Any, sums_stride: Any
) -> Any:
    """Add up TILE_ROWS x PANEL products K / pairs times, and write the sums.

    Takes an array of the kind of numbers that are stored; the addresses of the rows, of a panel and of the sums; the
    bytes from row to row.
    """
    paired = like.dtype is types.uint16
    integer, wide, lanes = ir.IntType(64), ir.IntType(32), ir.VectorType(ir.FloatType(), LANES)
    packed = ir.VectorType(_Bfloat(), 2 * LANES) if paired else lanes
    name = "llvm.x86.avx512bf16.dpbf16ps.512" if paired else "llvm.fma.v16f32"
    taken = (lanes, packed, packed) if paired else (lanes, lanes, lanes)

    def number(value: int) -> Any:
        return ir.Constant(integer, value)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _, rows, stride, panel, count, sums, sums_stride = arguments
        add = builder.module.declare_intrinsic(name, (), ir.FunctionType(lanes, taken))
        before, body = builder.block, builder.append_basic_block("product")
        after = builder.append_basic_block("sums")
        places = [builder.add(rows, builder.mul(stride, number(row))) for row in range(TILE_ROWS)]
        builder.branch(body)
        builder.position_at_end(body)
        k = builder.phi(integer)
        k.add_incoming(number(0), before)
        totals = [[builder.phi(lanes) for _ in range(TILE_VECTORS)] for _ in places]
        start, offset = builder.add(panel, builder.mul(k, number(4 * PANEL))), builder.mul(k, number(4))

        def load(address: Any, kind: Any, align: int) -> Any:
            value = builder.load(builder.inttoptr(address, kind.as_pointer()))
            value.align = align
            return value

        def spread(row: int) -> Any:
            """A number, or a pair, of a row in every lane."""
            one = ir.VectorType(wide, LANES)
            value = load(builder.add(places[row], offset), wide, 2 if paired else 4)
            value = builder.insert_element(ir.Constant(one, ir.Undefined), value, wide(0))
            value = builder.shuffle_vector(value, ir.Constant(one, ir.Undefined), ir.Constant(one, None))
            return builder.bitcast(value, packed)

        vectors = [load(builder.add(start, number(4 * LANES * v)), packed, 4) for v in range(TILE_VECTORS)]
        for row, phis in enumerate(totals):
            value = spread(row)
            for vector, phi in enumerate(phis):
                phi.add_incoming(ir.Constant(lanes, None), before)
                inputs = (phi, vectors[vector], value) if paired else (vectors[vector], value, phi)
                phis[vector] = builder.call(add, inputs)
                phi.add_incoming(phis[vector], body)
        following = builder.add(k, number(1))
        k.add_incoming(following, body)
        builder.cbranch(builder.icmp_unsigned("<", following, count), body, after)
        builder.position_at_end(after)
        for row, results in enumerate(totals):
            place = builder.add(sums, builder.mul(sums_stride, number(row)))
            for vector, total in enumerate(results):
                address = builder.add(place, number(4 * LANES * vector))
                builder.store(total, builder.inttoptr(address, lanes.as_pointer())).align = 4
        return context.get_dummy_value()

    return types.void(like, *[types.int64] * 6), generate


tile_product: Any = intrinsic(_tile_product)


class Panels(NamedTuple):
    """Matrices of one shape, packed for products with several rows.

    Attributes:
        numbers: [L, N / PANEL, K * PANEL] float32, or uint16 that hold bfloat16; N and K are padded with zeros.
        scale: [L, N] what the numbers of a column are to be multiplied by.
    """

    numbers: Array
    scale: Array


def pack_panels(matrices: Array, precision: str) -> Panels:
    """Pack [L, N, K] float32 matrices, whose rows become columns here.

    Rounded weights are stored in bfloat16, which holds the levels of int8 exactly; in float32 where the processor does
    not multiply bfloat16.
    """
    layers, columns, depth = matrices.shape
    scale = int8_scale(matrices) if precision == "int8" else np.ones((layers, columns), np.float32)
    paired = precision != "float32" and bool(get_host_cpu_features().get("avx512bf16"))
    pairs = 2 if paired else 1
    shape = layers, int(padded(depth, pairs)), int(padded(columns, PANEL))
    numbers = np.zeros(shape, np.float32)  # (L, K, N)
    numbers[:, :depth, :columns] = (matrices / scale[..., None]).transpose(0, 2, 1)
    stored = to_bfloat16(np.rint(numbers) if precision == "int8" else numbers) if paired else numbers
    stored = stored.reshape(layers, shape[1] // pairs, pairs, shape[2] // PANEL, PANEL)
    panels = np.ascontiguousarray(stored.transpose(0, 3, 1, 4, 2))  # (L, N / PANEL, K / pairs, PANEL, pairs)
    wide = np.pad(scale, ((0, 0), (0, shape[2] - columns)))  # (L, N)
    return Panels(panels.reshape(layers, shape[2] // PANEL, shape[1] * PANEL), wide)


@compiled
def multiply(rows: Any, panels: Any, sums: Any) -> None:
    """Compiled: sums = rows times a packed matrix.

    Args:
        rows: [R, K] float32, or uint16 that hold bfloat16; R a multiple of TILE_ROWS, K even for bfloat16.
        panels: [N / PANEL, K * PANEL] of the same kind, N a multiple of PANEL.
        sums: [R, N] float32 is written.
    """
    stride = rows.shape[1] * rows.itemsize
    for panel in range(panels.shape[0]):
        for row in range(0, rows.shape[0], TILE_ROWS):
            tile_product(
                rows,
                rows[row:].ctypes.data,
                stride,
                panels[panel:].ctypes.data,
                stride // 4,
                sums[row:, panel * PANEL :].ctypes.data,
                sums.shape[1] * 4,
            )


@compiled
def add_products(panels: Panels, number: int, vectors: Array, out: Array) -> None:
    """Add products, out += vectors matrix: [B, K] to [B, N], with the matrix of a number."""
    numbers, (count, size) = panels.numbers[number], vectors.shape
    rows = np.zeros((padded(count, TILE_ROWS), numbers.shape[1] // PANEL), numbers.dtype)  # (R, K)
    for row in range(count):
        for k in range(size):
            rows[row, k] = narrow(vectors[row, k], rows)
    sums = np.empty((rows.shape[0], numbers.shape[0] * PANEL), np.float32)  # (R, N)
    multiply(rows, numbers, sums)
    for row in range(count):
        for column in range(out.shape[1]):
            out[row, column] += sums[row, column] * panels.scale[number, column]
