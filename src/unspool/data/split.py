"""Choose the examples to hold out: random ones, also such that leave every label in the training part; or the last.

The choice depends on the examples alone, so that a run that starts again holds out the same ones.

Shapes: N examples, K of them held out.
"""

from collections import Counter
from collections.abc import Callable, Sequence, Sized
from math import ceil
from typing import TypeVar

import numpy as np

from unspool.arrays import IntArray
from unspool.errors import DataError
from unspool.specs.data import Split

MINIMUM_EXAMPLES = 10

Example = TypeVar("Example")
Choose = Callable[[Sequence[Example], int], IntArray]  # examples, K -> the indices of those that are held out


def divide(
    examples: Sequence[Example],
    held_out: Sequence[Example] | None,
    split: Split,
    choose: Choose[Example],
    noun: str,
    where: str,
) -> tuple[list[Example], list[Example]]:
    """Divide examples into a training and a held-out part.

    Args:
        examples: are those of the sources.
        held_out: are examples of separate sources; none holds out a fraction of `examples`.
        split: says what to hold out.
        choose: chooses which at random.
        noun: is what an error calls the examples, such as `pairs`.
        where: is what an error calls their sources.

    Returns:
        both parts, each in the order of the examples.

    Raises:
        DataError: there are fewer than 10 examples in the training part, or none held out.
    """
    training, kept_back = list(examples), list(held_out or ())
    if held_out is None and len(examples) >= MINIMUM_EXAMPLES:
        count = min(max(1, round(len(examples) * split.fraction)), len(examples))
        chosen = set((choose_last if split.place == "end" else choose)(examples, count).tolist())
        training = [example for index, example in enumerate(examples) if index not in chosen]
        kept_back = [examples[index] for index in sorted(chosen)]
    if len(training) < MINIMUM_EXAMPLES or not kept_back:
        raise DataError(
            f"training needs at least {MINIMUM_EXAMPLES} {noun} to learn and 1 to hold out. "
            f"Received: {len(training)} and {len(kept_back)} in {where}.",
            f"name more {noun}; some hundreds teach a simple pattern.",
        )
    return training, kept_back


def training_length(total: int, fraction: float) -> int:
    """Return how many of so many characters or documents are the training part, before the held-out end."""
    return min(int(total * (1 - fraction)), total - 1)


def choose_last(examples: Sized, count: int) -> IntArray:
    """Choose the last examples."""
    return np.arange(len(examples) - count, len(examples))


def choose_randomly(examples: Sized, count: int) -> IntArray:
    """Choose random examples."""
    return np.random.default_rng(0).permutation(len(examples))[:count]


def choose_knowing_labels(labels: Sequence[Sequence[str]], count: int) -> IntArray:
    """Choose random examples, so that every label stays in the training part, and keeps most of its examples there.

    Args:
        labels: are those of the examples, one of each of C columns, [N, C].
        count: is K; fewer are chosen where K would take more than twice its fraction of a label, or the last example.
    """
    left = [Counter(column) for column in zip(*labels, strict=True)]
    kept = [
        {label: max(1, number - ceil(2 * count / len(labels) * number)) for label, number in counter.items()}
        for counter in left
    ]
    chosen: list[int] = []
    for index in np.random.default_rng(0).permutation(len(labels)).tolist():
        counted = list(zip(left, kept, labels[index], strict=True))
        if len(chosen) < count and all(counter[label] > least[label] for counter, least, label in counted):
            chosen.append(index)
            for counter, _, label in counted:
                counter[label] -= 1
    return np.array(chosen, np.int64)


def choose_by_label(labels: Sequence[str] | Sequence[int], count: int) -> IntArray:
    """Choose at random the same fraction of the examples of each label, but never all of them (stratified sampling).

    Args:
        labels: are those of the examples, [N].
        count: is K; fewer are chosen where K would take the last example with a label.
    """
    order = np.random.default_rng(0).permutation(len(labels))
    order = np.array(sorted(order, key=lambda index: labels[index]), np.int64)  # by label, within one at random
    spread = ((np.arange(count) + 0.5) * len(labels) / count).astype(np.int64)  # (K), evenly over `order`
    first = {labels[index]: index for index in reversed(order)}
    return np.array(sorted({*order[spread].tolist()} - {int(index) for index in first.values()}), np.int64)
