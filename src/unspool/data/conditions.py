"""Conditions of texts: labels or numbers from the columns of a table, on disk as numbers, in batches as sources.

A label is stored as its index among the labels of its column, a number as (number - mean) / standard deviation.
An encoder reads labels as weights, column after column: a row has weight 1 for its label of each column.

Shapes: N rows of a table, C columns, B rows of a batch, F features that the encoder reads.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from unspool.arrays import FloatArray, IntArray
from unspool.data.batches import VectorSource
from unspool.data.examples import TEXT, NumericColumn, open_examples, write_examples
from unspool.data.pairs import Pairs
from unspool.data.sources import Sources
from unspool.data.split import choose_knowing_labels, choose_randomly, divide
from unspool.data.table import LINE, Columns, joined, read_lines, read_table
from unspool.errors import DataError, UnspoolError, nearest
from unspool.specs.condition import ConditionKind, ConditionSpec
from unspool.text.tokenizer import Tokenizer

CONDITIONS = "conditions"  # the column of the examples that holds the conditions of each text, as numbers
MAX_NUMBERS_AS_LABELS = 20  # different numbers in a column, up to which they are read as labels
MAX_FLOAT = float(np.finfo(np.float32).max)
MAX_DEVIATIONS = 1e30  # from the mean, up to which products and sums do not overflow float32


class ConditionedText(NamedTuple):
    """A text and its condition, one cell of each column."""

    condition: tuple[str, ...]
    text: str


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


def read_conditioned(sources: Sources, text: tuple[str, ...], condition: tuple[str, ...]) -> list[ConditionedText]:
    """Read every row whose text is not empty.

    Args:
        sources: are tables, or texts.
        text: names the columns of the text, which are joined with spaces; none reads every line of the sources as a
            text, whose only condition can be FILE, the name of the file that it is in.
        condition: names the columns that the text depends on.

    Raises:
        DataError: they cannot be read, or a cell of a condition is empty.
    """
    columns = Columns((*text, *condition), frozenset(condition), frozenset(condition))
    records = read_table(sources, columns) if text else read_lines(sources)
    rows = (
        ConditionedText(tuple(record[name].strip() for name in condition), joined(record, text or (LINE,)))
        for record in records
    )
    return [row for row in rows if row.text]


def divide_conditioned(
    rows: Sequence[ConditionedText],
    held_out: Sequence[ConditionedText] | None,
    fraction: float,
    names: Sequence[str],
    kind: ConditionKind,
    where: str,
) -> tuple[list[ConditionedText], list[ConditionedText], tuple[ConditionSpec, ...]]:
    """Hold out random rows, so that every label stays in the training part.

    Args:
        rows: are those of the sources.
        held_out: are rows of separate sources; none holds out a fraction of `rows`.
        fraction: is the fraction of the rows to hold out.
        names: are those of the columns.
        kind: says what the columns hold.
        where: is what an error calls the sources.

    Returns:
        the training part, the held-out part, and the specs of the columns of the training part.

    Raises:
        DataError: there are too few rows, or `learn_conditions` refuses a column.
    """
    if held_out is None and rows:  # columns of labels must not become numbers when rows are held out
        kind = "labels" if learn_conditions(rows, names, kind)[0].labels else "numbers"

    def choose(examples: Sequence[ConditionedText], count: int) -> IntArray:
        if kind == "numbers":
            return choose_randomly(examples, count)
        return choose_knowing_labels([row.condition for row in examples], count)

    training, kept_back = divide(rows, held_out, fraction, choose, "rows", where)
    return training, kept_back, learn_conditions(training, names, kind)


def learn_conditions(
    rows: Sequence[ConditionedText], names: Sequence[str], kind: ConditionKind
) -> tuple[ConditionSpec, ...]:
    """Find out what the columns hold: labels with their counts, or the scale of numbers.

    Args:
        rows: are those of the training part.
        names: are those of the columns.
        kind: says what the columns hold, or `auto`.

    Raises:
        DataError: a column must hold numbers and does not, or some columns hold labels and some numbers.
    """
    columns = list(zip(*(row.condition for row in rows), strict=True))
    specs = [_learn(name, column, kind) for name, column in zip(names, columns, strict=True)]
    if len({bool(spec.labels) for spec in specs}) > 1:
        kinds = ", ".join(f"{spec.name}: {'labels' if spec.labels else 'numbers'}" for spec in specs)
        raise DataError(
            f"the columns of a condition must be all labels or all numbers. Received: {kinds}.",
            "read numbers as labels with --condition-kind labels, or name fewer columns.",
        )
    return tuple(specs)


def _learn(name: str, cells: tuple[str, ...], kind: ConditionKind) -> ConditionSpec:
    numbers = [_number(cell) for cell in cells]
    wrong = next((cell for cell, number in zip(cells, numbers, strict=True) if number is None), None)
    if kind == "numbers" and wrong is not None:
        raise DataError(f"column {name!r} must hold numbers. Received: {wrong!r:.40}.", "leave out --condition-kind.")
    counts = Counter(cells)
    if kind == "labels" or wrong is not None or (kind == "auto" and len(counts) <= MAX_NUMBERS_AS_LABELS):
        labels = sorted(counts)
        return ConditionSpec(name=name, labels=tuple(labels), counts=tuple(counts[label] for label in labels))
    values = np.array(numbers, np.float64)
    return ConditionSpec(name=name, mean=float(values.mean()), deviation=float(values.std()) or 1.0)


def _number(cell: str) -> float | None:
    """Return the number in a cell; none if there is none, or if it overflows float32."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if abs(value) <= MAX_FLOAT else None


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
    number = _number(cell)
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
