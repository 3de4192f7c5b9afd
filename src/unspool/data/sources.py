"""Where text comes from: files, folders, standard input, tables, the embedded corpus.

Everything here yields clean text in pieces, so that a text larger than the memory can be read several
times: once to count, once to encode.
"""

import csv
import json
import shutil
import sys
import tempfile
import weakref
import zlib
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, cast

from unspool.errors import DataError, MissingExtraError, UsageError
from unspool.specs.data import FILE, LINE, DataSpec
from unspool.text.reading import open_file, read_pieces

TABLES = (".csv", ".tsv", ".jsonl", ".parquet")
COMMAS: dict[str, Any] = {"strict": True}  # a quote that does not close would take the rows after it
TABS: dict[str, Any] = {"delimiter": "\t", "quoting": csv.QUOTE_NONE}
EMBEDDED = "the embedded corpus"


class Sources:
    """A text that can be read again and again.

    Args:
        names: files, folders or `-`; none means the embedded corpus.
        spec: how to read them.

    Raises:
        DataError: a file is missing or cannot be read, or a folder holds nothing to read.
    """

    def __init__(self, names: tuple[str, ...], spec: DataSpec) -> None:
        self._spec = spec
        self._standard_input: BinaryIO | None = None
        self.files = [file for name in names for file in self._expand(name)]
        self.embedded = not names

    def pieces(self) -> Iterator[str]:
        """The text as one stream; files follow each other with a line end between them."""
        if self.embedded:
            yield embedded_corpus()
        ended = True
        for file in self.files:
            if not ended:
                yield "\n"
            for piece in self._read(file):
                yield piece
                ended = piece.endswith("\n")

    def documents(self) -> Iterator[str]:
        """The text as documents: one for each line or row that is not empty."""
        if self._spec.text_column is None:
            lines = (line.removesuffix("\n") for line in _lines(self.pieces()))
            yield from filter(None, lines)
        else:
            yield from filter(None, map(joined_text, self.rows()))

    def lines(self) -> Iterator[str]:
        """The lines of all files, without their ends; empty ones too."""
        for file in self.files:
            yield from (line.removesuffix("\n") for line in _lines(self._read(file)))

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The columns of the tables that the spec names, row by row; empty ones as empty texts."""
        for file in self.files:
            yield from self._columns_of(file)

    def _expand(self, name: str) -> list[str]:
        if name == "-":
            return [name]
        path = Path(name)
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.is_file())
            found = [str(file) for file in inside if file.suffix in self._spec.suffixes]
            if not found:
                raise DataError(
                    f"{name} holds no file that ends with {' or '.join(self._spec.suffixes)}.",
                    "name other endings with --suffix, such as --suffix .py.",
                )
            return found
        if not path.exists():
            raise DataError(f"{name} does not exist.", "name a file, a folder, or - for standard input.")
        if not self._spec.columns and _suffix(path) in TABLES:
            raise DataError(
                f"{name} is a table, and it is not said which column holds the text.",
                f"name one with --text: {', '.join(self._header(name))}; of pairs, two with --source and --target; to "
                "classify, --text and --label.",
            )
        return [name]

    def _open(self, name: str) -> BinaryIO:
        if name == "-":
            if self._standard_input is None:  # kept on disk, because it is read more than once
                self._standard_input = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - read again later
                weakref.finalize(self, self._standard_input.close)
                shutil.copyfileobj(sys.stdin.buffer, self._standard_input)
            self._standard_input.seek(0)
            return self._standard_input
        try:
            return open_file(name)
        except OSError as problem:
            raise DataError(f"{name} cannot be read: {problem.strerror}.", "check its permissions.") from None

    def _read(self, name: str) -> Iterator[str]:
        stream = self._open(name)
        try:
            yield from read_pieces(stream, "standard input" if name == "-" else name, self._spec.encoding)
        except (OSError, EOFError, zlib.error) as problem:
            raise DataError(f"{name} cannot be read: {problem}.", "check the file.") from None
        finally:
            if name != "-":
                stream.close()

    def _columns_of(self, name: str) -> Iterator[tuple[str, ...]]:
        conditions = self._spec.condition_columns
        for number, row in enumerate(self._rows(name), 1):
            for column in self._spec.columns:
                if column not in row:
                    columns = [str(key) for key in row]
                    near = get_close_matches(column, columns)
                    raise DataError(
                        f"{name}: row {number} has no column {column!r}.",
                        (f"did you mean {' or '.join(near)}? " if near else "")
                        + f"its columns are {', '.join(columns)}.",
                    )
                numbers = str | int | float if column in (*conditions, self._spec.label_column) else str
                if not isinstance(row[column], numbers | None):
                    raise DataError(
                        f"{name}: row {number}: column {column!r} must hold text. Received: {row[column]!r:.40}.",
                        "name a column of text.",
                    )
                if column in conditions and (row[column] is None or not str(row[column]).strip()):
                    raise DataError(
                        f"{name}: row {number}: column {column!r} must say what the text depends on. Received: ''.",
                        "fill it, or leave the row out.",
                    )
            found = (row[column] for column in self._spec.columns)
            yield tuple("" if value is None else str(value) for value in found)

    def _header(self, name: str) -> list[str]:
        return [str(key) for key in next(self._rows(name), {"(the file is empty)": ""})]

    def _rows(self, name: str) -> Iterator[dict[str, object]]:
        suffix = _suffix(Path(name))
        if suffix == ".parquet" and not self._spec.lines:
            yield from self._parquet_rows(name)
            return
        lines = _lines(self._read(name))
        if self._spec.lines:
            for line in lines:
                yield {LINE: line.removesuffix("\n"), FILE: _stem(name)}
        elif suffix == ".jsonl":
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _json_row(line, name, number)
        else:
            yield from self._cells(csv.DictReader(lines, **(TABS if suffix == ".tsv" else COMMAS)), name)

    def _cells(self, table: "csv.DictReader[str]", name: str) -> Iterator[dict[str, object]]:
        """The rows of a .csv or .tsv, where the first gives the columns their names, or they have numbers."""
        csv.field_size_limit(sys.maxsize)
        begin = 0
        try:
            first = table.fieldnames or []
            if self._without_names(first):
                table.fieldnames = [str(number) for number in range(1, len(first) + 1)]
                yield dict(zip(table.fieldnames, first, strict=True))
            self._check_names(table.fieldnames or [], name)
            begin = table.line_num
            for row in table:
                yield row
                begin = table.line_num
        except csv.Error as problem:
            raise DataError(
                f"{name}: a cell that opens with a quote must close with one. Received: none in the row that begins at "
                f"line {begin + 1:,} ({problem}).",
                'double a quote that is part of a text, as in "a ""quoted"" word", or write a .tsv, without any.',
            ) from None

    def _parquet_rows(self, name: str) -> Iterator[dict[str, object]]:
        if not find_spec("pyarrow"):
            raise MissingExtraError("pyarrow", "data", f"reading {name}")
        from pyarrow import ArrowException, parquet

        try:
            table = parquet.ParquetFile(name)
            self._check_names(table.schema_arrow.names, name)
            for batch in table.iter_batches():
                yield from batch.to_pylist()
        except (ArrowException, OSError) as problem:
            reason = str(problem).splitlines()[0]
            raise DataError(f"{name} cannot be read: {reason:.100}.", "check the file.") from None

    def _check_names(self, names: Sequence[str], name: str) -> None:
        """Refuse two columns of a name that is asked for.

        Raises:
            DataError: as it says.
        """
        for column in self._spec.columns:
            if (count := list(names).count(column)) > 1:
                raise DataError(
                    f"{name}: one column must have the name {column!r}. Received: {count} that do.",
                    "rename the others.",
                )

    def _without_names(self, first: Sequence[str]) -> bool:
        """Whether the first row of a table is no row of names, because columns are told by numbers that it lacks."""
        columns = self._spec.columns
        return all(column.isdecimal() for column in columns) and not set(columns) <= set(first)


def joined_text(columns: Iterable[str]) -> str:
    """One text out of several columns, with a space between; empty ones leave none."""
    return " ".join(filter(None, columns))


def _lines(pieces: Iterator[str]) -> Iterator[str]:
    """Lines with their ends, out of pieces that may end anywhere."""
    rest = ""
    for piece in pieces:
        lines = (rest + piece).split("\n")
        rest = lines.pop()
        yield from (line + "\n" for line in lines)
    if rest:
        yield rest


def embedded_corpus() -> str:
    """The Python language reference that comes with every Python: 1 chapter after the other."""
    from pydoc_data.topics import topics

    return "\n\n".join(topics.values())


def describe_sources(names: tuple[str, ...]) -> str:
    """What to call the sources in a sentence."""
    if not names:
        return EMBEDDED
    shown = ["standard input" if name == "-" else name for name in names]
    return ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")


def _suffix(path: Path) -> str:
    return path.suffixes[-2] if path.suffix == ".gz" and len(path.suffixes) > 1 else path.suffix


def _stem(name: str) -> str:
    """A file's name without its ending."""
    return "standard input" if name == "-" else Path(name.removesuffix(".gz")).stem


def _json_row(line: str, name: str, number: int) -> dict[str, object]:
    try:
        row = json.loads(line)
    except ValueError as problem:
        raise DataError(f"{name}: line {number} is not JSON: {problem}.", "mend or remove the line.") from None
    if not isinstance(row, dict):
        raise DataError(
            f"{name}: line {number} must be a JSON object. Received: {line.strip():.40}.",
            'write one object a line, such as {"text": "..."}.',
        )
    return row


def check_sources(spec: DataSpec) -> None:
    """Refuse combinations of options that cannot be, before anything is read.

    Raises:
        UsageError: a column is named without a table.
    """
    if spec.text_column is not None and not spec.sources:
        raise UsageError("--text names a column, and there is no table.", "name a .csv, .tsv or .jsonl file.")
