"""Small matrix products in registers: a tile of rows times panels of a packed matrix.

`multiply` is the loop inside every step of a recurrent layer: a few rows of states times a matrix that stays in the
cache. Four rows times four vectors of sixteen columns are added up in sixteen registers; the matrix is packed once, so
that each vector is read where the last one ended. In bfloat16 the instruction `vdpbf16ps` adds the products of a
pair, in float32 a fused multiply-add.

Shapes: R rows, K columns of the rows and rows of the matrix, N columns of the matrix.
"""

from functools import cache
from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from unspool.engines.numba.arithmetic import compiled

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


@cache
def tile_product(storage: types.Type) -> Any:
    """The intrinsic for one kind of storage: `uint16`, which holds bfloat16, or `float32`.

    It takes the addresses of TILE_ROWS rows, of a panel and of the sums, and the bytes from row to row; K / pairs
    times it adds up TILE_ROWS x PANEL products, and writes the sums.
    """
    integer, wide, lanes = ir.IntType(64), ir.IntType(32), ir.VectorType(ir.FloatType(), LANES)
    packed = ir.VectorType(_Bfloat(), 2 * LANES) if storage is types.uint16 else lanes
    name, kind = ("llvm.x86.avx512bf16.dpbf16ps.512", packed) if storage is types.uint16 else ("llvm.fma.v16f32", lanes)

    def number(value: int) -> Any:
        return ir.Constant(integer, value)

    def product(typing: Any, rows: Any, stride: Any, panel: Any, count: Any, sums: Any, sums_stride: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            rows, stride, panel, count, sums, sums_stride = arguments
            if storage is types.uint16:
                add = builder.module.declare_intrinsic(name, (), ir.FunctionType(lanes, (lanes, kind, kind)))
            else:
                add = builder.module.declare_intrinsic(name, (), ir.FunctionType(lanes, (lanes, lanes, lanes)))
            before, body = builder.block, builder.append_basic_block("product")
            after = builder.append_basic_block("sums")
            places = [builder.add(rows, builder.mul(stride, number(row))) for row in range(TILE_ROWS)]
            builder.branch(body)
            builder.position_at_end(body)
            k = builder.phi(integer)
            k.add_incoming(number(0), before)
            totals = [[builder.phi(lanes) for _ in range(TILE_VECTORS)] for _ in range(TILE_ROWS)]
            start = builder.add(panel, builder.mul(k, number(4 * PANEL)))
            vectors = []
            for vector in range(TILE_VECTORS):
                address = builder.inttoptr(builder.add(start, number(4 * LANES * vector)), packed.as_pointer())
                load = builder.load(address)
                load.align = 4
                vectors.append(load)
            offset = builder.mul(k, number(4))
            for row in range(TILE_ROWS):
                address = builder.add(places[row], offset)
                pair = builder.load(builder.inttoptr(address, wide.as_pointer()))
                pair.align = 2 if storage is types.uint16 else 4
                spread = builder.insert_element(ir.Constant(ir.VectorType(wide, LANES), ir.Undefined), pair, wide(0))
                zeros = ir.Constant(ir.VectorType(wide, LANES), None)
                spread = builder.shuffle_vector(spread, ir.Constant(spread.type, ir.Undefined), zeros)
                spread = builder.bitcast(spread, packed)
                for vector in range(TILE_VECTORS):
                    phi = totals[row][vector]
                    phi.add_incoming(ir.Constant(lanes, None), before)
                    if storage is types.uint16:
                        total = builder.call(add, (phi, vectors[vector], spread))
                    else:
                        total = builder.call(add, (vectors[vector], spread, phi))
                    phi.add_incoming(total, body)
                    totals[row][vector] = total
            following = builder.add(k, number(1))
            k.add_incoming(following, body)
            builder.cbranch(builder.icmp_unsigned("<", following, count), body, after)
            builder.position_at_end(after)
            for row in range(TILE_ROWS):
                place = builder.add(sums, builder.mul(sums_stride, number(row)))
                for vector in range(TILE_VECTORS):
                    address = builder.inttoptr(builder.add(place, number(4 * LANES * vector)), lanes.as_pointer())
                    store = builder.store(totals[row][vector], address)
                    store.align = 4
            return context.get_dummy_value()

        return types.void(*[types.int64] * 6), generate

    return intrinsic(product)


@cache
def multiply(storage: types.Type) -> Any:
    """Compiled: sums [R, N] = rows [R, K] times a packed matrix, for R a multiple of TILE_ROWS, N of PANEL."""
    product, pairs = tile_product(storage), PAIRS[storage]

    def run(rows: Any, panels: Any, sums: Any) -> None:
        """Rows [R, K] storage, panels [N / PANEL, K * PANEL] storage, sums [R, N] float32 is written."""
        count = rows.shape[1] // pairs
        for panel in range(panels.shape[0]):
            for row in range(0, rows.shape[0], TILE_ROWS):
                product(
                    rows[row:].ctypes.data,
                    rows.shape[1] * rows.itemsize,
                    panels[panel:].ctypes.data,
                    count,
                    sums[row:, panel * PANEL :].ctypes.data,
                    sums.shape[1] * 4,
                )

    return numba.njit(run)
