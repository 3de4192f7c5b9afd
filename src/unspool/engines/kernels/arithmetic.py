"""Compute scalar functions, which the compiler turns into vector instructions."""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba.extending import overload

from unspool.engines.kernels.compiling import inlined


def widen(weight: Any) -> Any:
    """Widen a weight to float32, from itself or from the bits of a bfloat16 in a uint16 (a float32's upper half)."""
    raise NotImplementedError("only compiled code calls this")


@overload(widen, inline="always")
def _widen(weight: Any) -> Callable[[Any], Any]:
    def bfloat16(weight: Any) -> Any:
        return np.uint32(np.uint32(weight) << np.uint32(16)).view(np.float32)

    def float32(weight: Any) -> Any:
        return weight

    return bfloat16 if weight is numba.types.uint16 else float32


def narrow(value: Any, like: Any) -> Any:
    """Narrow a float32 to an entry of an array: leave it, or round it to the bfloat16 whose bits a uint16 holds."""
    raise NotImplementedError("only compiled code calls this")


@overload(narrow, inline="always")
def _narrow(value: Any, like: Any) -> Callable[[Any, Any], Any]:
    def bfloat16(value: Any, like: Any) -> Any:
        bits = np.float32(value).view(np.uint32)
        return np.uint16((bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16))

    def float32(value: Any, like: Any) -> Any:
        return value

    return bfloat16 if like.dtype is numba.types.uint16 else float32


@inlined
def exponential(x: Any) -> Any:
    """Return the exponential of a float32, with a relative error of 1e-7; inputs are clipped to -87 and 88.

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


@inlined
def logistic(x: Any) -> Any:
    """Return 1 / (1 + exp(-x)) of a float32."""
    return np.float32(1) / (np.float32(1) + exponential(-x))


@inlined
def hyperbolic_tangent(x: Any) -> Any:
    """Return tanh(x) = 2 / (1 + exp(-2x)) - 1 of a float32."""
    return np.float32(2) * logistic(np.float32(2) * x) - np.float32(1)
