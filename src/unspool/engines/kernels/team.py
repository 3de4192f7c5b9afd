"""Threads that write one row together: each runs the same loop and makes its part of every product.

Everything but the products is cheap and done by every thread for itself, so that they agree without a word: only the
sums of a product pass between them, and they meet once for each product. The rows of a product are made in the same
way by whichever thread, so their number changes no result.
"""

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from unspool.arrays import Array
from unspool.engines.kernels.compiling import compiled

PATIENCE = 4000  # looks at the counter before the core is offered to others


class Team(NamedTuple):
    """What one thread knows of its team.

    Attributes:
        rank: of the thread, from 0.
        threads: how many there are.
        met: [1] how often this thread has met the others; its own.
        arrived: [1] how often any thread has come to a meeting; of all.
        sums: [2, R] of the last two products; of all. While a thread is still reading the one, another may be writing
            the other; it cannot be two ahead.
    """

    rank: int
    threads: int
    met: Array
    arrived: Array
    sums: Array


def make_teams(threads: int, longest: int) -> list[Team]:
    """One for each thread; R is the longest product."""
    arrived, sums = np.zeros(1, np.int64), np.zeros((2, longest), np.float32)
    return [Team(rank, threads, np.zeros(1, np.int64), arrived, sums) for rank in range(threads)]


def _arrive(typing: Any, counter: Any) -> Any:
    """Count up by one, and let the others see what was written before."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.atomic_rmw("add", address, ir.Constant(ir.IntType(64), 1), "acq_rel")

    return types.int64(counter), generate


def _arrived(typing: Any, counter: Any) -> Any:
    """How far the counter is, and what was written before it came there."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.load_atomic(address, "acquire", 8)

    return types.int64(counter), generate


arrive: Any = intrinsic(_arrive)
arrived: Any = intrinsic(_arrived)
offer_core: Any = types.ExternalFunction("sched_yield", types.int32())


@compiled
def room(team: Team) -> Any:
    """Where the sums [R] of this product go."""
    return team.sums[team.met[0] % 2]


@compiled
def part_of(team: Team, rows: int) -> tuple[int, int]:
    """The rows that this thread makes: from, to."""
    return rows * team.rank // team.threads, rows * (team.rank + 1) // team.threads


@compiled
def meet(team: Team) -> None:
    """Wait until every thread has made its part."""
    team.met[0] += 1
    if team.threads == 1:
        return
    arrive(team.arrived)
    looks = 0
    while arrived(team.arrived) < team.met[0] * team.threads:
        looks += 1
        if looks > PATIENCE:
            offer_core()
