"""Examples with labels, of whatever kind: divided into a training and a held-out part, their labels on disk as indices.

Shapes: N examples, C labels.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, NamedTuple, Protocol, TypeVar

import numpy as np

from unspool.arrays import IntArray
from unspool.data.batches import Source
from unspool.data.examples import NumericColumn, open_column, write_column
from unspool.data.findings import Findings, Named
from unspool.data.pairs import SourceReader
from unspool.data.split import MINIMUM_EXAMPLES, choose_by_label, divide
from unspool.errors import DataError, nearest
from unspool.specs.data import Split

MOSTLY = 0.9  # of the examples have labels that occur once: they are no labels
LABELS = "labels"  # the column of the examples that holds the index of each one's label

Item = TypeVar("Item")


class Labelled(NamedTuple, Generic[Item]):
    """An example and its label, and where they were read."""

    item: Item
    label: str
    origin: Named | None = None


class SizedReader(SourceReader, Protocol):
    """Returns the sources of N examples, and says how large each is, so that similar ones can be batched together."""

    @property
    def sizes(self) -> IntArray:
        """The sizes of the examples, [N]: of texts the number of tokens that are read."""


@dataclass(frozen=True)
class LabelledPart:
    """One part of a corpus of examples with labels.

    Attributes:
        sources: return what an encoder reads of each example.
        labels: are the indices of their labels, [N].
    """

    sources: SizedReader
    labels: IntArray

    def __len__(self) -> int:
        """Return the number of examples, N."""
        return len(self.labels)


@dataclass(frozen=True)
class SomeSources:
    """Some of the sources of a part. See `SizedReader`.

    Attributes:
        sources: are those of the whole part.
        chosen: are the indices of N of them.
    """

    sources: SizedReader
    chosen: IntArray

    @property
    def sizes(self) -> IntArray:
        """The sizes of the examples, [N]."""
        return self.sources.sizes[self.chosen]

    def read(self, chosen: IntArray, generator: np.random.Generator | None = None) -> Source:
        """Return the sources of some of the N examples."""
        return self.sources.read(self.chosen[chosen], generator)


def part_of(part: LabelledPart, chosen: IntArray) -> LabelledPart:
    """Return some examples of a part, in the order of their indices."""
    return LabelledPart(SomeSources(part.sources, chosen), part.labels[chosen])


def divide_labelled(
    rows: Sequence[Labelled[Item]],
    held_out: Sequence[Labelled[Item]] | None,
    split: Split,
    where: str,
    findings: Findings,
    noun: str = "rows",
) -> tuple[list[Labelled[Item]], list[Labelled[Item]]]:
    """Hold out the same fraction of each label. See `data.split.divide` and `choose_by_label`.

    Raises:
        DataError: there are too few examples, fewer than 2 labels, no label occurs twice, or a held-out label is not in
            the training part.
    """
    counts = Counter(row.label for row in rows)
    once = [label for label, count in counts.items() if count == 1]
    if len(rows) >= MINIMUM_EXAMPLES and len(once) >= MOSTLY * len(rows):
        raise DataError(
            f"a label must occur more than once to be learnt. Received: {len(once):,} labels in {where} that occur "
            f"once, such as {once[0]!r:.60}, in {len(rows):,} {noun}.",
            "is this a number or a text to predict? A number can be a --condition; a text can be a --target.",
        )
    if 2 * len(once) > len(rows):
        findings.warn(f"most labels occur once, such as {once[0]!r:.60}, and can hardly be learnt.")

    def choose(examples: Sequence[Labelled[Item]], count: int) -> IntArray:
        return choose_by_label([row.label for row in examples], count)

    training, kept_back = divide(rows, held_out, split, choose, noun, where)
    labels = label_names(training)
    if len(labels) < 2:
        raise DataError(
            f"a classifier needs at least 2 labels. Received: only {labels[0]!r:.60} in {where}.",
            f"add {noun} with another label, or name another column with --label.",
        )
    label_indices(kept_back, labels)
    return training, kept_back


def label_names(rows: Iterable[Labelled[Item]]) -> tuple[str, ...]:
    """Return the C labels of some examples, in alphabetical order."""
    return tuple(sorted({row.label for row in rows}))


def label_indices(rows: Sequence[Labelled[Item]], labels: Sequence[str]) -> IntArray:
    """Return the index of each example's label: [N] int64.

    Raises:
        DataError: the label of an example is not one of them.
    """
    known = {label: index for index, label in enumerate(labels)}
    strange = next((row for row in rows if row.label not in known), None)
    if strange is not None:
        where = "" if strange.origin is None else f" in {strange.origin.name}"
        raise DataError(
            f"every label must be one of the training part. Received: {strange.label!r:.60}{where}.",
            nearest(strange.label, labels, quoted=True),
        )
    return np.array([known[row.label] for row in rows], np.int64)


def label_counts(indices: IntArray, labels: Sequence[str]) -> IntArray:
    """Count how often each label occurs: [C]."""
    return np.bincount(indices, minlength=len(labels))


def write_labels(folder: Path, name: str, rows: Sequence[Labelled[Item]], labels: Sequence[str]) -> None:
    """Write the indices of the labels of a part, to be opened by `open_labels`."""
    write_column(folder, name, LABELS, label_indices(rows, labels))


def open_labels(folder: Path, name: str, labels: int, count: int | None = None) -> IntArray:
    """Open what `write_labels` wrote.

    Args:
        folder: holds the file.
        name: is that of the part.
        labels: is the number of labels, C.
        count: is the number of examples, N; none takes as many as there are.

    Raises:
        ModelFolderError: the file is missing or damaged, or does not fit.
    """
    return open_column(folder, name, NumericColumn(LABELS, np.int64, 0, labels - 1), count)
