"""Compiled kernels on the threads that PyTorch already has.

PyTorch's operators run on the threads of the OpenMP library that it brings along. A second pool beside it would
fight for the same cores, so a kernel is handed to that very library (`GOMP_parallel`, part of its public binary
interface); where there is none, it runs on the calling thread. The threads take chunks from a common counter, so
a core that a neighbour keeps busy takes fewer.
"""

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import numba
import numpy as np
import torch
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from torch import Tensor

COUNTER, CHUNKS = 0, 1  # places in a call; the arguments come after
MOST = 24

Call = Any  # inside a kernel: a pointer to the counter, the number of chunks, sizes and addresses
CALL = types.CPointer(types.int64)  # type: ignore[no-untyped-call]
STORAGE = {torch.float32: types.float32, torch.bfloat16: types.uint16}  # what a kernel reads a tensor as


def _take(typing: Any, call: Any) -> Any:
    """The next chunk of a call, which no other thread gets."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.atomic_rmw("add", arguments[0], ir.Constant(ir.IntType(64), 1), "monotonic")

    return types.int64(CALL), generate


take: Any = intrinsic(_take)


def _at(typing: Any, address: Any, kind: Any) -> Any:
    """An address as a pointer to numbers of a kind."""
    result = types.CPointer(kind.dtype)  # type: ignore[no-untyped-call]

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(result))

    return result(types.int64, kind), generate


at: Any = intrinsic(_at)


@numba.njit
def parameters(call: Call) -> Any:
    """What a kernel was launched with; the arguments begin at place 2."""
    return numba.carray(call, (MOST,))  # type: ignore[attr-defined]


@numba.njit(inline="always")
def matrix(address: Any, kind: Any, rows: Any, columns: Any) -> Any:
    """The array [rows, columns] of a kind of numbers at an address."""
    return numba.carray(at(address, kind), (rows, columns))  # type: ignore[attr-defined]


def compile_kernel(function: Callable[[Call], None]) -> Any:
    """Compile a function of a call to one that C can call, and keep it on disk where there is a place for it."""
    compiler = numba.cfunc(types.void(CALL), cache=True)
    try:
        return compiler(function)
    except RuntimeError:  # no folder for the cache can be written
        return numba.cfunc(types.void(CALL))(function)


def launch(kernel: Any, chunks: int, *arguments: int | Tensor) -> None:
    """Run a kernel over all its chunks and wait for it.

    Args:
        kernel: of `compile_kernel`.
        chunks: how many.
        *arguments: sizes, and contiguous tensors, which are passed by address.
    """
    call = np.zeros(MOST, np.int64)
    call[CHUNKS] = chunks
    for place, argument in enumerate(arguments, CHUNKS + 1):
        call[place] = argument.data_ptr() if isinstance(argument, Tensor) else argument
    parallel, address = _open_mp(), ctypes.c_void_p(kernel.address)
    if parallel and chunks > 1:
        parallel(address, ctypes.c_void_p(call.ctypes.data), torch.get_num_threads(), 0)
    else:
        kernel.ctypes(call.ctypes.data_as(ctypes.POINTER(ctypes.c_int64)))


@cache
def _open_mp() -> Callable[..., Any] | None:
    """`GOMP_parallel` of the library that PyTorch has loaded."""
    try:
        return ctypes.CDLL("libgomp.so.1").GOMP_parallel
    except (OSError, AttributeError):
        return None
