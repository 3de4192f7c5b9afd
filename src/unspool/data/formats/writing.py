"""Rows written as they were read, with further cells at their end.

    body,kind            body,kind,label
    "so, so",a     ->    "so, so",a,fine

What a file has stays as it stands, to the character: quotes, line ends, numbers, empty lines between rows. So that the
new cells stand in their columns, a row that lacks cells gets them, empty, and one with empty cells beyond the columns
is written anew without them.
"""

import json
from collections.abc import Callable, Container, Sequence
from typing import BinaryIO, NamedTuple, Protocol

from unspool.data.formats.first_rows import QUOTE, TAB
from unspool.data.formats.row import Row
from unspool.data.formats.separated import Layout
from unspool.errors import DataError
from unspool.text.escapes import escaped
from unspool.text.reading import without_end
from unspool.text.writing import EncodedWriter

Cell = str | float | None


class NewColumn(NamedTuple):
    """A column that is added to a table.

    Attributes:
        name: is that of the column.
        kind: is `str` or `float`.
    """

    name: str
    kind: type


def check_new(names: Container[str], file: str, columns: Sequence[NewColumn]) -> None:
    """Refuse to write over a column.

    Args:
        names: are the columns that a table has.
        file: is its name.
        columns: are the new ones.

    Raises:
        DataError: a new column has the name of another.
    """
    for column in columns:
        if column.name in names:
            raise DataError(
                f"{file}: a new column must have a name of its own. Received: {column.name!r}, which the table has.",
                "choose another with --column.",
            )


class RowWriter(Protocol):
    """Writes the rows of a table again."""

    def add(self, row: Row, cells: Sequence[Cell]) -> None:
        """Write a row, with a cell for each new column; none is an empty one."""

    def finish(self) -> None:
        """Write what follows the last row."""


class SeparatedWriter:
    """Writes cells with a character between them.

    Args:
        text: is where the table goes.
        layout: is that of the table.
        columns: are the new ones.
        on_escape: is called for a row with a new cell that has line ends, tabs or backslashes, and cells of the table
            are never quoted, so that these are written as escapes. It receives the place of the row.
    """

    def __init__(
        self,
        text: EncodedWriter,
        layout: Layout,
        columns: Sequence[NewColumn],
        on_escape: Callable[[str], None],
    ) -> None:
        self._text, self._layout, self._on_escape = text, layout, on_escape
        self._escaped = False
        if layout.header and layout.first:
            self._extend(layout.head, layout.first, [column.name for column in columns])

    def add(self, row: Row, cells: Sequence[Cell]) -> None:
        """Write a row."""
        self._escaped = False
        raw, present = row.raw
        self._extend(raw, present, cells)
        if self._escaped:
            self._on_escape(row.place)

    def finish(self) -> None:
        """Write the end of the text."""
        self._text.finish()

    def _extend(self, raw: str, present: Sequence[str], cells: Sequence[Cell]) -> None:
        """Write a row with further cells at its end.

        Args:
            raw: is its text.
            present: are the cells in it; those beyond the columns are empty, and are left out.
            cells: are the new ones.
        """
        delimiter, width = self._layout.delimiter, len(self._layout.names)
        # a line end within quotes is not at the end of the text, because a quote follows it
        body = raw.rstrip("\r\n") if self._layout.quoted else without_end(raw)
        end = raw[len(body) :]
        if len(present) > width:
            before = body[: len(body) - len(body.lstrip("\r\n"))]
            body = before + delimiter.join(map(self._quoted, present[:width]))
        self._text.write(delimiter.join([body, *[""] * (width - len(present)), *map(self._cell, cells)]) + end)

    def _cell(self, cell: Cell) -> str:
        """Return a new cell as it is written."""
        text = "" if cell is None else str(cell)
        if self._layout.quoted:
            # quotes around all cells between tabs may be what shows that they are quoted
            return self._quoted(text, always=self._layout.delimiter == TAB and text != "")
        safe = escaped(text)
        if safe.startswith(QUOTE):  # which would look as if cells were quoted
            safe = "\\x22" + safe[1:]
        self._escaped |= safe != text
        return safe

    def _quoted(self, text: str, always: bool = False) -> str:
        needed = self._layout.quoted and any(one in text for one in (self._layout.delimiter, QUOTE, "\r", "\n"))
        if needed or always:
            return QUOTE + text.replace(QUOTE, QUOTE + QUOTE) + QUOTE
        return text


class ObjectWriter:
    """Writes objects of JSON, one a line or in a list.

    Args:
        text: is where the table goes.
        file: is the name of the table.
        columns: are the new fields.
        ascii_only: writes other characters of new fields as escapes, for encodings that may lack them.
        empty: returns what the file has where it has no object, such as an empty list.
    """

    def __init__(
        self,
        text: EncodedWriter,
        file: str,
        columns: Sequence[NewColumn],
        ascii_only: bool,
        empty: Callable[[], str],
    ) -> None:
        self._text, self._file, self._columns, self._ascii_only, self._empty = text, file, columns, ascii_only, empty
        self._end: str | None = None

    def add(self, row: Row, cells: Sequence[Cell]) -> None:
        """Write an object; new fields are set out like its first one, and follow its last one."""
        raw: str = row.raw
        check_new(row.cells, f"{self._file}: {row.place}", self._columns)
        if self._end is None:
            self._end = "" if raw.lstrip()[0] == "{" else "\n]\n" if "\n" in raw else "]\n"
        first, last = raw.index("{") + 1, raw.rindex("}")
        body = raw[:last].rstrip()
        space = raw[first : len(raw) - len(raw[first:].lstrip())]
        fields = [
            f"{self._json(column.name)}: {self._json(cell)}" for column, cell in zip(self._columns, cells, strict=True)
        ]
        comma = f",{space or ' '}"
        self._text.write(body + ("" if body.endswith("{") else comma) + comma.join(fields) + raw[len(body) :])

    def finish(self) -> None:
        """Close the list, and write the end of the text."""
        self._text.write(self._empty() if self._end is None else self._end)
        self._text.finish()

    def _json(self, value: Cell) -> str:
        return json.dumps(value, ensure_ascii=self._ascii_only)


class ParquetTableWriter:
    """Writes a .parquet file, a batch of rows as it was read after the other.

    Args:
        source: is the file that is read, open for reading bytes.
        stream: receives the new one.
        file: is the name of the table.
        columns: are the new ones.
    """

    def __init__(self, source: BinaryIO, stream: BinaryIO, file: str, columns: Sequence[NewColumn]) -> None:
        import pyarrow
        from pyarrow import parquet

        kinds = {str: pyarrow.string(), float: pyarrow.float64()}
        self._fields = [pyarrow.field(column.name, kinds[column.kind]) for column in columns]
        schema = parquet.ParquetFile(source).schema_arrow
        check_new(schema.names, file, columns)
        for field in self._fields:
            schema = schema.append(field)
        self._writer = parquet.ParquetWriter(stream, schema)
        self._added: list[Sequence[Cell]] = []

    def add(self, row: Row, cells: Sequence[Cell]) -> None:
        """Keep the new cells of a row, and write its batch after the last one."""
        import pyarrow

        batch = row.raw
        self._added.append(cells)
        if len(self._added) == batch.num_rows:
            new = [pyarrow.array(column, field.type)
                   for column, field in zip(zip(*self._added, strict=True), self._fields, strict=True)]  # fmt: skip
            self._writer.write_batch(
                pyarrow.RecordBatch.from_arrays([*batch.columns, *new], schema=self._writer.schema)
            )
            self._added.clear()

    def finish(self) -> None:
        """Write the end of the file."""
        self._writer.close()
