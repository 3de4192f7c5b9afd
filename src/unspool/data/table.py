"""The rows of tables as records, whatever their format.

A record has the cells of the columns that were requested, as clean text; the others of a table are skipped.

    t.csv        name,language        {"name": "Rossi", "language": "Italian"}, line 2
                 Rossi,Italian
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from unspool.data.files import STANDARD_INPUT, SourceFile, bare_name
from unspool.data.formats.columnar import read_parquet
from unspool.data.formats.first_rows import SAMPLE, Given
from unspool.data.formats.objects import Fields, read_objects
from unspool.data.formats.row import Row
from unspool.data.formats.separated import Layout, find_layout, read_separated
from unspool.data.sources import TABLES, Sources
from unspool.errors import DataError, shell_command, shell_word

OBJECTS = (".jsonl", ".ndjson", ".json")
FEW = 0.1  # of the rows; a column that fewer have is refused
LIST_MARK = "\0"  # which no clean text has
SEEN = 1000  # rows, after which a column that none has had is refused


class Record(NamedTuple):
    """Some cells that belong together.

    Attributes:
        cells: are texts by the name of their column.
        file: is where they were read.
        place: says where in the file: `line 7`.
    """

    cells: dict[str, str]
    file: SourceFile
    place: str

    @property
    def name(self) -> str:
        """What an error calls it: `rows.csv, line 7`."""
        return f"{self.file.name}, {self.place}"


@dataclass(frozen=True)
class Columns:
    """The columns of a table that are read.

    Attributes:
        names: are those of the columns; they are numbered from 1 in a .csv or .tsv without a header row.
        numeric: are those whose cells may be numbers; the others hold text.
        lists: are those whose cells may be lists of texts, which become one with a `LIST_MARK` between two.
    """

    names: tuple[str, ...]
    numeric: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()


def read_table(sources: Sources, columns: Columns) -> Iterator[Record]:
    """Read the rows of every file as records; a cell that is empty, null or missing is an empty text.

    Raises:
        DataError: a file cannot be read, has a row with too many cells, lacks a column or has it twice; hardly any row
            has a column; or a cell that must be text is something else.
        MissingExtraError: a .parquet file is named, and pyarrow is not installed.
    """
    return (record for record, _ in read_rows(sources, columns))


def read_rows(sources: Sources, columns: Columns) -> Iterator[tuple[Record, Row]]:
    """Read the rows of every file, each as a record and as it stands. See `read_table`."""
    names = [column.strip() for column in columns.names]
    rows, lacking = 0, dict.fromkeys(names, 0)
    for file in sources.files:
        with sources.counting(file):
            for row in _rows(sources, file, names):
                rows += 1
                for name in (name for name in names if name not in row.cells):
                    lacking[name] += 1
                    sources.findings.count(f"rows without a cell for {name!r}, read as empty", file, row.place)
                if rows == SEEN:
                    _check_filled(lacking, rows, file, row)
                cells = {name: _cell(sources, file, row, name, columns) for name in columns.names}
                yield Record(cells, file, row.place), row
    if rows:
        _check_filled(lacking, rows, file, row)


def read_texts(sources: Sources, text: tuple[str, ...], required: tuple[str, ...] = ()) -> Iterator[tuple[str, Record]]:
    """Read the rows that have a text, each with its record; rows that lack it, or another cell, are counted.

    Args:
        sources: are tables.
        text: names the columns of the text, which are joined with spaces.
        required: names columns of labels or numbers, which must not be empty either.

    Raises:
        DataError: see `read_table`.
    """
    for record in read_table(sources, Columns((*text, *required), frozenset(required))):
        whole = joined(record.cells, text)
        empty = next((repr(name) for name in required if not record.cells[name].strip()), None)
        if whole.strip() and empty is None:
            yield whole, record
        else:
            sources.findings.count(f"rows left out because {empty or 'their text'} is empty", record.file, record.place)


def joined(cells: Mapping[str, str], columns: Iterable[str]) -> str:
    """Join the cells of some columns with a space; empty cells are skipped."""
    return " ".join(filter(None, (cells[column] for column in columns)))


def refuse_tables(sources: Sources, option: str = "--text", otherwise: str = "") -> None:
    """Refuse sources that are tables where plain text is read.

    Args:
        sources: are any.
        option: names the column.
        otherwise: says what else a person may have meant; empty says it of training.

    Raises:
        DataError: one of the sources is a table.
    """
    for file in sources.files:
        if file.ending in TABLES:
            names = ""
            with suppress(DataError):  # which is not what is wrong here
                names = f": {quoted(column_names(sources, file))}"
            raise DataError(
                f"{file.name} is a table, so the column of the text must be named. Received: none.",
                f"name one with {option}{names}" + (f"; {otherwise}" if otherwise else _ways_to_train(file)),
            )


def _ways_to_train(file: SourceFile) -> str:
    ways = "; of pairs, two with --source and --target; to classify, --text and --label."
    if file.ending == ".parquet" or not Path(file.name).is_file():  # no text, or a member of an archive
        return ways
    return f"{ways} To learn it as it stands: {shell_command('train', '-')} < {shell_word(Path(file.name))}"


def column_names(sources: Sources, file: SourceFile) -> list[str]:
    """Return the names of the columns of one table, as its first row has them."""
    row = next(_rows(sources, file, ()), None)
    return [] if row is None else [str(key) for key in row.cells]


def first_row(sources: Sources) -> dict[str, Any]:
    """Return the cells of the first row of some tables, by the names of their columns; none if there is no row."""
    rows = (row for file in sources.files for row in _rows(sources, file, ()))
    row = next(rows, None)
    return {} if row is None else {str(key): value for key, value in row.cells.items()}


def quoted(names: Iterable[str]) -> str:
    """Return names as a sentence lists them."""
    return ", ".join(map(repr, names)) or "none"


def _rows(sources: Sources, file: SourceFile, requested: Iterable[str]) -> Iterator[Row]:
    """Read the rows of one file, whatever its format."""
    names = tuple(requested)
    ending = format_of(sources, file)
    if ending == ".parquet":
        sources.filled.add(file)  # a schema at least
        with sources.open(file) as stream:
            yield from read_parquet(stream, file.name, names)
    elif ending in OBJECTS:
        yield from read_objects(sources.lines_of(file), file.name, ending)
    else:
        layout, rows = read_separated(sources.lines_of(file), _given(sources, file, names))
        for sentence in layout.found:
            sources.findings.note(f"{bare_name(file.name)}: {sentence}.")
        for name in names:
            if name not in layout.names and layout.names:
                raise no_column(file.name, name, layout.names, layout.later)
        yield from rows


def format_of(sources: Sources, file: SourceFile) -> str:
    """Return the ending of the files that hold tables of a file's format; empty where cells are separated.

    Standard input has no ending: it holds objects if its first character opens one, or a list.
    """
    if file.name != STANDARD_INPUT:
        return file.ending if file.ending in (*OBJECTS, ".parquet") else ""
    first = next((line.lstrip()[0] for line in sources.lines_of(file) if line.strip()), "")
    if first not in ("{", "["):
        return ""
    sources.findings.note("standard input holds objects of JSON.")
    return ".json"


def layout_of(sources: Sources, file: SourceFile, requested: Iterable[str]) -> Layout:
    """Return the layout of a table of separated cells, of which some columns are requested."""
    return find_layout(list(islice(sources.lines_of(file), SAMPLE)), _given(sources, file, tuple(requested)))


def _given(sources: Sources, file: SourceFile, names: tuple[str, ...]) -> Given:
    return Given(file.name, file.ending, names, sources.spec.separating, sources.spec.header)


def _cell(sources: Sources, file: SourceFile, row: Row, name: str, columns: Columns) -> str:
    column, numeric = name.strip(), name in columns.numeric
    value = row.cells.get(column)
    if value is None or value != value:  # NaN stands for no value
        return ""
    if isinstance(value, str):
        return sources.cleaned(value, file, row.place)
    if numeric and isinstance(value, int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if name in columns.lists and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return LIST_MARK.join(sources.cleaned(one, file, row.place) for one in value)
    inside = [f"{column}.{name}" for name in value] if isinstance(value, dict) else []
    raise DataError(
        f"{file.name}: {row.place}: column {column!r} must hold text. Received: {value!r:.40}.",
        f"name a field inside it: {quoted(inside)}." if inside else "name a column of text, or make one of its parts.",
    )


def _check_filled(lacking: Mapping[str, int], rows: int, file: SourceFile, row: Row) -> None:
    """Refuse a column that no row has, or hardly any."""
    for column, count in lacking.items():
        if count == rows and isinstance(row.cells, Fields):
            raise no_column(file.name, column, list(row.cells))
        if count > (1 - FEW) * rows:
            raise DataError(
                f"{file.name}: most rows must have a cell for column {column!r}. Received: {rows - count:,} of "
                f"{rows:,} rows that have.",
                "name another column, or fill this one.",
            )


def no_column(file: str, column: str, names: Sequence[str], later: int = 0) -> DataError:
    """Make the error for a column that a table does not have.

    Args:
        file: is the name of the table.
        column: is that of the column.
        names: are those of the columns that there are.
        later: is the number of a line that has the requested columns; 0 if none has.
    """
    if later:
        return DataError(
            f"{file} has no column {column!r} in its first row.",
            f"line {later} has the requested columns: remove the lines before it.",
        )
    near = get_close_matches(column, names)
    return DataError(
        f"{file} has no column {column!r}.",
        (f"did you mean {' or '.join(map(repr, near))}? " if near else "") + f"its columns are {quoted(names)}.",
    )
