"""A table in, the same table with the answers in new columns out: what the commands share that answer rows."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from unspool.cli.arguments import check_conditional
from unspool.cli.console import ByteOutput, counting_unknown
from unspool.cli.options import Settings
from unspool.errors import DataError, OutputError, UnspoolError, UsageError, shell_word

if TYPE_CHECKING:
    from unspool.cli.following import Advance
    from unspool.data.answers import Asked, Question
    from unspool.data.formats.writing import Cell, NewColumn
    from unspool.data.table import Record

READING = ("delimiter", "header")  # settings that mean something for tables alone
LINES = (".jsonl", ".ndjson")  # are one format


class Table(NamedTuple):
    """The table that a command is to answer, as its options say.

    Attributes:
        file: is that of the table.
        out: is the file to write; none is standard output.
        overwrite: lets it replace another.
        column: is the name of the first new column; none leaves it to the command.
        settings: say how to read the table; they are fields of `DataSpec`.
    """

    file: Path | None
    out: Path | None
    overwrite: bool
    column: str | None
    settings: Settings

    def has_columns(self, columns: Sequence[str], option: str, unusable: Mapping[str, object]) -> bool:
        """Return whether columns of a table are named, and refuse options that mean nothing then, or without.

        Args:
            columns: are named.
            option: names them.
            unusable: are the values of options that mean nothing for a table.

        Raises:
            UsageError: an option would have no effect.
            DataError: the file is a table, and none of its columns is named.
        """
        if not columns:
            own = {"--out": self.out, "--overwrite": self.overwrite, "--column": self.column}
            idle = [name for name, value in own.items() if value] + [
                f"--{one}" for one in READING if one in self.settings
            ]
            if idle:
                raise UsageError(f"{idle[0]} is for a table, and no column is named.", f"name one with {option}.")
            refuse_table(self.file, option, self.settings)
            return False
        for name, value in unusable.items():
            if value:
                raise UsageError(
                    f"the columns of a table are not answered with {name}. Received: {option} and {name}.",
                    "leave out one of them.",
                )
        if self.file is None:
            raise UsageError(
                f"{option} names a column, and no table is given. Received: {columns[0]!r:.60}.",
                "name the table with --file; --file - reads standard input.",
            )
        if self.overwrite and self.out is None:
            raise UsageError("--overwrite is for --out, and there is none.", "name the file to write with --out.")
        return True

    def named(self, usual: str, *endings: str) -> list[str]:
        """Return the names of new columns: the one that is given, or the usual one, and this with each ending."""
        name = self.column or usual
        return [name, *(f"{name}_{ending}" for ending in endings)]


def refuse_table(file: Path | None, option: str, settings: Settings) -> None:
    """Refuse a table where lines or a whole text are read: its delimiters and names would be taken for text.

    Args:
        file: is read.
        option: names a column.
        settings: say how files are read.

    Raises:
        DataError: it is a table.
    """
    if file is None:
        return
    from unspool.data.files import ending_of  # here and not above: only commands that read a file need it
    from unspool.data.sources import TABLES
    from unspool.data.table import refuse_tables

    if ending_of(file) in TABLES:
        refuse_tables(
            _sources(file, settings), option, f"its raw lines can be read from standard input: < {shell_word(file)}"
        )


def row_conditions(
    model: Any, question: "Question", given: dict[str, Any]
) -> "tuple[Callable[[Record], dict[str, Any]], Callable[[Record], None] | None]":
    """Return what makes the condition of a row a keyword of the model's methods, and what checks that it is known.

    Args:
        model: is to take it.
        question: names the columns.
        given: is the condition of all rows, as a keyword; the columns take its place.

    Raises:
        UsageError: there are both, the model is not a conditional one, or the columns are not as many as its own.
    """
    if not question.condition:
        return lambda record: given, None
    if given:
        raise UsageError(
            "a condition is given by --condition or --condition-column. Received: both.", "leave out one of them."
        )
    check_conditional(model, "--condition-column")
    from unspool.decode.condition import condition_source  # here and not above: it imports NumPy

    specs = model.config.conditions
    if len(question.condition) != len(specs):
        raise UsageError(
            f"--condition-column must be given for each of {', '.join(spec.name for spec in specs)}, in this order. "
            f"Received: {', '.join(question.condition)}.",
            "give it once for each.",
        )

    def keyword(record: "Record") -> dict[str, Any]:
        return {"condition": question.condition_of(record)}

    def check(record: "Record") -> None:
        condition_source(question.condition_of(record), specs)

    return keyword, check


def answer_table(
    table: Table,
    question: "Question",
    columns: "Sequence[NewColumn]",
    answers: "Callable[[list[Asked]], Iterable[Sequence[Cell]]]",
    progress: bool,
    check: "Callable[[Record], None] | None" = None,
) -> None:
    """Answer the rows of a table, and write it with the answers; say what was left without one.

    Args:
        table: is what the options say.
        question: says what is asked about in each row.
        columns: are the new ones.
        answers: returns a cell for each new column of each of some rows.
        progress: shows on standard error how many rows are answered.
        check: raises an error for a row that cannot be answered; all rows are checked before one is answered.

    Raises:
        UnspoolError: the table cannot be read, or not be written.
    """
    from unspool.data.answers import check_rows, only_table, write_answers
    from unspool.data.table import format_of
    from unspool.tasks.evaluation import say_findings

    sources = _sources(table.file or Path("-"), table.settings)
    file = only_table(sources)
    _check_out(table, file.ending, format_of(sources, file))
    if check is not None:
        check_rows(sources, question, _placed(check))
    from unspool.cli.following import showing_progress  # here and not above: most texts are no tables

    with (
        counting_unknown(),
        showing_progress(progress, scrolls=table.out is None) as advance,
        _output(table.out) as stream,
    ):
        write_answers(sources, question, columns, _counting(answers, advance), stream)
    say_findings(sources.findings)


def _counting(
    answers: "Callable[[list[Asked]], Iterable[Sequence[Cell]]]", advance: "Advance"
) -> "Callable[[list[Asked]], Iterator[Sequence[Cell]]]":
    """Make answers tell how many there are so far."""

    def counted(rows: "list[Asked]") -> "Iterator[Sequence[Cell]]":
        for row, cells in zip(rows, answers(rows), strict=True):
            advance(row.number + 1, 0, "rows")
            yield cells

    return counted


def _sources(file: Path, settings: Settings) -> Any:
    from unspool.data.sources import Sources
    from unspool.specs.base import build
    from unspool.specs.data import DataSpec

    return Sources((str(file),), build(DataSpec, settings, "table"), tables=True)


def _placed(check: "Callable[[Record], None]") -> "Callable[[Record], None]":
    """Make the errors of a check name the row."""

    def checked(record: "Record") -> None:
        try:
            check(record)
        except UnspoolError as problem:
            raise DataError(f"{record.file.name}: {record.place}: {problem.message}", problem.hint) from None

    return checked


def _check_out(table: Table, ending: str, form: str) -> None:
    """Refuse a file to write that exists, or whose ending says another format than the table has.

    Raises:
        OutputError: it exists, and must not be replaced.
        UsageError: its ending is that of another format; or it is needed, and there is none.
    """
    from unspool.data.files import ending_of
    from unspool.data.sources import TABLES
    from unspool.data.table import OBJECTS

    if table.out is None:
        if form == ".parquet":
            raise UsageError("a .parquet table is written to a file. Received: no --out.", "name one with --out.")
        return
    if form == ".json" and not ending:
        fitting: tuple[str, ...] = OBJECTS
    else:
        fitting = LINES if ending in LINES else (ending,) if ending else (".csv", ".tsv")
    own = ending_of(table.out)
    if own not in fitting and (own in TABLES or form == ".parquet"):
        raise UsageError(
            f"a table is written back in the format that it has. Received: --out {table.out} for {table.file}.",
            f"let the name end with {' or '.join(fitting)}.",
        )
    if table.out.exists() and not table.out.is_file():
        raise OutputError(f"{table.out} is no file.", "choose another place with --out, or leave it out.")
    if table.out.exists() and not table.overwrite:
        raise OutputError(
            f"{table.out} exists already.", "choose another place with --out, or replace it with --overwrite."
        )


@contextmanager
def _output(out: Path | None) -> Iterator[BinaryIO]:
    """Open standard output, or a file that replaces another once it is complete; a name with .gz compresses it."""
    import gzip
    from typing import cast

    from unspool.folder.atomic import writing_atomically

    if out is None:
        yield cast(BinaryIO, ByteOutput())
        return
    with writing_atomically(out) as file:
        if out.suffix.lower() != ".gz":
            yield file
            return
        with gzip.GzipFile(filename="", fileobj=file, mode="wb") as compressed:
            yield cast(BinaryIO, compressed)
