"""Texts with labels: from a table, and on disk as token ids and the indices of labels.

Shapes: N texts, C labels.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from unspool.arrays import IntArray
from unspool.data.examples import TEXT, Examples, NumericColumn, open_examples, write_examples
from unspool.data.findings import Findings
from unspool.data.sources import Sources
from unspool.data.split import MINIMUM_EXAMPLES, choose_by_label, divide
from unspool.data.table import Record, read_texts
from unspool.errors import DataError, nearest
from unspool.specs.data import Split
from unspool.text.tokenizer import Tokenizer

MOSTLY = 0.9  # of the rows have labels that occur once: they are no labels
LABELS = "labels"  # the column of the examples that holds the index of each text's label


class LabelledText(NamedTuple):
    """A text and its label, and where they were read."""

    text: str
    label: str
    origin: Record | None = None


def read_labelled(sources: Sources, text: tuple[str, ...], label: str) -> list[LabelledText]:
    """Read every row of some tables that has a text and a label, and count the others.

    Args:
        sources: are the tables.
        text: names the columns of the text, which are joined with spaces.
        label: names the column of the label.

    Raises:
        DataError: they cannot be read.
    """
    rows = read_texts(sources, text, (label,))
    return [LabelledText(whole, record.cells[label].strip(), record) for whole, record in rows]


def divide_labelled(
    rows: Sequence[LabelledText], held_out: Sequence[LabelledText] | None, split: Split, where: str, findings: Findings
) -> tuple[list[LabelledText], list[LabelledText]]:
    """Hold out the same fraction of each label. See `data.split.divide` and `choose_by_label`.

    Raises:
        DataError: there are too few rows, fewer than 2 labels, no label occurs twice, or a held-out label is not in the
            training part.
    """
    counts = Counter(row.label for row in rows)
    once = [label for label, count in counts.items() if count == 1]
    if len(rows) >= MINIMUM_EXAMPLES and len(once) >= MOSTLY * len(rows):
        raise DataError(
            f"a label must occur more than once to be learnt. Received: {len(once):,} labels in {where} that occur "
            f"once, such as {once[0]!r:.60}, in {len(rows):,} rows.",
            "is this a number or a text to predict? A number can be a --condition; a text can be a --target.",
        )
    if 2 * len(once) > len(rows):
        findings.warn(f"most labels occur once, such as {once[0]!r:.60}, and can hardly be learnt.")

    def choose(examples: Sequence[LabelledText], count: int) -> IntArray:
        return choose_by_label([row.label for row in examples], count)

    training, kept_back = divide(rows, held_out, split, choose, "rows", where)
    labels = label_names(training)
    if len(labels) < 2:
        raise DataError(
            f"a classifier needs at least 2 labels. Received: only {labels[0]!r:.60} in {where}.",
            "add rows with another label, or name another column with --label.",
        )
    label_indices(kept_back, labels)
    return training, kept_back


def label_names(rows: Iterable[LabelledText]) -> tuple[str, ...]:
    """Return the C labels of some rows, in alphabetical order."""
    return tuple(sorted({row.label for row in rows}))


def label_indices(rows: Sequence[LabelledText], labels: Sequence[str]) -> IntArray:
    """Return the index of each row's label: [N] int64.

    Raises:
        DataError: the label of a row is not one of them.
    """
    known = {label: index for index, label in enumerate(labels)}
    strange = next((row for row in rows if row.label not in known), None)
    if strange is not None:
        where = "" if strange.origin is None else f" in {strange.origin.file.name}, {strange.origin.place}"
        raise DataError(
            f"every label must be one of the training part. Received: {strange.label!r:.60}{where}.",
            nearest(strange.label, labels, quoted=True),
        )
    return np.array([known[row.label] for row in rows], np.int64)


def label_counts(indices: IntArray, labels: Sequence[str]) -> IntArray:
    """Count how often each label occurs: [C]."""
    return np.bincount(indices, minlength=len(labels))


def write_labelled(
    folder: Path,
    name: str,
    tokenizer: Tokenizer,
    rows: Sequence[LabelledText],
    labels: Sequence[str],
    on_bytes: Callable[[int], None],
) -> None:
    """Write rows as token ids and indices of labels, to be opened by `open_labelled`."""
    texts = {TEXT: (tokenizer, (row.text for row in rows))}
    write_examples(folder, name, texts, {LABELS: label_indices(rows, labels)}, on_bytes)


def open_labelled(folder: Path, name: str, labels: int, verify: bool = True) -> Examples:
    """Open what `write_labelled` wrote; `labels` is their number, C. See `data.examples.open_examples`."""
    return open_examples(folder, name, columns=[NumericColumn(LABELS, np.int64, 0, labels - 1)], verify=verify)
