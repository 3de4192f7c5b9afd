"""Rows of numbers with labels, out of tables: which columns are read, and what is missing in them.

A number that is missing is read as the mean of its column, and counted; a row in which all are missing is left out.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from unspool.arrays import FloatArray
from unspool.data.findings import Findings
from unspool.data.labelled import Labelled
from unspool.data.numbers import MAX_GAPS, check_commas, three_decimals
from unspool.data.sources import Sources
from unspool.data.table import Columns, Record, first_row, quoted, read_table
from unspool.data.vectors import feature_in, is_missing
from unspool.errors import DataError

INSTEAD = ", or leave the column out of --features"
MISSING_CELLS = "cells of {name!r} that hold no number, read as its mean"
MAX_SHOWN = 20  # columns that are left out
MAX_SEEN = 10_000  # different cells of a column, by which its commas are judged

Numbers = tuple[float, ...]  # of one row, NaN where one is missing


class Table(NamedTuple):
    """The rows of a table that have a label.

    Attributes:
        names: are those of the F columns that are read.
        rows: have F numbers each.
    """

    names: tuple[str, ...]
    rows: list[Labelled[Numbers]]


def read_vectors(sources: Sources, features: Sequence[str], label: str, findings: Findings) -> Table:
    """Read every row that has a label and a number, and count the others.

    Args:
        sources: are tables.
        features: names the columns of the numbers, several names in one separated by commas; none takes all other
            columns that hold numbers, and says which.
        label: names the column of the label.
        findings: receives what reading finds.

    Raises:
        DataError: they cannot be read; or a column is named that holds no numbers.
    """
    names = _named(sources, features) or _other_columns(sources, label)
    if label in names:
        raise DataError(
            f"the label cannot be one of the features that it is predicted from. Received: {label!r}.",
            "leave it out of --features.",
        )
    records = []
    for record in read_table(sources, Columns((*names, label), frozenset((*names, label)))):
        if record.cells[label].strip():
            records.append(record)
        else:
            findings.count(f"rows left out because {label!r} is empty", record.file, record.place)
    numeric = [name for name in names if _holds_numbers(name, records, required=bool(features))]
    if not features:
        _say_columns(names, numeric, findings)
    return Table(tuple(numeric), _rows(records, numeric, label, findings))


def _named(sources: Sources, features: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the requested columns; a name with commas is several, unless a column is called that."""
    known = first_row(sources).keys() if any("," in name for name in features) else ()
    parts = [[name] if name in known else name.split(",") for name in features]
    names = [name.strip() for several in parts for name in several if name.strip()]
    return tuple(dict.fromkeys(names))


def _other_columns(sources: Sources, label: str) -> tuple[str, ...]:
    """Return the names of all columns of cells but for the label."""
    row = first_row(sources)
    return tuple(name for name, value in row.items() if name != label and not isinstance(value, dict | list))


def _holds_numbers(name: str, records: Sequence[Record], required: bool) -> bool:
    """Return whether nine cells in ten hold a number, of those that are not missing; refuse a column that must.

    Raises:
        DataError: it must hold numbers and does not, or its commas are not clear.
    """
    cells = [cell for record in records if not is_missing(cell := record.cells[name])]
    others = [cell for cell in cells if feature_in(cell) != feature_in(cell)]
    if not cells or len(others) > MAX_GAPS * len(cells):
        if required:
            received = (
                f"{len(others):,} of {len(cells):,} that hold none, such as {others[0]!r:.40}" if cells else "none"
            )
            raise DataError(
                f"column {name!r} must hold numbers in nine cells of ten. Received: {received}.",
                f"write numbers as 1234.5, without units and thousands{INSTEAD}.",
            )
        return False
    check_commas(name, cells, INSTEAD)
    return True


def _say_columns(names: Sequence[str], numeric: Sequence[str], findings: Findings) -> None:
    """Say which columns are read, where none were named.

    Raises:
        DataError: none holds numbers.
    """
    others = [name for name in names if name not in numeric]
    if not numeric:
        raise DataError(
            f"a column other than the label must hold numbers. Received: {quoted(others[:MAX_SHOWN])}.",
            "to classify a text, name its column with --text.",
        )
    more = f" and {len(others) - MAX_SHOWN:,} more" if len(others) > MAX_SHOWN else ""
    left_out = f"; left out, as they hold none: {quoted(others[:MAX_SHOWN])}{more}" if others else ""
    findings.note(f"features: the columns that hold numbers, {', '.join(numeric)}{left_out}.")


def _rows(records: Sequence[Record], names: Sequence[str], label: str, findings: Findings) -> list[Labelled[Numbers]]:
    for name in names:
        cells = [record.cells[name] for record in records]
        if any("." not in cell and not is_missing(cell) for cell in cells) and (example := three_decimals(cells)):
            findings.warn(
                f"numbers of {name!r} such as {example!r:.40} are read with three decimals, not as thousands."
            )
    rows = []
    for record in records:
        numbers = tuple(feature_in(record.cells[name]) for name in names)
        missing = [name for name, number in zip(names, numbers, strict=True) if number != number]
        if len(missing) == len(names):
            findings.count("rows left out because they hold no number", record.file, record.place)
            continue
        for name in missing:
            findings.count(MISSING_CELLS.format(name=name), record.file, record.place)
        rows.append(Labelled(numbers, record.cells[label].strip(), record))
    return rows


class NumberColumns:
    """The columns of numbers in a table whose rows are to be labelled.

    Args:
        names: are those of the F columns.

    Attributes:
        findings: counts the numbers that are missing.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names, self.findings = tuple(names), Findings()
        self._cells: dict[str, set[str]] = {name: set() for name in names}

    def see(self, record: Record) -> None:
        """Take note of a row before any is labelled, since only all cells tell what a comma means."""
        for name, cells in self._cells.items():
            cell = record.cells[name].strip()
            if ("," in cell or "." in cell) and len(cells) < MAX_SEEN:
                cells.add(cell)

    def values(self, records: Sequence[Record]) -> FloatArray:
        """Return the numbers of some rows, [N, F] float64, NaN where one is missing.

        Raises:
            DataError: the commas of a column are not clear.
        """
        for name, cells in self._cells.items():
            check_commas(name, cells, "")
        self._cells = {}  # they have been checked
        found = np.array([[feature_in(record.cells[name]) for name in self.names] for record in records], np.float64)
        for row, column in np.argwhere(np.isnan(found)):
            record = records[row]
            self.findings.count(MISSING_CELLS.format(name=self.names[column]), record.file, record.place)
        return found
