"""Rows of cells with a character between them, such as .csv and .tsv: the delimiter, the header row, ragged rows.

What the file does not say is found from its first rows, and said.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from unspool.data.formats.first_rows import (
    QUOTE,
    SAMPLE,
    SHOWN,
    TAB,
    Cells,
    Given,
    declared_delimiter,
    find_delimiter,
    has_quotes,
    is_header,
    is_quoted,
    later_names,
    opens,
)
from unspool.data.formats.row import Row, check_unique
from unspool.errors import DataError
from unspool.text.reading import without_end


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
        later: is the number of the line that has the requested columns in place of the first row; 0 if none has.
    """

    delimiter: str
    quoted: bool
    names: tuple[str, ...]
    header: bool
    found: tuple[str, ...]
    first: tuple[str, ...] = ()
    head: str = ""
    later: int = 0


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
    declared = declared_delimiter(sample)
    below = sample[1:] if declared else sample
    delimiter = given.delimiter or declared or find_delimiter(below, given)
    quoted = delimiter != TAB or has_quotes(below)
    parsed = list(_parsed(sample, delimiter, quoted, given.file, strict=len(sample) < SAMPLE))
    rows = [cells for _, cells, _ in parsed]
    first = [name.strip() for name in rows[0]] if rows else []
    named = set(given.requested) <= set(first)
    header = given.header
    if header is None:
        header = not given.numbered or is_header(rows, named)
    numbers = tuple(str(number) for number in range(1, len(first) + 1))
    names = tuple(first) if header and not (given.numbered and not named) else numbers
    found = []
    usual = TAB if given.ending == ".tsv" else "," if given.ending == ".csv" else None
    if declared:
        found.append(f"its first line, {without_end(sample[0])!r}, says what is between the cells, and is no row")
    elif given.delimiter is None and delimiter != usual and len(first) > 1:
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
    later = 0 if named or given.numbered else later_names(sample, given)
    return Layout(delimiter, quoted, names, header, tuple(found), tuple(first), head, later)


def _rows(lines: Iterable[str], layout: Layout, given: Given) -> Iterator[Row]:
    rows = _parsed(lines, layout.delimiter, layout.quoted, given.file)
    if layout.header:
        next(rows, None)
    opened = False  # by the last cell of the row before
    for line, cells, raw in rows:
        if len(cells) > len(layout.names) and any(cell.strip() for cell in cells[len(layout.names) :]):
            raise _too_many(line, cells, layout, given)
        short = len(cells) < len(layout.names)
        cut = short and (opens(cells[-1]) or (opened and cells[0].endswith(QUOTE)))
        if not layout.quoted and (cut or any(map(is_quoted, cells))):
            raise _quoted_late(line, cells, given)
        opened = opens(cells[-1])
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
    """Yield the number of the line that each row begins at, its cells, and its text with what is before it.

    Before it are empty lines, and before the first one a line that says the delimiter.

    Raises:
        DataError: a cell that opens with a quote does not close, not where `strict` is off; or the first row has a CR.
    """
    lines = iter(lines)
    start = list(islice(lines, 1))
    raw = start if declared_delimiter(start) else []
    above = len(raw)
    if not raw:
        lines = chain(start, lines)
    if not quoted:
        for number, line in enumerate(lines, above + 1):
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
    begin = above
    reader = csv.reader(_kept(lines, raw), delimiter=delimiter, strict=strict)
    try:
        for cells in reader:
            if cells:
                yield begin + 1, cells, "".join(raw)
                raw.clear()
            begin = above + reader.line_num
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
