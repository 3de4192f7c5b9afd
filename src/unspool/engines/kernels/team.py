"""Threads that generate one row together: each runs the same loop and computes its part of every product.

Everything but the products is cheap, and every thread computes all of it: threads exchange only the sums of a product,
with one barrier for each product. Every thread computes a row of a product in the same way, so the number of threads
changes no result.
"""

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from unspool.arrays import Array
from unspool.engines.kernels.compiling import compiled

MAX_SPINS = 4000  # readings of the counter before the thread yields the core


class Team(NamedTuple):
    """The view of a team that one of its threads has.

    Attributes:
        rank: is the index of the thread, from 0.
        threads: is the number of threads in the team.
        passed: counts the barriers that this thread has passed, [1]; each thread has its own.
        arrived: counts the arrivals of all threads at barriers, [1]; the threads share it.
        sums: are the last two products, [2, R]; the threads share it. While one thread still reads one of them, another
            may write the other; it cannot be two ahead.
    """

    rank: int
    threads: int
    passed: Array
    arrived: Array
    sums: Array


def make_teams(threads: int, max_size: int) -> list[Team]:
    """Make the view of each thread; products have at most `max_size` columns, R."""
    arrived, sums = np.zeros(1, np.int64), np.zeros((2, max_size), np.float32)
    return [Team(rank, threads, np.zeros(1, np.int64), arrived, sums) for rank in range(threads)]


def _arrive(typing: Any, counter: Any) -> Any:
    """Compile `arrive`: increment the counter, with release semantics."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.atomic_rmw("add", address, ir.Constant(ir.IntType(64), 1), "acq_rel")

    return types.int64(counter), generate


def _arrived(typing: Any, counter: Any) -> Any:
    """Compile `arrived`: read the counter, with acquire semantics."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.load_atomic(address, "acquire", 8)

    return types.int64(counter), generate


arrive: Any = intrinsic(_arrive)
arrived: Any = intrinsic(_arrived)
yield_core: Any = types.ExternalFunction("sched_yield", types.int32())


@compiled
def sums_of(team: Team) -> Any:
    """Return the workspace [R] for the sums of this product."""
    return team.sums[team.passed[0] % 2]


@compiled
def partition(team: Team, rows: int) -> tuple[int, int]:
    """Return the first row that this thread computes, and the one after its last."""
    return rows * team.rank // team.threads, rows * (team.rank + 1) // team.threads


@compiled
def barrier(team: Team) -> None:
    """Wait until every thread has computed its part."""
    team.passed[0] += 1
    if team.threads == 1:
        return
    arrive(team.arrived)
    spins = 0
    while arrived(team.arrived) < team.passed[0] * team.threads:
        spins += 1
        if spins > MAX_SPINS:
            yield_core()
