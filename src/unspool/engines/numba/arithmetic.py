"""Single-purpose loops that the compiler turns into vector instructions.

Shapes: L matrices of one shape, R rows, K columns, N numbers.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

from unspool.engines.base import Array
from unspool.engines.numba.compiling import compiled
from unspool.engines.numba.team import Team, meet, part_of, room
from unspool.engines.rounding import int8_scale, to_bfloat16

LEVELS = np.float32(4095)  # of an input of int8 products: 16,000 products of 127 and 1,000 fit in 32 bits


def widen(weight: Any) -> Any:
    """A weight as float32: itself, or the bfloat16 whose bits a uint16 holds (the upper half of a float32's)."""
    raise NotImplementedError("only compiled code calls this")


def _multiply_add(typing: Any, total: Any, one: Any, other: Any) -> Any:
    """Total + one * other in 32 bits, where Numba would take 64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = ir.IntType(32)
        product = builder.mul(builder.sext(arguments[1], wide), builder.sext(arguments[2], wide))
        return builder.add(arguments[0], product)

    return types.int32(types.int32, types.int8, types.int16), generate


multiply_add: Any = intrinsic(_multiply_add)


@overload(widen, inline="always")
def _widen(weight: Any) -> Callable[[Any], Any]:
    def bfloat16(weight: Any) -> Any:
        return np.uint32(np.uint32(weight) << np.uint32(16)).view(np.float32)

    def float32(weight: Any) -> Any:
        return weight

    return bfloat16 if weight is numba.types.uint16 else float32


def narrow(value: Any, like: Any) -> Any:
    """A float32 as an entry of an array: itself, or rounded to the bfloat16 whose bits a uint16 holds."""
    raise NotImplementedError("only compiled code calls this")


@overload(narrow, inline="always")
def _narrow(value: Any, like: Any) -> Callable[[Any, Any], Any]:
    def bfloat16(value: Any, like: Any) -> Any:
        bits = np.float32(value).view(np.uint32)
        return np.uint16((bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16))

    def float32(value: Any, like: Any) -> Any:
        return value

    return bfloat16 if like.dtype is numba.types.uint16 else float32


@compiled
def exponential(x: Any) -> Any:
    """The exponential of a float32, to 1e-7 relative; beyond 88 it stays at e to the 88.

    Cody and Waite's reduction to |r| < 0.35 and a polynomial of degree 5 (the coefficients of Cephes' expf).
    """
    x = min(max(x, np.float32(-87.0)), np.float32(88.0))
    k = np.floor(x * np.float32(1.44269504) + np.float32(0.5))
    r = x - k * np.float32(0.693359375) + k * np.float32(2.12194440e-4)
    p = np.float32(1.9875691500e-4)
    p = p * r + np.float32(1.3981999507e-3)
    p = p * r + np.float32(8.3334519073e-3)
    p = p * r + np.float32(4.1665795894e-2)
    p = p * r + np.float32(1.6666665459e-1)
    p = p * r + np.float32(5.0000001201e-1)
    p = p * r * r + r + np.float32(1.0)
    return p * np.int32((np.int32(k) + np.int32(127)) << np.int32(23)).view(np.float32)


@compiled
def logistic(x: Any) -> Any:
    """1 / (1 + exp(-x)) of a float32."""
    return np.float32(1) / (np.float32(1) + exponential(-x))


@compiled
def hyperbolic_tangent(x: Any) -> Any:
    """tanh(x) = 2 / (1 + exp(-2x)) - 1 of a float32."""
    return np.float32(2) * logistic(np.float32(2) * x) - np.float32(1)


class Matrices(NamedTuple):
    """Matrices of one shape, packed for reading from end to end.

    Attributes:
        numbers: [L, R, K] float32 or int8, or [L, R, ceil(K / 2)] uint32, pairs of bfloat16.
        scale: [L, R] what the numbers of a row are to be multiplied by.
    """

    numbers: Array
    scale: Array


def pack(matrices: Array, precision: str) -> Matrices:
    """Pack [L, R, K] float32 matrices as `float32`, `bfloat16` or `int8`."""
    scale = np.ones(matrices.shape[:2], np.float32)
    if precision == "int8":
        scale = int8_scale(matrices)
        return Matrices(np.rint(matrices / scale[..., None]).astype(np.int8), scale)
    if precision == "bfloat16":
        even = np.pad(matrices, ((0, 0), (0, 0), (0, matrices.shape[2] % 2)))  # (L, R, K or K + 1)
        return Matrices(to_bfloat16(even).view(np.uint32), scale)
    return Matrices(np.ascontiguousarray(matrices), scale)


def add_product(matrices: Matrices, number: int, vector: Array, out: Array, team: Team) -> None:
    """Add a product, out += matrix vector: [K] to [R], with the matrix of a number; a team shares out the rows."""
    raise NotImplementedError("only compiled code calls this")


@overload(add_product)
def _add_product(matrices: Any, number: Any, vector: Any, out: Any, team: Any) -> Callable[..., None]:
    """Each row is read once, from end to end: that is what memory does fastest."""

    def float32(matrices: Any, number: Any, vector: Any, out: Any, team: Any) -> None:
        matrix, sums = matrices.numbers[number], room(team)
        for row in range(*part_of(team, matrix.shape[0])):
            total = np.float32(0)
            for k in range(matrix.shape[1]):
                total += matrix[row, k] * vector[k]
            sums[row] = total
        meet(team)
        for row in range(matrix.shape[0]):
            out[row] += sums[row]

    def bfloat16(matrices: Any, number: Any, vector: Any, out: Any, team: Any) -> None:
        matrix, sums = matrices.numbers[number], room(team)
        half = matrix.shape[1]
        low, high = np.empty(half, np.float32), np.zeros(half, np.float32)
        for k in range(half):
            low[k] = vector[2 * k]
        for k in range(vector.shape[0] // 2):
            high[k] = vector[2 * k + 1]
        for row in range(*part_of(team, matrix.shape[0])):
            total = np.float32(0)
            for k in range(half):
                pair = matrix[row, k]
                total += np.uint32(pair << np.uint32(16)).view(np.float32) * low[k]
                total += np.uint32(pair & np.uint32(0xFFFF0000)).view(np.float32) * high[k]
            sums[row] = total
        meet(team)
        for row in range(matrix.shape[0]):
            out[row] += sums[row]

    def int8(matrices: Any, number: Any, vector: Any, out: Any, team: Any) -> None:
        """The vector in LEVELS levels, so that the products are those of whole numbers."""
        matrix, sums = matrices.numbers[number], room(team)
        highest = np.float32(1e-30)
        for k in range(vector.shape[0]):
            highest = max(highest, abs(vector[k]))
        levels = np.empty(vector.shape[0], np.int16)
        for k in range(vector.shape[0]):
            levels[k] = np.int16(np.rint(vector[k] * (LEVELS / highest)))
        for row in range(*part_of(team, matrix.shape[0])):
            total = np.int32(0)
            for k in range(matrix.shape[1]):
                total = multiply_add(total, matrix[row, k], levels[k])
            sums[row] = np.float32(total) * matrices.scale[number, row] * (highest / LEVELS)
        meet(team)
        for row in range(matrix.shape[0]):
            out[row] += sums[row]

    kinds = {types.uint32: bfloat16, types.int8: int8}
    return kinds.get(matrices.types[0].dtype, float32)
