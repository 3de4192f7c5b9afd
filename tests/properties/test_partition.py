"""The partitions of a batch are disjoint, and together they are the batch."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from unspool.data.batches import Batch, TextSource, VectorSource
from unspool.data.partition import PartitionedBatches, Process


def batch_of(rows: int, kind: str) -> Batch:
    """A batch in which every number tells its row."""
    index = np.arange(rows)
    inputs = index[:, None] * 10 + np.arange(3)  # (B, T)
    text, vector = TextSource(inputs + 1, index + 1), VectorSource((index[:, None] / 2).astype(np.float32))
    source = {"text": text, "vector": vector, "none": None}[kind]
    return Batch(inputs, inputs + 2, index % 2 == 0, source, index if source else None)


def arrays_of(batch: Batch) -> dict[str, np.ndarray]:
    found = {"inputs": batch.inputs, "targets": batch.targets, "reset": batch.reset, "labels": batch.labels}
    found |= vars(batch.source) if batch.source else {}
    return {name: array for name, array in found.items() if array is not None}


class OneBatch:
    def __init__(self, batch: Batch) -> None:
        self.whole = batch

    def steps(self, epoch: int) -> int:
        return epoch

    def batch(self, epoch: int, index: int) -> Batch:
        return self.whole


@given(st.integers(1, 20), st.integers(1, 6), st.sampled_from(["text", "vector", "none"]))
def test_partitions_are_disjoint_and_together_the_batch(rows: int, world: int, kind: str) -> None:
    whole = batch_of(rows, kind)
    parts = [PartitionedBatches(OneBatch(whole), Process(rank, world)).batch(0, 0) for rank in range(world)]
    assert sum(len(part.reset) for part in parts) == rows
    seen = [row for part in parts for row in part.inputs[:, 0] // 10]
    assert sorted(seen) == list(range(rows))  # each once
    for name, array in arrays_of(whole).items():
        joined = np.concatenate([arrays_of(part)[name] for part in parts])
        np.testing.assert_array_equal(joined, array[seen], err_msg=name)


def test_one_process_has_the_whole_batch_and_epochs_stay_as_long() -> None:
    whole = batch_of(5, "text")
    batches = PartitionedBatches(OneBatch(whole), Process())
    for name, array in arrays_of(batches.batch(0, 0)).items():
        np.testing.assert_array_equal(array, arrays_of(whole)[name])
    assert batches.steps(7) == 7
