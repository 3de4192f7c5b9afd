"""A table with answers: every row of a table again, as it stands and in its order, with the answers in new columns.

    rows, 256 at a time -> the records of those that can be asked about -> answer -> rows with new cells -> bytes

The rows are read as in training (`data/table.py`), and written in the format, the encoding and the line ends that the
table has. Of cells with a character between them, and of objects one a line, only some rows are in memory at a time.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from itertools import chain, islice
from typing import BinaryIO, NamedTuple

from unspool.data.files import SourceFile
from unspool.data.findings import Findings
from unspool.data.formats.row import Row
from unspool.data.formats.writing import (
    Cell,
    NewColumn,
    ObjectWriter,
    ParquetTableWriter,
    RowWriter,
    SeparatedWriter,
    check_new,
)
from unspool.data.sources import Sources
from unspool.data.table import OBJECTS, SEEN, Columns, Record, format_of, joined, layout_of, read_rows, read_table
from unspool.errors import DataError
from unspool.text.reading import find_form
from unspool.text.writing import EncodedWriter

AT_ONCE = 256  # rows that are answered together
ESCAPED = r"rows with escapes such as \n and \t in new cells, because no cell of the table is quoted"


class Question(NamedTuple):
    """What is asked about in each row.

    Attributes:
        text: names the columns of a text, which are joined with spaces.
        condition: names columns of labels or numbers; a row in which one is empty has no answer.
        numbers: names columns of numbers; only a row in which all are empty has no answer.
        may_be_empty: says whether an empty text has an answer, as an empty prompt has.
    """

    text: tuple[str, ...] = ()
    condition: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    may_be_empty: bool = False

    @property
    def columns(self) -> Columns:
        """The columns that are read."""
        numeric = (*self.condition, *self.numbers)
        return Columns((*self.text, *numeric), frozenset(numeric))

    def text_of(self, record: Record) -> str:
        """Return the text of a row."""
        return joined(record.cells, self.text)

    def condition_of(self, record: Record) -> tuple[str, ...]:
        """Return the condition of a row, a cell of each column."""
        return tuple(record.cells[name].strip() for name in self.condition)

    def missing(self, record: Record) -> str:
        """Say what is empty in a row, so that there is no answer."""
        if self.numbers:
            return "" if any(record.cells[name].strip() for name in self.numbers) else "every number"
        if not self.may_be_empty and not self.text_of(record).strip():
            return "their text"
        return next((repr(name) for name in self.condition if not record.cells[name].strip()), "")


class Asked(NamedTuple):
    """A row that is asked about, with its number, counted from 0 among all rows."""

    number: int
    record: Record


Answers = Callable[[list[Asked]], Iterable[Sequence[Cell]]]


def write_answers(
    sources: Sources, question: Question, columns: Sequence[NewColumn], answers: Answers, stream: BinaryIO
) -> None:
    """Write a table with the answers to its rows in new columns; rows that have none are counted.

    Args:
        sources: are one table.
        question: says what is asked about.
        columns: are the new ones.
        answers: returns for some rows a cell for each of the new columns, in order.
        stream: receives the table, whole rows at a time.

    Raises:
        DataError: the sources are several tables, or it cannot be read; see `read_table`. Or it has one of the new
            columns already.
        OutputError: its encoding lacks a character of an answer.
    """
    file = only_table(sources)
    rows = enumerate(read_rows(sources, question.columns))
    first = list(islice(rows, SEEN))  # what is wrong with a column shows before anything is written
    writer = _open_writer(sources, file, question.columns, columns, stream)
    nothing: list[Cell] = [None] * len(columns)
    for some in _batches(chain(first, rows)):
        reasons = [question.missing(record) for _, (record, _) in some]
        asked = [
            Asked(number, record) for (number, (record, _)), reason in zip(some, reasons, strict=True) if not reason
        ]
        found = iter(answers(asked) if asked else ())
        for (_, (record, row)), reason in zip(some, reasons, strict=True):
            if reason:
                sources.findings.count(f"rows without an answer because {reason} is empty", file, record.place)
            writer.add(row, nothing if reason else next(found))
    writer.finish()


def check_rows(sources: Sources, question: Question, check: Callable[[Record], None]) -> None:
    """Read a table before anything is written, and check the rows that will be asked about; nothing is counted.

    Args:
        sources: are one table.
        question: says what will be asked about.
        check: raises an error for a row that cannot be answered.
    """
    quiet = copy(sources)
    quiet.findings = Findings()
    for record in read_table(quiet, question.columns):
        if not question.missing(record):
            check(record)


def only_table(sources: Sources) -> SourceFile:
    """Return the only file of some sources.

    Raises:
        DataError: there are several.
    """
    if len(sources.files) != 1:
        raise DataError(
            f"one table is answered at a time. Received: {len(sources.files)} in {sources.description}.",
            "name one of its files.",
        )
    return sources.files[0]


def _batches(rows: Iterator[tuple[int, tuple[Record, Row]]]) -> Iterator[list[tuple[int, tuple[Record, Row]]]]:
    while some := list(islice(rows, AT_ONCE)):
        yield some


def _open_writer(
    sources: Sources, file: SourceFile, columns: Columns, new: Sequence[NewColumn], stream: BinaryIO
) -> RowWriter:
    """Open what writes the rows."""
    ending = format_of(sources, file)
    with sources.open(file) as source:
        if ending == ".parquet":
            return ParquetTableWriter(source, stream, file.name, new)
        form = find_form(source, file.name, file.encoding or sources.spec.encoding)
    text = EncodedWriter(stream, form)
    if ending in OBJECTS:
        ascii_only = not form.codec.startswith("utf")
        return ObjectWriter(text, file.name, new, ascii_only, lambda: "".join(sources.lines_of(file)))
    layout = layout_of(sources, file, columns.names)
    check_new(layout.first if layout.header else (), file.name, new)
    return SeparatedWriter(text, layout, new, lambda place: sources.findings.count(ESCAPED, file, place))
