"""Conditions of texts: labels or numbers out of the columns of a table, on disk as numbers, in batches as sources.

A label is held as its place in its column's list, a number as its distance from the mean in deviations. An encoder
reads labels as shares, one list after the other: a row has a share of 1 for its label of each column.

Shapes: N rows of a table, C columns, B rows of a batch, F numbers that the encoder reads.
"""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from unspool.arrays import FloatArray, IntArray
from unspool.data.batches import VectorSource
from unspool.data.corpus import open_part, write_tokens
from unspool.data.pairs import Pairs
from unspool.data.sources import Sources, describe_sources, joined_text
from unspool.errors import DataError, ModelFolderError, UnspoolError, nearest, reporting_write_errors
from unspool.specs.condition import ConditionSpec
from unspool.specs.data import ConditionKind, DataSpec
from unspool.text.tokenizer import Tokenizer

MINIMUM_ROWS = 10
MOST_NUMBERS_AS_LABELS = 20  # different ones in a column that are taken for labels
LARGEST = float(np.finfo(np.float32).max)
FARTHEST = 1e30  # deviations from the mean, which float32 can still multiply and add up


class Row(NamedTuple):
    """One row of a table: the cells that its text depends on, and the text."""

    cells: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Conditions:
    """The conditions of one part of a corpus. See `data.pairs.SourceSide`.

    Attributes:
        values: [N, C] float32, as on disk.
        specs: [C] what the columns hold.
    """

    values: FloatArray
    specs: tuple[ConditionSpec, ...]

    @property
    def lengths(self) -> IntArray:
        """Ones: a condition is no text."""
        return np.ones(len(self.values), np.int64)

    def read(self, chosen: IntArray, generator: np.random.Generator | None = None) -> VectorSource:
        """Shares or numbers [B, F] of the chosen rows; nothing of them is ever unknown."""
        values = self.values[chosen]  # (B, C)
        if not self.specs[0].labels:
            return VectorSource(values)
        first = first_shares(self.specs)
        shares = np.zeros((len(values), first[-1]), np.float32)  # (B, F)
        np.put_along_axis(shares, values.astype(np.int64) + first[:-1], 1, axis=1)
        return VectorSource(shares)


def first_shares(specs: Sequence[ConditionSpec]) -> IntArray:
    """Where the labels of each column begin in a row of shares, and F, where they end: [C + 1]."""
    return np.cumsum([0, *(len(spec.labels) for spec in specs)])


def read_rows(spec: DataSpec) -> tuple[list[Row], list[Row], tuple[ConditionSpec, ...]]:
    """The training and the held-out rows whose text is not empty, and what the columns of the first hold.

    Rows are held out by chance, always the same ones; none that is the only one with one of its labels.

    Raises:
        DataError: they cannot be read, are too few, or `learn_conditions` refuses a column.
    """
    rows = all_rows(spec.sources, spec)
    held_out = all_rows(spec.validation_sources, spec) if spec.validation_sources else []
    names, kind = spec.condition_columns, spec.condition_kind
    if len(rows) >= MINIMUM_ROWS and not held_out:
        kind = "labels" if learn_conditions(rows, names, kind)[0].labels else "numbers"
        rows, held_out = _split(rows, max(1, round(len(rows) * spec.validation_fraction)), kind)
    if len(rows) < MINIMUM_ROWS or not held_out:
        raise DataError(
            f"conditioned text needs at least {MINIMUM_ROWS} rows to learn and 1 to hold out. "
            f"Received: {len(rows)} and {len(held_out)} in {describe_sources(spec.sources)}.",
            "name a longer table, in which each label comes often.",
        )
    return rows, held_out, learn_conditions(rows, names, kind)


def all_rows(names: tuple[str, ...], spec: DataSpec) -> list[Row]:
    """Every row of some tables whose text is not empty.

    Raises:
        DataError: they cannot be read.
    """
    first = len(spec.columns) - len(spec.condition_columns)  # of the columns of conditions, which follow the texts
    rows = (Row(tuple(c.strip() for c in row[first:]), joined_text(row[:first])) for row in Sources(names, spec).rows())
    return [row for row in rows if row.text]


def _split(rows: list[Row], count: int, kind: ConditionKind) -> tuple[list[Row], list[Row]]:
    """Hold out `count` rows by chance, or as many as leave every label known."""
    left = [Counter(column) for column in zip(*(row.cells for row in rows), strict=True)]
    held_out: set[int] = set()
    for number in np.random.default_rng(0).permutation(len(rows)):
        counted = list(zip(left, rows[number].cells, strict=True))
        if len(held_out) < count and (kind == "numbers" or all(counter[cell] > 1 for counter, cell in counted)):
            held_out.add(int(number))
            for counter, cell in counted:
                counter[cell] -= 1
    return [row for i, row in enumerate(rows) if i not in held_out], [rows[i] for i in sorted(held_out)]


def learn_conditions(rows: Sequence[Row], names: Sequence[str], kind: ConditionKind) -> tuple[ConditionSpec, ...]:
    """What the columns hold: labels with their counts, or the scale of numbers.

    Raises:
        DataError: a column is not all numbers and should be, or some columns hold labels and some numbers.
    """
    columns = list(zip(*(row.cells for row in rows), strict=True))
    specs = [_learn(name, column, kind) for name, column in zip(names, columns, strict=True)]
    if len({bool(spec.labels) for spec in specs}) > 1:
        told = ", ".join(f"{spec.name}: {'labels' if spec.labels else 'numbers'}" for spec in specs)
        raise DataError(
            f"the columns of a condition must be all labels or all numbers. Received: {told}.",
            "take numbers for labels with --condition-kind labels, or name fewer columns.",
        )
    return tuple(specs)


def _learn(name: str, cells: tuple[str, ...], kind: ConditionKind) -> ConditionSpec:
    numbers = [_number(cell) for cell in cells]
    wrong = next((cell for cell, number in zip(cells, numbers, strict=True) if number is None), None)
    if kind == "numbers" and wrong is not None:
        raise DataError(f"column {name!r} must hold numbers. Received: {wrong!r:.40}.", "leave out --condition-kind.")
    counts = Counter(cells)
    if kind == "labels" or wrong is not None or (kind == "auto" and len(counts) <= MOST_NUMBERS_AS_LABELS):
        labels = sorted(counts)
        return ConditionSpec(name=name, labels=tuple(labels), counts=tuple(counts[label] for label in labels))
    values = np.array(numbers, np.float64)
    return ConditionSpec(name=name, mean=float(values.mean()), deviation=float(values.std()) or 1.0)


def _number(cell: str) -> float | None:
    """What a cell says, if it is a number that float32 can hold."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if abs(value) <= LARGEST else None


def value_of(cell: str, spec: ConditionSpec, error: type[UnspoolError]) -> float:
    """A label as its place in the list, a number as its distance from the mean in deviations.

    Raises:
        UnspoolError: of class `error`: the label is not known, or it is no number.
    """
    if spec.labels:
        if cell not in spec.labels:
            rule = f"{spec.name} must be a label that the model has learnt"
            raise error(f"{rule}. Received: {cell!r:.60}.", nearest(cell, spec.labels))
        return float(spec.labels.index(cell))
    number = _number(cell)
    if number is None:
        raise error(f"{spec.name} must be a number. Received: {cell!r:.60}.", f"such as {spec.mean:g}.")
    distance = (number - spec.mean) / spec.deviation
    if abs(distance) > FARTHEST:
        raise error(
            f"{spec.name} must be a number at most {FARTHEST:g} standard deviations from the mean. "
            f"Received: {cell!r:.60}.",
            f"such as {spec.mean:g}; the deviation is {spec.deviation:g}.",
        )
    return distance


def make_conditions(rows: Sequence[Row], specs: tuple[ConditionSpec, ...]) -> Conditions:
    """The conditions of some rows.

    Raises:
        DataError: a label is not among those of the specs.
    """
    known = [{label: float(place) for place, label in enumerate(spec.labels)} for spec in specs]
    for cells in dict.fromkeys(row.cells for row in rows):
        for cell, spec, values in zip(cells, specs, known, strict=True):
            if cell not in values:
                values[cell] = value_of(cell, spec, DataError)
    flat = chain.from_iterable((values[c] for c, values in zip(row.cells, known, strict=True)) for row in rows)
    return Conditions(np.fromiter(flat, np.float32).reshape(len(rows), len(specs)), specs)  # (N, C)


def write_conditioned(
    folder: Path,
    name: str,
    tokenizer: Tokenizer,
    rows: Sequence[Row],
    specs: tuple[ConditionSpec, ...],
    on_bytes: Callable[[int], None] = lambda size: None,
) -> None:
    """Write texts and their conditions, to be opened by `open_conditioned`.

    Raises:
        DataError: there are none, or a label is not among those of the specs.
    """
    if not rows:
        raise DataError("conditioned text must have at least one row that is not empty. Received: none.", "name more.")
    with reporting_write_errors(folder):
        (folder / f"{name}.conditions").write_bytes(make_conditions(rows, specs).values.tobytes())
        write_tokens(folder, name, tokenizer, (row.text for row in rows), True, on_bytes)


def open_conditioned(
    folder: Path, name: str, specs: tuple[ConditionSpec, ...], max_length: int = sys.maxsize - 1, verify: bool = True
) -> Pairs:
    """Open what `write_conditioned` wrote.

    Raises:
        ModelFolderError: it is not there, or not whole.
    """
    texts = open_part(folder, name, verify)
    try:
        values = np.fromfile(folder / f"{name}.conditions", np.float32).reshape(-1, len(specs))  # (N, C)
    except (OSError, ValueError):
        values = np.zeros((0, len(specs)), np.float32)
    most = np.array([len(spec.labels) - 1 if spec.labels else np.inf for spec in specs])
    least = np.where(np.isfinite(most), 0, -np.inf)
    fits = ((values >= least) & (values <= most)).all()
    if texts.starts is None or len(values) != len(texts.starts) - 1 or not fits:
        raise ModelFolderError(f"{folder}: the conditions of the {name} texts are missing or damaged.", "train again.")
    return Pairs(Conditions(values, specs), texts, max_length)
