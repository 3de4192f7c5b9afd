"""Pictures inside tables: data sets of Hugging Face on disk, as Arrow or Parquet, read by pyarrow alone.

    a column of structs {bytes, path}, or of bytes        other columns: captions, the numbers of labels

The bytes of Arrow files stay where they are, mapped into memory; those of Parquet are kept in a temporary file.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from unspool.data.files import kept_on_disk
from unspool.data.findings import Findings
from unspool.data.pictures.picture import Picture, picture_in_bytes, picture_in_file
from unspool.data.pictures.saved import data_files
from unspool.errors import DataError, MissingExtraError

NAMES = ("image", "img", "picture", "photo", "jpg", "png")  # of columns of pictures that are bytes
ROWS = 64  # that are read at once


@dataclass(frozen=True, eq=False)
class EmbeddedTable:
    """A table with pictures inside.

    Attributes:
        path: is that of its file.
        image: names the column of the pictures.
        columns: are the names of all others.
        labels: are the names of the labels by the column that holds their numbers.
    """

    path: Path
    image: str
    columns: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]

    @property
    def name(self) -> str:
        """What errors call it."""
        return str(self.path)


class EmbeddedRow(NamedTuple):
    """A row of such a table.

    Attributes:
        place: says where it is: `row 7`.
        picture: is none where there is none.
        values: are the other cells that were requested, by column.
    """

    place: str
    picture: Picture | None
    values: dict[str, Any]


def embedded_tables(path: Path, image: str | None = None, findings: Findings | None = None) -> list[EmbeddedTable]:
    """Return the tables with pictures inside that a file or folder stands for; none if it is something else.

    Args:
        path: is that of the file or folder.
        image: names the column of the pictures; none finds it.
        findings: says which parts are not read because they are held out.

    Raises:
        DataError: a file is missing or damaged.
        MissingExtraError: pyarrow is not installed.
    """
    tables = [_table(file, image) for file in data_files(path, findings)]
    found = [table for table in tables if table is not None]
    if found and len(found) < len(tables):
        raise DataError(
            f"{path}: every part of a data set must have pictures. Received: {len(tables) - len(found)} without.",
            "name the parts that have.",
        )
    return found


def embedded_rows(table: EmbeddedTable, columns: tuple[str, ...]) -> Iterator[EmbeddedRow]:
    """Read a table row by row.

    Args:
        table: is the table.
        columns: names the columns whose cells are read beside the pictures.

    Raises:
        DataError: it is damaged, or lacks a column.
        OutputError: the pictures of a Parquet file cannot be kept on disk.
    """
    for column in columns:
        if column not in table.columns:
            known = ", ".join(map(repr, table.columns))
            raise DataError(f"{table.path} has no column {column!r}.", f"its columns are {known}.")
    if table.path.suffix.lower() == ".arrow":
        yield from _arrow_rows(table, columns)
    else:
        yield from _parquet_rows(table, columns)


def _table(path: Path, image: str | None) -> EmbeddedTable | None:
    """Look at the columns of a file; none if it has no pictures inside."""
    with _reading(path):
        from pyarrow import parquet, types

        if path.suffix.lower() == ".arrow":
            with _arrow_batches(path) as (schema, _):
                pass
        else:
            schema = parquet.read_schema(path)
        features = _features(schema.metadata, path)
        kinds = {name: schema.field(index).type for index, name in enumerate(schema.names)}

    def is_binary(kind: Any) -> bool:
        return bool(types.is_binary(kind) or types.is_large_binary(kind))

    def holds_bytes(name: str) -> bool:
        kind = kinds[name]
        if types.is_struct(kind):
            return kind.get_field_index("bytes") >= 0 and is_binary(kind.field("bytes").type)
        return is_binary(kind) and (name == image or name.lower() in NAMES)

    column = next((name for name in kinds if (image is None or name == image) and holds_bytes(name)), None)
    if column is None:
        return None
    labels = {
        name: tuple(map(str, feature["names"]))
        for name, feature in features.items()
        if isinstance(feature, dict) and isinstance(feature.get("names"), list)
    }
    return EmbeddedTable(path, column, tuple(name for name in kinds if name != column), labels)


def _features(metadata: Mapping[bytes, bytes] | None, path: Path) -> dict[str, Any]:
    """Return what Hugging Face says of the columns: in the file, or beside it."""
    info: Any = None
    try:
        if metadata and b"huggingface" in metadata:
            info = json.loads(metadata[b"huggingface"])["info"]
        elif (path.parent / "dataset_info.json").is_file():
            info = json.loads((path.parent / "dataset_info.json").read_bytes())
        features = info["features"] if info else {}
    except (OSError, ValueError, KeyError, TypeError):
        features = {}
    return features if isinstance(features, dict) else {}


def _arrow_rows(table: EmbeddedTable, columns: tuple[str, ...]) -> Iterator[EmbeddedRow]:
    number = 0
    with _reading(table.path), _arrow_batches(table.path) as (_, batches):
        for batch in batches:
            batch.validate(full=True)
            contents, paths = _parts(batch, table.image)
            values = batch.select(list(columns)).to_pylist()
            for index, cells in enumerate(values):
                number += 1
                read = partial(_cell, contents, index) if contents[index].is_valid else None
                yield _row(table, number, read, paths, index, cells)


def _parquet_rows(table: EmbeddedTable, columns: tuple[str, ...]) -> Iterator[EmbeddedRow]:
    found: list[tuple[int | None, str | None, dict[str, Any]]] = []

    def contents() -> Iterator[bytes]:
        from pyarrow import parquet

        with _reading(table.path), parquet.ParquetFile(table.path, memory_map=True) as file:
            for batch in file.iter_batches(ROWS, columns=[table.image, *columns]):
                inside, paths = _parts(batch, table.image)
                for index, cells in enumerate(batch.select(list(columns)).to_pylist()):
                    content = inside[index].as_py()
                    found.append((None if content is None else len(content), _path(paths, index), cells))
                    yield content or b""

    opened = kept_on_disk(contents())
    starts = accumulate((size or 0 for size, _, _ in found), initial=0)
    for number, ((size, path, cells), start) in enumerate(zip(found, starts, strict=False), 1):
        read = None if size is None else partial(_piece, opened, start, size)
        yield _row(table, number, read, [path], 0, cells)


def _row(
    table: EmbeddedTable,
    number: int,
    read: Callable[[], bytes] | None,
    paths: Any,
    index: int,
    cells: dict[str, Any],
) -> EmbeddedRow:
    place = f"row {number:,}"
    path = _path(paths, index)
    picture = picture_in_bytes(f"{table.path}, {place}", read) if read is not None else None
    if picture is None and path:
        picture = picture_in_file(table.path.parent / path)
    return EmbeddedRow(place, picture, cells)


def _parts(batch: Any, image: str) -> tuple[Any, Any]:
    """Return the bytes of the pictures of a batch, and their paths; none where there are no paths."""
    column = batch.column(image)
    if not hasattr(column.type, "get_field_index") or column.type.num_fields == 0:
        return column, None
    inside = column.flatten()  # of a struct, whose own nulls count
    place = column.type.get_field_index("path")
    return inside[column.type.get_field_index("bytes")], inside[place] if place >= 0 else None


def _path(paths: Any, index: int) -> str | None:
    if paths is None:
        return None
    value = paths[index]
    value = value if value is None or isinstance(value, str) else value.as_py()
    return value if isinstance(value, str) else None


def _cell(contents: Any, index: int) -> bytes:
    return bytes(contents[index].as_buffer())


def _piece(opened: Callable[[], BinaryIO], start: int, size: int) -> bytes:
    with opened() as stream:
        stream.seek(start)
        return stream.read(size)


@contextmanager
def _arrow_batches(path: Path) -> Iterator[tuple[Any, Iterator[Any]]]:
    """Open an Arrow file, a stream or not: its schema and its batches, whose bytes stay on disk."""
    import pyarrow

    source = pyarrow.memory_map(str(path))
    try:
        reader = pyarrow.ipc.open_stream(source)
    except pyarrow.ArrowInvalid:
        source.seek(0)
        whole = pyarrow.ipc.open_file(source)
        yield whole.schema, (whole.get_batch(index) for index in range(whole.num_record_batches))
        return
    yield reader.schema, iter(reader)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Report what is wrong with a file."""
    if not find_spec("pyarrow"):
        raise MissingExtraError("pyarrow", "data", f"reading {path}")
    from pyarrow import ArrowException

    try:
        yield
    except (ArrowException, OSError, UnicodeDecodeError) as problem:
        reason = str(problem).partition("\n")[0]
        raise DataError(f"{path} cannot be read: {reason:.100}.", "copy the file again.") from None
