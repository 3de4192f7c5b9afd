"""Conditions of texts: labels or numbers from the columns of a table, on disk as numbers, in batches as sources.

A label is stored as its index among the labels of its column, a number as (number - mean) / standard deviation.
An encoder reads labels as weights, column after column: a row has weight 1 for its label of each column.

Shapes: N rows of a table, C columns, B rows of a batch, F features that the encoder reads.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from unspool.arrays import FloatArray, IntArray
from unspool.data.batches import VectorSource
from unspool.data.examples import TEXT, NumericColumn, open_examples, write_examples
from unspool.data.numbers import (
    number_in,
)
from unspool.data.pairs import Pairs
from unspool.data.table import Record
from unspool.errors import DataError, UnspoolError, nearest
from unspool.specs.condition import ConditionSpec
from unspool.text.tokenizer import Tokenizer

CONDITIONS = "conditions"  # the column of the examples that holds the conditions of each text, as numbers
MAX_DEVIATIONS = 1e30  # from the mean, up to which products and sums do not overflow float32


class ConditionedText(NamedTuple):
    """A text and its condition, one cell of each column; and where it was read."""

    condition: tuple[str, ...]
    text: str
    origin: Record | None = None


@dataclass(frozen=True)
class Conditions:
    """The conditions of one part of a corpus. See `data.pairs.SourceReader`.

    Attributes:
        values: are float32, [N, C], as on disk.
        specs: say what the C columns hold.
    """

    values: FloatArray
    specs: tuple[ConditionSpec, ...]

    def read(self, chosen: IntArray, generator: np.random.Generator | None = None) -> VectorSource:
        """Return the weights or numbers of the chosen rows, [B, F]; the generator is not used."""
        values = self.values[chosen]  # (B, C)
        if not self.specs[0].labels:
            return VectorSource(values)
        first = first_weights(self.specs)
        weights = np.zeros((len(values), first[-1]), np.float32)  # (B, F)
        np.put_along_axis(weights, values.astype(np.int64) + first[:-1], 1, axis=1)
        return VectorSource(weights)


def first_weights(specs: Sequence[ConditionSpec]) -> IntArray:
    """Return the index of the first label of each column in a row of weights, and F at the end: [C + 1]."""
    return np.cumsum([0, *(len(spec.labels) for spec in specs)])


def value_of(cell: str, spec: ConditionSpec, error: type[UnspoolError]) -> float:
    """Return the index of a label, or (number - mean) / standard deviation of a number.

    Args:
        cell: holds the label or the number.
        spec: says what its column holds.
        error: is the class to raise.

    Raises:
        UnspoolError: the label is not known, or the cell holds no number; the error is of the class given.
    """
    if spec.labels:
        if cell not in spec.labels:
            rule = f"{spec.name} must be a label that the model has learnt"
            raise error(f"{rule}. Received: {cell!r:.60}.", nearest(cell, spec.labels))
        return float(spec.labels.index(cell))
    number = number_in(cell)
    if number is None:
        raise error(f"{spec.name} must be a number. Received: {cell!r:.60}.", f"such as {spec.mean:g}.")
    deviations = (number - spec.mean) / spec.deviation
    if abs(deviations) > MAX_DEVIATIONS:
        raise error(
            f"{spec.name} must be a number at most {MAX_DEVIATIONS:g} standard deviations from the mean. "
            f"Received: {cell!r:.60}.",
            f"such as {spec.mean:g}; the deviation is {spec.deviation:g}.",
        )
    return deviations


def first_of_labels(pairs: Pairs, specs: Sequence[ConditionSpec]) -> IntArray:
    """Return the index of a text of each label that is short enough to be learnt; of numbers, none."""
    kept = pairs.examples.kept
    columns = pairs.examples.numbers[CONDITIONS][kept].T if specs[0].labels else ()
    firsts = [np.unique(column, return_index=True)[1] for column in columns]
    return kept[np.unique(np.concatenate(firsts))] if firsts else kept[:0]


def condition_values(rows: Sequence[ConditionedText], specs: Sequence[ConditionSpec]) -> FloatArray:
    """Return the conditions of some rows as numbers: [N, C] float32.

    Raises:
        DataError: a label is not among those of the specs.
    """
    known = [{label: float(index) for index, label in enumerate(spec.labels)} for spec in specs]
    for cells in dict.fromkeys(row.condition for row in rows):
        for cell, spec, values in zip(cells, specs, known, strict=True):
            if cell not in values:
                values[cell] = value_of(cell, spec, DataError)
    flat = chain.from_iterable((values[c] for c, values in zip(row.condition, known, strict=True)) for row in rows)
    return np.fromiter(flat, np.float32).reshape(len(rows), len(specs))  # (N, C)


def write_conditioned(
    folder: Path,
    name: str,
    tokenizer: Tokenizer,
    rows: Sequence[ConditionedText],
    specs: Sequence[ConditionSpec],
    on_bytes: Callable[[int], None] = lambda size: None,
) -> None:
    """Write texts and their conditions, to be opened by `open_conditioned`.

    Raises:
        DataError: there are no texts, or a label is not among those of the specs.
    """
    texts = {TEXT: (tokenizer, (row.text for row in rows))}
    write_examples(folder, name, texts, {CONDITIONS: condition_values(rows, specs)}, on_bytes)


def open_conditioned(
    folder: Path, name: str, specs: tuple[ConditionSpec, ...], max_length: int | None = None, verify: bool = True
) -> Pairs:
    """Open what `write_conditioned` wrote. See `data.examples.open_examples`."""
    maximum = np.array([len(spec.labels) - 1 if spec.labels else np.inf for spec in specs])  # (C)
    minimum = np.where(np.isfinite(maximum), 0, -np.inf)
    column = NumericColumn(CONDITIONS, np.float32, minimum, maximum)
    examples = open_examples(folder, name, columns=[column], max_length=max_length, verify=verify)
    return Pairs(examples, Conditions(examples.numbers[CONDITIONS], specs))
