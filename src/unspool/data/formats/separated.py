"""Rows of cells with a character between them, such as .csv and .tsv: the delimiter, the header row, ragged rows.

What the file does not say is found from its first rows, and said.
"""

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from unspool.data.formats.row import Row, check_unique
from unspool.errors import DataError
from unspool.text.reading import without_end

SAMPLE = 1000  # lines from which delimiter and header are found
DELIMITERS = (",", "\t", ";", "|")
SHOWN = {",": "a comma", "\t": "a tab", ";": "a semicolon", "|": "a vertical bar", " ": "a space"}
TAB = "\t"
QUOTE = '"'

Cells = list[str]


class Given(NamedTuple):
    """What is said about a table.

    Attributes:
        file: is the name of its file.
        ending: is that of the file.
        requested: are the columns that are read, by name or number; none reads all.
        delimiter: is between two cells; none is found.
        header: says whether the first row holds names; none is found.
    """

    file: str
    ending: str
    requested: Sequence[str]
    delimiter: str | None = None
    header: bool | None = None

    @property
    def numbered(self) -> bool:
        """Whether columns are requested, and all of them by number."""
        return bool(self.requested) and all(column.isdecimal() for column in self.requested)


class Layout(NamedTuple):
    """How a table is written.

    Attributes:
        delimiter: is between two cells.
        quoted: says whether a cell that opens with a quote ends with one.
        names: are those of the columns, or their numbers from 1.
        header: says whether the first row holds the names.
        found: says in sentences what the file did not say.
        first: are the cells of the first row.
        head: is the text of the header row, as it stands in the file; empty without one.
    """

    delimiter: str
    quoted: bool
    names: tuple[str, ...]
    header: bool
    found: tuple[str, ...]
    first: tuple[str, ...] = ()
    head: str = ""


def read_separated(lines: Iterable[str], given: Given) -> tuple[Layout, Iterator[Row]]:
    """Read a table.

    Args:
        lines: are those of the file, with their ends.
        given: is what is said about it.

    Returns:
        its layout, and its rows; a row whose cells are all missing, an empty line, is none.

    Raises:
        DataError: the first row cannot be read, or names a requested column twice.
    """
    lines = iter(lines)
    sample = list(islice(lines, SAMPLE))
    layout = find_layout(sample, given)
    check_unique(layout.names, given.file, given.requested)
    return layout, _rows(chain(sample, lines), layout, given)


def find_layout(sample: Sequence[str], given: Given) -> Layout:
    """Find the layout of a table from its first lines, where it is not said."""
    delimiter = given.delimiter or _find_delimiter(sample, given)
    quoted = delimiter != TAB or _has_quotes(sample)
    parsed = list(_parsed(sample, delimiter, quoted, given.file, strict=len(sample) < SAMPLE))
    rows = [cells for _, cells, _ in parsed]
    first = [name.strip() for name in rows[0]] if rows else []
    named = set(given.requested) <= set(first)
    header = given.header
    if header is None:
        header = not given.numbered or _is_header(rows, named)
    numbers = tuple(str(number) for number in range(1, len(first) + 1))
    names = tuple(first) if header and not (given.numbered and not named) else numbers
    found = []
    usual = TAB if given.ending == ".tsv" else "," if given.ending == ".csv" else None
    if given.delimiter is None and delimiter != usual and len(first) > 1:
        found.append(f"{SHOWN.get(delimiter, repr(delimiter))} is between the cells")
    if delimiter == TAB and quoted:
        found.append("cells are quoted")
    if given.numbered and given.header is None and rows:
        found.append(
            "the first row holds names, and is no example (--no-header reads it as one)"
            if header
            else "the first row is an example (--header says that it holds names)"
        )
    head = parsed[0][2] if parsed and header else ""
    return Layout(delimiter, quoted, names, header, tuple(found), tuple(first), head)


def _find_delimiter(sample: Sequence[str], given: Given) -> str:
    """Choose the delimiter with which the first row has the requested columns; the usual one where there is a doubt."""
    order = DELIMITERS if given.ending == ".csv" else (TAB, *(one for one in DELIMITERS if one != TAB))
    fitting = [delimiter for delimiter in order if _fits(sample, delimiter, given)]
    if given.ending in (".csv", ".tsv"):
        return fitting[0] if order[0] in fitting or len(fitting) == 1 else order[0]
    even = [delimiter for delimiter in fitting if _is_even(sample, delimiter)]
    return (even or fitting or [","])[0]


def _fits(sample: Sequence[str], delimiter: str, given: Given) -> bool:
    """Return whether the first row has the requested columns; without any, whether it has several."""
    first = [name.strip() for name in _first_row(sample, delimiter)]
    if given.numbered and not set(given.requested) <= set(first):
        return max(int(number) for number in given.requested) <= len(first)
    return set(given.requested) <= set(first) if given.requested else len(first) > 1


def _first_row(sample: Sequence[str], delimiter: str) -> Cells:
    try:
        return next(iter(csv.reader(sample, delimiter=delimiter)), [])
    except csv.Error:
        return []


def _is_even(sample: Sequence[str], delimiter: str) -> bool:
    """Return whether all rows have as many cells as each other."""
    try:
        counts = {len(row) for row in csv.reader(sample[: SAMPLE - 1], delimiter=delimiter) if row}
    except csv.Error:
        return False
    return len(counts) == 1


def _has_quotes(sample: Sequence[str]) -> bool:
    """Return whether cells between tabs are quoted, as spreadsheets write them, rather than have quotes as texts do.

    They are if the rows can be read so, and one of them needs it: a cell has doubled quotes, a tab, a line end or
    nothing inside its quotes, or all cells are in quotes.
    """
    cells = [cell for line in sample for cell in without_end(line).split(TAB) if cell]
    if not any(cell.startswith('"') for cell in cells):
        return False
    try:
        rows = [row for row in csv.reader(sample, delimiter=TAB, strict=len(sample) < SAMPLE) if row]
    except csv.Error:
        return False
    cut = len({len(row) for row in rows}) == 1 and any(cell[:1] == '"' and cell.count('"') % 2 for cell in cells)
    return cut or any(map(is_quoted, cells)) or all(len(cell) > 1 and cell[0] == cell[-1] == '"' for cell in cells)


def is_quoted(cell: str) -> bool:
    """Return whether a cell has doubled quotes, a CR or nothing inside quotes, which no text has by chance."""
    inner = cell[1:-1]
    in_quotes = len(cell) > 1 and cell[0] == cell[-1] == QUOTE and QUOTE not in inner.replace('""', "")
    return in_quotes and (not inner or '""' in inner or "\r" in inner)


def _is_header(rows: Sequence[Cells], named: bool) -> bool:
    """Return whether a first row is unlike the others, so that it holds names rather than an example.

    Where it has the requested numbers themselves, its cells are names if the other rows are not all numbers. Otherwise
    it holds names if in some column all other rows hold numbers, or all several words, and it does not.
    """
    if len(rows) < 2:
        return named
    first, others = rows[0], rows[1:]
    if named and all(cell.strip().isdecimal() for cell in first) and len(set(first)) == len(first):
        return not all(_is_number(cell) for row in others for cell in row)
    columns = list(zip(first, *([*row, *[""] * (len(first) - len(row))] for row in others), strict=False))
    words = all(cell.strip() and len(cell.split()) == 1 and not _is_number(cell) for cell in first)
    return any(
        (all(map(_is_number, column[1:])) and not _is_number(column[0]))
        or (words and len(column) > 2 and all(len(cell.split()) > 1 for cell in column[1:]))
        for column in columns
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True


def _rows(lines: Iterable[str], layout: Layout, given: Given) -> Iterator[Row]:
    rows = _parsed(lines, layout.delimiter, layout.quoted, given.file)
    if layout.header:
        next(rows, None)
    for line, cells, raw in rows:
        if len(cells) > len(layout.names) and any(cell.strip() for cell in cells[len(layout.names) :]):
            raise _too_many(line, cells, layout, given)
        cut = len(cells) < len(layout.names) and cells[-1].startswith('"') and not cells[-1].endswith('"')
        if not layout.quoted and (cut or any(map(is_quoted, cells))):
            raise _quoted_late(line, cells, given)
        yield Row(f"line {line:,}", dict(zip(layout.names, cells, strict=False)), (raw, cells))


def _too_many(line: int, cells: Cells, layout: Layout, given: Given) -> DataError:
    what = "names of columns" if layout.header else "cells in the first row"
    row = layout.delimiter.join(cells)
    hint = f'quote the cell that has {SHOWN.get(layout.delimiter, "the delimiter")} in it: "...{layout.delimiter}..."'
    if not layout.quoted:
        hint = "put a space in place of the tab in the cell"
    return DataError(
        f"{given.file}: line {line:,} must not have more cells than there are {what}, {len(layout.names)}. "
        f"Received: {len(cells)} in {row!r:.80}.",
        f"{hint}; or name another --delimiter.",
    )


def _quoted_late(line: int, cells: Cells, given: Given) -> DataError:
    return DataError(
        f"{given.file}: line {line:,} must not have a quoted cell, because the first rows have none. "
        f"Received: {TAB.join(cells)!r:.80}.",
        "write the table as .csv, or without quotes, tabs and line ends in its cells.",
    )


def _parsed(
    lines: Iterable[str], delimiter: str, quoted: bool, file: str, strict: bool = True
) -> Iterator[tuple[int, Cells, str]]:
    """Yield the number of the line that each row begins at, its cells, and its text with the empty lines before it.

    Raises:
        DataError: a cell that opens with a quote does not close, not where `strict` is off; or the first row has a CR.
    """
    raw: list[str] = []
    if not quoted:
        for number, line in enumerate(lines, 1):
            raw.append(line)
            text = without_end(line)
            if number == 1 and "\r" in text:
                raise DataError(
                    f"{file}: line 1 must not have a lone CR in it, as if that ended lines. Received: {text!r:.60}.",
                    "write the table with line ends of LF or CRLF.",
                )
            if text:
                yield number, text.split(delimiter), "".join(raw)
                raw.clear()
        return
    csv.field_size_limit(sys.maxsize)
    begin = 0
    reader = csv.reader(_kept(lines, raw), delimiter=delimiter, strict=strict)
    try:
        for cells in reader:
            if cells:
                yield begin + 1, cells, "".join(raw)
                raw.clear()
            begin = reader.line_num
    except csv.Error as problem:
        raise DataError(
            f"{file}: a cell that opens with a quote must close with one, and line ends in a cell must be quoted. "
            f"Received: another in the row that begins at line {begin + 1:,} ({problem}).",
            'double a quote that is part of a text, as in "a ""quoted"" word", or write a .tsv, without any.',
        ) from None


def _kept(lines: Iterable[str], kept: list[str]) -> Iterator[str]:
    """Yield lines, and append each to a list."""
    for line in lines:
        kept.append(line)
        yield line
