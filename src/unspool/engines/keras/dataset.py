"""Batches as a `tf.data.Dataset`, for models that are trained with `fit`.

Shapes: B rows, T time steps.
"""

from collections.abc import Iterator
from itertools import count, islice
from typing import Any

import numpy as np
import tensorflow

from unspool.data.batches import BatchSource

AHEAD = 2  # batches that are made before they are needed

Pair = tuple[Any, Any]


def dataset_of(batches: BatchSource, repeats: bool = False) -> Any:
    """Make a dataset of pairs of inputs and targets, [B, T] int32, of as many batches as the first epoch has.

    Args:
        batches: makes them.
        repeats: makes every pass over it the first epoch; otherwise each pass that is not broken off makes the next.
    """
    steps, epoch = batches.steps(0), 0

    def one_pass() -> Iterator[Pair]:
        nonlocal epoch
        for number, pair in enumerate(islice(_pairs(batches, epoch), steps), 1):
            epoch += number == steps and not repeats
            yield pair

    signature = tensorflow.TensorSpec((None, None), tensorflow.int32)
    dataset = tensorflow.data.Dataset.from_generator(one_pass, output_signature=(signature, signature))
    return dataset.apply(tensorflow.data.experimental.assert_cardinality(steps)).prefetch(AHEAD)


def _pairs(batches: BatchSource, first: int) -> Iterator[Pair]:
    """Yield the batches of an epoch, and of those after it."""
    for epoch in count(first):
        for index in range(batches.steps(epoch)):
            batch = batches.batch(epoch, index)
            yield batch.inputs.astype(np.int32), batch.targets.astype(np.int32)
