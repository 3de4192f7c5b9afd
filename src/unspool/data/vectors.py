"""Rows of numbers: out of the columns of tables or as a person gives them, scaled, on disk, as what an encoder reads.

A number is scaled to (number - mean) / standard deviation of its column. One that is missing is NaN, and becomes 0: the
mean of its column.

Shapes: N rows, F columns, B rows of a batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from unspool.arrays import FloatArray, IntArray
from unspool.data.batches import VectorSource
from unspool.data.conditions import MAX_DEVIATIONS
from unspool.data.examples import NumericColumn, open_column, write_column
from unspool.data.numbers import number_in
from unspool.errors import UsageError
from unspool.specs.condition import NumbersSpec

FEATURES = "features"  # the column of the examples that holds their numbers
MISSING = frozenset(("", "-", "?", "na", "n/a", "nan", "null", "none"))  # cells that stand for no number
FLAGS = {"true": 1.0, "false": 0.0}


def feature_in(cell: str) -> float:
    """Return the number in a cell, true as 1 and false as 0; NaN where there is none. See `data.numbers.number_in`."""
    number = number_in(cell.strip())
    return FLAGS.get(cell.strip().lower(), np.nan) if number is None else number


def is_missing(cell: str) -> bool:
    """Return whether a cell stands for no number: it is empty, or says so."""
    return cell.strip().lower() in MISSING


def learn_scales(rows: Sequence[Sequence[float]], names: Sequence[str]) -> tuple[NumbersSpec, ...]:
    """Return the mean and the deviation of each column, missing numbers left out.

    Args:
        rows: are N rows of F numbers, NaN where one is missing; no column is empty.
        names: are those of the columns.
    """
    values = np.array(rows, np.float64)  # (N, F)
    means, deviations = np.nanmean(values, axis=0), np.nanstd(values, axis=0)  # (F), (F)
    return tuple(
        NumbersSpec(name=name, mean=float(mean), deviation=float(deviation) or 1.0)
        for name, mean, deviation in zip(names, means, deviations, strict=True)
    )


def scaled(rows: Sequence[Sequence[float]] | FloatArray, specs: Sequence[NumbersSpec]) -> FloatArray:
    """Return rows of numbers as an encoder reads them: [N, F] float32.

    Args:
        rows: are N rows of F numbers, NaN where one is missing.
        specs: hold the scales of the columns.

    Raises:
        UsageError: a number is infinite, or so far from the mean that float32 would overflow.
    """
    values = np.array(rows, np.float64).reshape(-1, len(specs))  # (N, F)
    deviations = (values - [spec.mean for spec in specs]) / [spec.deviation for spec in specs]
    beyond = np.argwhere(np.abs(deviations) > MAX_DEVIATIONS)  # (K, 2)
    if len(beyond):
        row, column = beyond[0]
        raise UsageError(
            f"{specs[column].name} must be a number at most {MAX_DEVIATIONS:g} standard deviations from the mean. "
            f"Received: {values[row, column]:g}.",
            f"such as {specs[column].mean:g}; the deviation is {specs[column].deviation:g}.",
        )
    return np.nan_to_num(deviations, nan=0.0).astype(np.float32)


@dataclass(frozen=True)
class Vectors:
    """Rows of numbers, scaled. See `data.labelled.SizedReader`.

    Attributes:
        values: are float32, [N, F].
        dropout: is the rate at which numbers are replaced by the mean of their column in training.
    """

    values: FloatArray
    dropout: float = 0.0

    @property
    def sizes(self) -> IntArray:
        """One for each row: all are of the same size, [N]."""
        return np.ones(len(self.values), np.int64)

    def read(self, chosen: IntArray, generator: np.random.Generator | None = None) -> VectorSource:
        """Return the chosen rows, [B, F]; with a generator, some of their numbers are those of the means."""
        values = self.values[chosen]
        if generator is None or not self.dropout:
            return VectorSource(values)
        return VectorSource(np.where(generator.random(values.shape) < self.dropout, np.float32(0), values))


def scaled_vectors(specs: Sequence[NumbersSpec], rows: Sequence[Sequence[float]] | FloatArray) -> Vectors:
    """Scale rows for a network; see `scaled`."""
    return Vectors(scaled(rows, specs))


def write_vectors(folder: Path, name: str, rows: Sequence[Sequence[float]], specs: Sequence[NumbersSpec]) -> None:
    """Write the rows of one part, scaled, to be opened by `open_vectors`."""
    write_column(folder, name, FEATURES, scaled(rows, specs))


def open_vectors(folder: Path, name: str, features: int, count: int) -> Vectors:
    """Open what `write_vectors` wrote.

    Args:
        folder: holds the file.
        name: is that of the part.
        features: is the number of columns, F.
        count: is the number of rows, N.

    Raises:
        ModelFolderError: the file is missing or damaged, or does not fit.
    """
    limits = np.full(features, MAX_DEVIATIONS)
    return Vectors(open_column(folder, name, NumericColumn(FEATURES, np.float32, -limits, limits), count))


def shown_row(row: Sequence[float] | FloatArray, specs: Sequence[NumbersSpec]) -> list[str]:
    """Return the numbers of a row with the names of their columns: `hue=1.04`; one that is missing as its mean."""
    numbers = [spec.mean if np.isnan(number) else number for number, spec in zip(row, specs, strict=True)]
    return [f"{spec.name}={number:g}" for number, spec in zip(numbers, specs, strict=True)]


def unscaled(values: FloatArray, specs: Sequence[NumbersSpec]) -> FloatArray:
    """Return a row of scaled numbers as it was, [F]; a missing number as the mean of its column."""
    found: FloatArray = values * [spec.deviation for spec in specs] + [spec.mean for spec in specs]
    return found
