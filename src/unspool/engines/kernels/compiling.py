"""How functions are compiled."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function, fast: bool = True) -> Function:
    """Compile a function, and keep the result on disk for the next process where there is a place for it.

    Division by zero gives infinity, as in NumPy: a check that could raise would keep a loop from being vectorised.
    Other threads of Python run meanwhile.

    Args:
        function: of arrays and numbers.
        fast: sums may be reordered, which vector instructions need; results then differ in the last bits.
    """
    try:
        return cast(Function, numba.njit(fastmath=fast, error_model="numpy", nogil=True, cache=True)(function))
    except RuntimeError:  # no folder for the cache can be written
        return cast(Function, numba.njit(fastmath=fast, error_model="numpy", nogil=True)(function))
