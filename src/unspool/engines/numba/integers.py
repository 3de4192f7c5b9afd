"""Whole numbers of four rows of a matrix times one vector, in vector registers.

The compiler makes slow multiplications of 32 bits of such a loop; the processor has an instruction for sums of
products of 16 bits (`vpmaddwd`, AVX-512 BW). Four rows go together, so that the vector is read once for four.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import types
from numba.extending import intrinsic

from unspool.engines.base import Array

BLOCK = 32  # numbers that are multiplied at once
FOUR = 4  # rows
HAS_INTEGERS = bool(get_host_cpu_features().get("avx512bw"))


def _four_products(typing: Any, rows: Any, stride: Any, vector: Any, blocks: Any, sums: Any) -> Any:
    """Write four sums: addresses of rows [4, K] int8, bytes from row to row, [K] int16, K / BLOCK, [4] int32."""
    byte, number, wide = ir.VectorType(ir.IntType(8), BLOCK), ir.VectorType(ir.IntType(16), BLOCK), ir.IntType(32)
    integer, half = ir.IntType(64), ir.VectorType(wide, BLOCK // 2)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rows, stride, vector, blocks, sums = arguments
        multiply = builder.module.declare_intrinsic(
            "llvm.x86.avx512.pmaddw.d.512", (), ir.FunctionType(half, (number, number))
        )
        add_up = builder.module.declare_intrinsic("llvm.vector.reduce.add.v16i32", (), ir.FunctionType(wide, (half,)))

        def load(address: Any, kind: Any) -> Any:
            value = builder.load(builder.inttoptr(address, kind.as_pointer()))
            value.align = 1
            return value

        before, body = builder.block, builder.append_basic_block("products")
        after = builder.append_basic_block("sums")
        places = [builder.add(rows, builder.mul(stride, ir.Constant(integer, row))) for row in range(FOUR)]
        builder.branch(body)
        builder.position_at_end(body)
        block = builder.phi(integer)
        totals = [builder.phi(half) for _ in places]
        block.add_incoming(ir.Constant(integer, 0), before)
        offset = builder.mul(block, ir.Constant(integer, BLOCK))
        shared = load(builder.add(vector, builder.mul(offset, ir.Constant(integer, 2))), number)
        results = []
        for place, total in zip(places, totals, strict=True):
            total.add_incoming(ir.Constant(half, None), before)
            weights = builder.sext(load(builder.add(place, offset), byte), number)
            results.append(builder.add(total, builder.call(multiply, (weights, shared))))
            total.add_incoming(results[-1], body)
        following = builder.add(block, ir.Constant(integer, 1))
        block.add_incoming(following, body)
        builder.cbranch(builder.icmp_unsigned("<", following, blocks), body, after)
        builder.position_at_end(after)
        for row, total in enumerate(results):
            address = builder.add(sums, ir.Constant(integer, 4 * row))
            builder.store(builder.call(add_up, (total,)), builder.inttoptr(address, wide.as_pointer()))
        return context.get_dummy_value()

    return types.void(*[types.int64] * 5), generate


four_products: Any = intrinsic(_four_products)


def padded_matrices(numbers: Array) -> Array:
    """Matrices [L, R, K] int8 with zeros up to a multiple of BLOCK columns; behind the last there may be read on."""
    layers, rows, columns = numbers.shape
    shape = layers, rows, columns + -columns % BLOCK
    room = np.zeros((layers * rows + FOUR) * shape[2], np.int8)
    result = room[: layers * rows * shape[2]].reshape(shape)
    result[..., :columns] = numbers
    return result
