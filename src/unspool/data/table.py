"""Files as records: the rows of tables, the lines of texts, the lines of two aligned files.

A record is a dict from the name of a column to its cell, as text. Whoever reads records names the columns
that are wanted; everything else of a table is passed over.

    t.csv        name,language        {"name": "Rossi", "language": "Italian"}
                 Rossi,Italian
    Italian.txt  Rossi                {"line": "Rossi", "file": "Italian"}
"""

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from typing import Any

from unspool.data.sources import STANDARD_INPUT, Sources
from unspool.errors import DataError, MissingExtraError

TABLES = (".csv", ".tsv", ".jsonl", ".parquet")
LINE, FILE = "line", "file"  # the columns of a record of `read_lines`: the line, and the name of its file
COMMAS: dict[str, Any] = {"strict": True}  # a quote that does not close would take the rows after it
TABS: dict[str, Any] = {"delimiter": "\t", "quoting": csv.QUOTE_NONE}

Record = dict[str, str]
_Cells = dict[str, object]  # all columns of a row, as its file has them


@dataclass(frozen=True)
class Columns:
    """Which columns of a table are read.

    Attributes:
        names: of the columns; of a .csv or .tsv without a row of names, their numbers from 1.
        numeric: those whose cells may be numbers; all others hold text.
        required: those whose cells must not be empty.
    """

    names: tuple[str, ...]
    numeric: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()


def read_table(sources: Sources, columns: Columns) -> Iterator[Record]:
    """Read the rows of every file as records; an empty cell is an empty text.

    Raises:
        DataError: a file cannot be read, lacks a column or has it twice, or a cell breaks the rule of its column.
        MissingExtraError: a .parquet file is named, and pyarrow is not installed.
    """
    for file in sources.files:
        for number, row in enumerate(_rows(sources, file, columns.names), 1):
            yield {column: _cell(row, column, columns, f"{file}: row {number}") for column in columns.names}


def read_lines(sources: Sources) -> Iterator[Record]:
    """Read the lines of every file as records of two columns, LINE and FILE."""
    for file in sources.files:
        stem = STANDARD_INPUT if file == "-" else Path(file.removesuffix(".gz")).stem
        for line in sources.lines_of(file):
            yield {LINE: line.removesuffix("\n"), FILE: stem}


def read_aligned(one: tuple[str, Sources], other: tuple[str, Sources]) -> Iterator[Record]:
    """Read two texts line by line as records of two columns.

    Args:
        one: the name of a column, and the text whose line i is the cell of record i.
        other: the same of the second column.

    Raises:
        DataError: one text has more lines than the other, or is a table.
    """
    (first, left), (second, right) = one, other
    refuse_tables(left)
    refuse_tables(right)
    for number, (line, partner) in enumerate(zip_longest(left.lines(), right.lines()), 1):
        if line is None or partner is None:
            longer, shorter = (right, left) if line is None else (left, right)
            raise DataError(
                f"{longer.description} and {shorter.description} must have as many lines as each other. Received: "
                f"line {number:,} of {longer.description} has none in {shorter.description}, which ends at line "
                f"{number - 1:,}.",
                "correct the files, so that line i of one belongs to line i of the other.",
            )
        yield {first: line, second: partner}


def joined(record: Record, columns: Iterable[str]) -> str:
    """Join the cells of some columns with a space; empty cells leave none."""
    return " ".join(filter(None, (record[column] for column in columns)))


def refuse_tables(sources: Sources) -> None:
    """Refuse sources that are tables where plain text is read.

    Raises:
        DataError: one of the names is that of a table.
    """
    for file in sources.files:
        if file in sources.names and _suffix(file) in TABLES:
            raise DataError(
                f"{file} is a table, so the column of the text must be named. Received: none.",
                f"name one with --text: {', '.join(column_names(sources, file))}; of pairs, two with --source and "
                "--target; to classify, --text and --label.",
            )


def column_names(sources: Sources, file: str) -> list[str]:
    """Return the names of the columns of one table."""
    return [str(key) for key in next(_rows(sources, file, ()), {"(the file is empty)": ""})]


def _cell(row: _Cells, column: str, columns: Columns, where: str) -> str:
    if column not in row:
        names = [str(key) for key in row]
        near = get_close_matches(column, names)
        raise DataError(
            f"{where} has no column {column!r}.",
            (f"did you mean {' or '.join(near)}? " if near else "") + f"its columns are {', '.join(names)}.",
        )
    value = row[column]
    kinds = str | int | float if column in columns.numeric else str
    if not isinstance(value, kinds | None):
        raise DataError(
            f"{where}: column {column!r} must hold text. Received: {value!r:.40}.", "name a column of text."
        )
    cell = "" if value is None else str(value)
    if column in columns.required and not cell.strip():
        raise DataError(
            f"{where}: column {column!r} must not be empty. Received: {cell!r:.40}.", "fill it, or leave the row out."
        )
    return cell


def _rows(sources: Sources, file: str, wanted: Sequence[str]) -> Iterator[_Cells]:
    suffix = _suffix(file)
    if suffix == ".parquet":
        yield from _parquet_rows(file, wanted)
        return
    lines = sources.lines_of(file)
    if suffix == ".jsonl":
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _json_row(line, file, number)
    else:
        yield from _separated_rows(csv.DictReader(lines, **(TABS if suffix == ".tsv" else COMMAS)), file, wanted)


def _separated_rows(table: "csv.DictReader[str]", file: str, wanted: Sequence[str]) -> Iterator[_Cells]:
    """The rows of a .csv or .tsv, where the first gives the columns their names, or they have numbers."""
    csv.field_size_limit(sys.maxsize)
    begin = 0
    try:
        first = table.fieldnames or []
        if _lacks_names(first, wanted):
            table.fieldnames = [str(number) for number in range(1, len(first) + 1)]
            yield dict(zip(table.fieldnames, first, strict=True))
        _check_unique(table.fieldnames or [], file, wanted)
        begin = table.line_num
        for row in table:
            yield row
            begin = table.line_num
    except csv.Error as problem:
        raise DataError(
            f"{file}: a cell that opens with a quote must close with one. Received: none in the row that begins at "
            f"line {begin + 1:,} ({problem}).",
            'double a quote that is part of a text, as in "a ""quoted"" word", or write a .tsv, without any.',
        ) from None


def _parquet_rows(file: str, wanted: Sequence[str]) -> Iterator[_Cells]:
    if not find_spec("pyarrow"):
        raise MissingExtraError("pyarrow", "data", f"reading {file}")
    from pyarrow import ArrowException, parquet

    try:
        table = parquet.ParquetFile(file)
        _check_unique(table.schema_arrow.names, file, wanted)
        for batch in table.iter_batches():
            yield from batch.to_pylist()
    except (ArrowException, OSError, UnicodeDecodeError) as problem:
        reason = str(problem).splitlines()[0]
        raise DataError(f"{file} cannot be read: {reason:.100}.", "check the file.") from None


def _json_row(line: str, file: str, number: int) -> _Cells:
    try:
        row = json.loads(line)
    except ValueError as problem:
        raise DataError(f"{file}: line {number} is not JSON: {problem}.", "correct or remove the line.") from None
    if not isinstance(row, dict):
        raise DataError(
            f"{file}: line {number} must be a JSON object. Received: {line.strip():.40}.",
            'write one object a line, such as {"text": "..."}.',
        )
    return row


def _lacks_names(first: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether the first row of a table holds no names, because columns are wanted by numbers that it lacks."""
    return all(column.isdecimal() for column in wanted) and not set(wanted) <= set(first)


def _check_unique(names: Sequence[str], file: str, wanted: Sequence[str]) -> None:
    for column in wanted:
        if (count := list(names).count(column)) > 1:
            raise DataError(
                f"{file}: one column must have the name {column!r}. Received: {count} that do.", "rename the others."
            )


def _suffix(file: str) -> str:
    path = Path(file)
    return path.suffixes[-2] if path.suffix == ".gz" and len(path.suffixes) > 1 else path.suffix
