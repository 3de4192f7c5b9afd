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
from unspool.data.documents import read_documents
from unspool.data.examples import TEXT, NumericColumn, open_examples, write_examples
from unspool.data.findings import Findings
from unspool.data.numbers import MAX_NUMBERS_AS_LABELS, holds_numbers, looks_like_a_number, number_in, three_decimals
from unspool.data.pairs import Pairs
from unspool.data.sources import Sources
from unspool.data.split import MINIMUM_EXAMPLES, choose_knowing_labels, choose_randomly, divide
from unspool.data.table import Record, read_texts
from unspool.errors import DataError, UnspoolError, nearest
from unspool.specs.condition import ConditionKind, ConditionSpec
from unspool.specs.data import Split
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


def read_conditioned(
    sources: Sources, text: tuple[str, ...], condition: tuple[str, ...], separator: str = "\n"
) -> list[ConditionedText]:
    """Read every row that has a text and a condition, and count the others.

    Args:
        sources: are tables, or texts.
        text: names the columns of the text, which are joined with spaces; none reads the documents of plain texts,
            whose only condition can be FILE, the name of the file that they are in.
        condition: names the columns that the text depends on.
        separator: is what divides the documents, see `data.documents.read_documents`.

    Raises:
        DataError: they cannot be read.
    """
    found = read_texts(sources, text, condition) if text else read_documents(sources, separator)
    return [
        ConditionedText(tuple(record.cells[name].strip() for name in condition), whole, record)
        for whole, record in found
    ]


def divide_conditioned(
    rows: Sequence[ConditionedText],
    held_out: Sequence[ConditionedText] | None,
    split: Split,
    names: Sequence[str],
    kind: ConditionKind,
    where: str,
    findings: Findings,
) -> tuple[list[ConditionedText], list[ConditionedText], tuple[ConditionSpec, ...]]:
    """Hold out random rows, so that every label stays in the training part.

    Args:
        rows: are those of the sources.
        held_out: are rows of separate sources; none holds out a part of `rows`.
        split: says which.
        names: are those of the columns.
        kind: says what the columns hold.
        where: is what an error calls the sources.
        findings: counts the rows that lack a number.

    Returns:
        the training part, the held-out part, and the specs of the columns of the training part.

    Raises:
        DataError: there are too few rows, or `learn_conditions` refuses a column.
    """
    numeric = _numeric(rows, names, kind)  # of all rows: a column must not become another kind when rows are held out
    rows = _with_numbers(rows, names, numeric, findings)
    for name, cells in zip(names, zip(*(row.condition for row in rows), strict=True), strict=False):
        if any(numeric) and (example := three_decimals(cells)):
            findings.warn(
                f"numbers of {name!r} such as {example!r:.40} are read with three decimals, not as thousands."
            )
    held_out = None if held_out is None else _with_numbers(held_out, names, numeric, findings)

    def choose(examples: Sequence[ConditionedText], count: int) -> IntArray:
        if any(numeric):
            return choose_randomly(examples, count)
        return choose_knowing_labels([row.condition for row in examples], count)

    if not any(numeric):
        _check_labels(rows, names, findings)
    training, kept_back = divide(rows, held_out, split, choose, "rows", where)
    return training, kept_back, learn_conditions(training, names, "numbers" if any(numeric) else "labels")


def _check_labels(rows: Sequence[ConditionedText], names: Sequence[str], findings: Findings) -> None:
    """Refuse labels that all differ; warn of those that mostly occur once, or that look like numbers."""
    for name, cells in zip(names, zip(*(row.condition for row in rows), strict=True), strict=False):
        counts = Counter(cells)
        once = sum(number == 1 for number in counts.values())
        example = next((cell for cell, number in counts.items() if number == 1), cells[0])
        if once == len(rows) >= MINIMUM_EXAMPLES:
            raise DataError(
                f"a label must occur more than once to be learnt. Received: {once:,} labels in column {name!r}, each "
                f"of them once, such as {example!r:.40}.",
                "name another column; numbers are written as 1234.5, without units and thousands.",
            )
        if 2 * once > len(rows):
            findings.warn(f"most labels of {name!r} occur once, such as {example!r:.40}, and can hardly be learnt.")
        if len(counts) > MAX_NUMBERS_AS_LABELS and (numbers := sum(map(looks_like_a_number, cells))) > len(cells) / 2:
            other = next((cell for cell in cells if not looks_like_a_number(cell)), cells[0])
            findings.warn(
                f"{numbers:,} of {len(cells):,} cells of {name!r} look like numbers, and are read as labels because of "
                f"cells such as {other!r:.40}; numbers are written as 1234.5, without units and thousands."
            )


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
    columns = zip(*(row.condition for row in rows), strict=True)
    numeric = _numeric(rows, names, kind)
    return tuple(_learn(name, cells, numbers) for name, cells, numbers in zip(names, columns, numeric, strict=True))


def _numeric(rows: Sequence[ConditionedText], names: Sequence[str], kind: ConditionKind) -> list[bool]:
    """Return for each column whether it holds numbers; they are all of one kind."""
    columns = zip(*(row.condition for row in rows), strict=True)
    numeric = [holds_numbers(name, cells, kind) for name, cells in zip(names, columns, strict=False)]
    if len(set(numeric)) > 1:
        kinds = ", ".join(f"{name}: {'numbers' if one else 'labels'}" for name, one in zip(names, numeric, strict=True))
        raise DataError(
            f"the columns of a condition must be all labels or all numbers. Received: {kinds}.",
            "read numbers as labels with --condition-kind labels, or name fewer columns.",
        )
    return numeric


def _with_numbers(
    rows: Sequence[ConditionedText], names: Sequence[str], numeric: Sequence[bool], findings: Findings
) -> list[ConditionedText]:
    """Return the rows that have a number in each column of numbers, and count the others."""
    kept = []
    for row in rows:
        gap = next(
            (
                (name, cell)
                for name, cell, numbers in zip(names, row.condition, numeric, strict=False)
                if numbers and number_in(cell) is None
            ),
            None,
        )
        if gap is None:
            kept.append(row)
        elif row.origin is not None:
            what = f"rows left out because {gap[0]!r} is no number, but {gap[1]!r:.40}"
            findings.count(what, row.origin.file, row.origin.place)
    return kept


def _learn(name: str, cells: tuple[str, ...], numeric: bool) -> ConditionSpec:
    if not numeric:
        counts = Counter(cells)
        labels = sorted(counts)
        return ConditionSpec(name=name, labels=tuple(labels), counts=tuple(counts[label] for label in labels))
    values = np.array([number for cell in cells if (number := number_in(cell)) is not None], np.float64)
    return ConditionSpec(name=name, mean=float(values.mean()), deviation=float(values.std()) or 1.0)


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
