"""Divide the rows of every batch among the processes that train together.

Today one process trains. What depends on the number of processes takes a `Process`: the rows of a batch that are read,
the device of the tensors.
"""

from typing import NamedTuple

from unspool.data.batches import Batch, BatchSource


class Process(NamedTuple):
    """Identifies one of the processes that train together.

    Attributes:
        rank: is the index of the process, from 0 to world - 1.
        world: is the number of processes.
    """

    rank: int = 0
    world: int = 1


ONLY_PROCESS = Process()


class PartitionedBatches:
    """Gives one process its rows of every batch.

    Args:
        batches: are whole, and the same in every process.
        process: is the one whose rows are taken.
    """

    def __init__(self, batches: BatchSource, process: Process) -> None:
        self._batches, self._process = batches, process

    def steps(self, epoch: int) -> int:
        """Count the batches of an epoch."""
        return self._batches.steps(epoch)

    def batch(self, epoch: int, index: int) -> Batch:
        """Return this process's rows of one batch; `index` counts from 0."""
        return self._batches.batch(epoch, index).partition(*self._process)
