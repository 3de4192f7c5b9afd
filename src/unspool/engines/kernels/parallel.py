"""Kernels that run on several threads, and how they are launched.

A kernel is a compiled function of one *call*: a counter, the number of chunks, then sizes and addresses of arrays.
The threads take chunks from the counter, so that a core which is busy with something else takes fewer. They belong to
the OpenMP library of the process (`GOMP_parallel`, part of its public binary interface): a framework that uses it runs
its operators on the same threads, and a second pool would compete for the same cores. Without it, a kernel runs on
the calling thread.
"""

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from unspool.arrays import Array
from unspool.engines.kernels.compiling import cached

COUNTER, CHUNKS, FIRST_ARGUMENT = 0, 1, 2  # indices into a call
MAX_LENGTH = 24  # of a call

Call = Any  # inside a kernel: a pointer to the call's 64-bit integers
CALL = types.CPointer(types.int64)  # type: ignore[no-untyped-call]


def _take(typing: Any, call: Any) -> Any:
    """Compile `take`: return the next chunk of a call, which no other thread gets."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.atomic_rmw("add", arguments[0], ir.Constant(ir.IntType(64), 1), "monotonic")

    return types.int64(CALL), generate


take: Any = intrinsic(_take)


def _pointer(typing: Any, address: Any, kind: Any) -> Any:
    """Compile `pointer`: return an address as a pointer to values of a type."""
    result = types.CPointer(kind.dtype)  # type: ignore[no-untyped-call]

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(result))

    return result(types.int64, kind), generate


pointer: Any = intrinsic(_pointer)


@numba.njit
def arguments(call: Call) -> Any:
    """Return the call of a kernel as an array; the kernel's own arguments start at FIRST_ARGUMENT."""
    return numba.carray(call, (MAX_LENGTH,))  # type: ignore[attr-defined]


@numba.njit(inline="always")
def matrix(address: Any, kind: Any, rows: Any, columns: Any) -> Any:
    """Return the array [rows, columns] of a type at an address."""
    return numba.carray(pointer(address, kind), (rows, columns))  # type: ignore[attr-defined]


def compile_kernel(function: Callable[[Call], None]) -> Any:
    """Compile a function of a call into a kernel, which C can call too."""
    return cached(numba.cfunc, function, types.void(CALL))


def launch(kernel: Any, chunks: int, threads: int, *arguments: int | Array) -> None:
    """Run a kernel over all its chunks, and wait for it.

    Args:
        kernel: is made by `compile_kernel`.
        chunks: is the number of pieces of the work, which the threads take one by one.
        threads: is the maximum number of threads, at least 1.
        *arguments: are sizes, addresses, and contiguous arrays, which are passed by address.
    """
    call = np.zeros(MAX_LENGTH, np.int64)
    call[CHUNKS] = chunks
    for index, argument in enumerate(arguments, FIRST_ARGUMENT):
        call[index] = argument if isinstance(argument, int) else argument.ctypes.data
    parallel = _open_mp()
    if parallel and chunks > 1:
        parallel(ctypes.c_void_p(kernel.address), ctypes.c_void_p(call.ctypes.data), threads, 0)
    else:
        kernel.ctypes(call.ctypes.data_as(ctypes.POINTER(ctypes.c_int64)))


@cache
def _open_mp() -> Callable[..., Any] | None:
    """Find `GOMP_parallel` of the OpenMP library, if there is one."""
    try:
        return ctypes.CDLL("libgomp.so.1").GOMP_parallel
    except (OSError, AttributeError):
        return None
