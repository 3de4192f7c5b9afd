"""Compile functions, and keep the results for the next process.

Numba caches compiled functions in `__pycache__`. It notices when the file of a function changes, but not when the files
of the functions that it calls do. So the names of the cached files have a hash of all the source: after any edit
nothing that was compiled before is found, and it is removed.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import event

from unspool.engines.announcing import announce_compiling

Function = TypeVar("Function", bound=Callable[..., Any])

PACKAGE = Path(__file__).parents[2]
SOURCES = (  # compiled code, and the constants that it takes from elsewhere
    "engines/kernels/*.py",
    "engines/numba/*.py",
    "engines/parameters.py",
    "decode/sampler.py",
    "text/tokenizer.py",
)


def compiled(function: Function, fast: bool = True, inline: bool = False) -> Function:
    """Compile a function, and keep the result on disk if there is a folder for it.

    Division by zero gives infinity, as in NumPy: a check that could raise would keep a loop from being vectorised.
    Other Python threads run meanwhile.

    Args:
        function: takes and returns arrays and scalars.
        fast: lets the compiler reorder sums, which vector instructions need; results then differ in the last bits.
        inline: compiles the function into each of its callers.
    """
    options = {"fastmath": fast, "error_model": "numpy", "nogil": True, "forceinline": inline}
    return cast(Function, cached(numba.njit, function, **options))


def inlined(function: Function) -> Function:
    """Compile a function into each of the kernels of training that call it.

    A kernel from the cache holds its own copy of the functions it calls; in the process that compiles it, the linker
    would use another copy, which sums in another order. An inlined function has one copy, so that the same seed gives
    the same weights whether the kernels come from the cache or not.
    """
    return compiled(function, inline=True)


def cached(decorator: Callable[..., Any], function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Apply one of Numba's decorators with a cache, or without one where no folder for it can be written."""
    function.__qualname__ = f"{function.__qualname__}_{source_stamp()}"
    try:
        result = decorator(*arguments, cache=True, **options)(function)
    except (RuntimeError, OSError):  # there is no folder, or its disk is full
        _Announcer.kept = False
        return decorator(*arguments, **options)(function)
    if hasattr(result, "stats"):
        remove_stale(result.stats.cache_path)
    store: Any = getattr(result, "_cache", None)
    if hasattr(store, "save_overload"):  # what is compiled when it is first called
        store.save_overload = _if_possible(store.save_overload)
    return result


def _if_possible(save: Callable[..., None]) -> Callable[..., None]:
    """Let a compiled function be used also where it cannot be kept, because the disk is full."""

    def saved(*arguments: Any) -> None:
        with suppress(OSError):
            save(*arguments)

    return saved


@cache
def source_stamp() -> str:
    """Return a short hash of the source that compiled functions depend on."""
    digest = hashlib.blake2b(digest_size=6)
    for pattern in SOURCES:
        for path in sorted(PACKAGE.glob(pattern)):
            source = path.read_bytes()
            digest.update(f"{path.name} {len(source)} ".encode() + source)
    return digest.hexdigest()


@cache
def remove_stale(folder: str) -> None:
    """Remove the cached functions of other stamps from a folder; several processes may do so at once."""
    with suppress(OSError):
        for path in Path(folder).glob("*.nb[ci]"):
            if source_stamp() not in path.name:
                with suppress(OSError):
                    path.unlink()


class _Announcer(event.Listener):
    """Hears when a function is compiled rather than read from the cache."""

    kept = True

    def on_start(self, _event: event.Event) -> None:
        announce_compiling(self.kept)

    def on_end(self, _event: event.Event) -> None:
        """Do nothing: the beginning is what a person waits after."""


cast(Any, event).register("numba:compile", _Announcer())
