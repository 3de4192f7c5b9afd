"""Divide the rows of every batch among the processes that train together.

Today one process trains. Whatever depends on there being several takes a `Process`: which rows of a batch it reads,
which device its tensors are on.
"""

from typing import NamedTuple

from unspool.data.batches import Batch, BatchSource


class Process(NamedTuple):
    """Identifies one of the processes that train together.

    Attributes:
        rank: numbers it, from 0 to world - 1.
        world: counts them.
    """

    rank: int = 0
    world: int = 1


ONLY_PROCESS = Process()


class PartitionedBatches:
    """Gives one process its rows of every batch.

    Args:
        batches: give whole batches, the same ones in every process.
        process: says whose rows to take.
    """

    def __init__(self, batches: BatchSource, process: Process) -> None:
        self._batches, self._process = batches, process

    def steps(self, epoch: int) -> int:
        """Count the batches of an epoch."""
        return self._batches.steps(epoch)

    def batch(self, epoch: int, index: int) -> Batch:
        """Return this process's rows of one batch; `index` counts from 0."""
        return self._batches.batch(epoch, index).partition(*self._process)
