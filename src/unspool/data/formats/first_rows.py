"""What the first rows of separated cells show: the delimiter, whether cells are quoted, whether a row holds names."""

import csv
import re
from collections.abc import Sequence
from typing import NamedTuple

from unspool.data.numbers import number_in
from unspool.text.reading import without_end

SAMPLE = 1000  # lines from which delimiter and header are found
DELIMITERS = (",", "\t", ";", "|")
SHOWN = {",": "a comma", "\t": "a tab", ";": "a semicolon", "|": "a vertical bar", " ": "a space"}
TAB = "\t"
QUOTE = '"'
TOP = 20  # lines in which the names are looked for where the first row lacks them
DECLARED = re.compile(
    r'"?sep=([^\w\s"]|[\t ])"?'
)  # the line above the names in which Excel says what is between the cells

csv.field_size_limit(2**31 - 1)  # the largest that a C long of every system holds

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


def declared_delimiter(sample: Sequence[str]) -> str | None:
    """Return the delimiter that a line before the first row says."""
    found = DECLARED.fullmatch(without_end(sample[0])) if sample else None
    return found[1] if found else None


def later_names(sample: Sequence[str], given: Given) -> int:
    """Return the number of a line that has the requested columns, below titles or comments; 0 if none has.

    It has more cells than each line above it, unless that is a comment.
    """
    for delimiter in [given.delimiter] if given.delimiter else DELIMITERS:
        most = 0
        for number, line in enumerate(sample[:TOP], 1):
            cells = [cell.strip() for cell in _first_row([line], delimiter)]
            count = len(list(filter(None, cells)))
            if set(given.requested) <= set(cells) and count > most:
                return number
            most = most if line.startswith("#") else max(most, count)
    return 0


def find_delimiter(sample: Sequence[str], given: Given) -> str:
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


def has_quotes(sample: Sequence[str]) -> bool:
    """Return whether cells between tabs are quoted, as spreadsheets write them, rather than have quotes as texts do.

    They are if the rows can be read so, and one of them needs it: a cell has doubled quotes, a tab, a line end or
    nothing inside its quotes, or all cells are in quotes.
    """
    plain = [without_end(line).split(TAB) for line in sample if without_end(line)]
    cells = [cell for row in plain for cell in row if cell]
    if not any(cell.startswith(QUOTE) for cell in cells):
        return False
    try:
        rows = [row for row in csv.reader(sample, delimiter=TAB, strict=len(sample) < SAMPLE) if row]
    except csv.Error:
        return False
    even = len({len(row) for row in rows}) == 1
    counts = {len(row) for row in plain}
    needed = len(counts) > 1 or counts == {1} or any(map(_has_a_tab_in_quotes, plain))
    cut = even and needed and any(map(opens, cells))
    return cut or any(map(is_quoted, cells)) or all(len(cell) > 1 and cell[0] == cell[-1] == QUOTE for cell in cells)


def opens(cell: str) -> bool:
    """Return whether a cell opens with a quote that it does not close."""
    return cell.startswith(QUOTE) and cell.count(QUOTE) % 2 == 1


def _has_a_tab_in_quotes(row: Sequence[str]) -> bool:
    """Return whether a quote that one piece of a row opens is closed by another."""
    return any(map(opens, row)) and sum(cell.count(QUOTE) for cell in row) % 2 == 0


def is_quoted(cell: str) -> bool:
    """Return whether a cell has doubled quotes, a CR or nothing inside quotes, which no text has by chance."""
    inner = cell[1:-1]
    in_quotes = len(cell) > 1 and cell[0] == cell[-1] == QUOTE and QUOTE not in inner.replace('""', "")
    return in_quotes and (not inner or '""' in inner or "\r" in inner)


def is_header(rows: Sequence[Cells], named: bool) -> bool:
    """Return whether a first row is unlike the others, so that it holds names rather than an example.

    Where it has the requested numbers themselves, its cells are names if the other rows are not all numbers. Otherwise
    it holds names if in some column all other rows hold numbers, or all several words, and it does not.
    """
    if len(rows) < 2:
        return named
    first, others = rows[0], rows[1:]
    if named and all(cell.strip().isdecimal() for cell in first) and len(set(first)) == len(first):
        return any(number_in(cell) is None for row in others for cell in row)
    columns = list(zip(first, *([*row, *[""] * (len(first) - len(row))] for row in others), strict=False))
    words = all(cell.strip() and len(cell.split()) == 1 and number_in(cell) is None for cell in first)
    return any(
        (number_in(column[0]) is None and all(number_in(cell) is not None for cell in column[1:]))
        or (words and len(column) > 2 and all(len(cell.split()) > 1 for cell in column[1:]))
        for column in columns
    )
