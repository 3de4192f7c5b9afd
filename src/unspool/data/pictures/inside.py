"""Captions and labels of pictures inside tables. See `data/pictures/embedded.py`."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from unspool.data.findings import Findings
from unspool.data.pictures.described import LABELS, TEXTS, first_known
from unspool.data.pictures.embedded import EmbeddedRow, EmbeddedTable, embedded_rows
from unspool.data.pictures.picture import DescribedPicture, Picture
from unspool.data.sources import HALVES
from unspool.data.table import quoted
from unspool.errors import DataError
from unspool.text.cleaning import clean_and_count


def captioned_inside(table: EmbeddedTable, text: tuple[str, ...], findings: Findings) -> list[DescribedPicture]:
    """Read the pictures of a table with their captions; rows of the same picture, byte by byte, become one.

    A picture may have none.

    Args:
        table: has the pictures inside.
        text: names the columns of the captions; none finds them.
        findings: counts what is left out.

    Raises:
        DataError: it is damaged, or lacks a column.
    """
    columns = text or caption_columns(table)
    if not columns:
        raise DataError(
            f"{table.path} must have a column of captions. Received: {quoted(table.columns)}.",
            "name the column with --text.",
        )
    found: dict[bytes, tuple[Picture, list[str]]] = {}
    for row, picture in _with_pictures(table, columns, findings):
        captions = found.setdefault(sha256(picture.content()).digest(), (picture, []))[1]
        for column in columns:
            for caption in _texts(row, table, column, findings):
                if caption.strip():
                    captions.append(caption.strip())
                else:
                    findings.count("captions left out because they are empty", table, row.place)
    return [DescribedPicture(picture, tuple(captions)) for picture, captions in found.values()]


def labelled_inside(table: EmbeddedTable, label: str | None, findings: Findings) -> list[DescribedPicture]:
    """Read the pictures of a table with their labels; numbers become the names that the data set has for them.

    Args:
        table: has the pictures inside.
        label: names the column of the labels; none finds it.
        findings: counts what is left out.

    Raises:
        DataError: it is damaged, or lacks a column.
    """
    column = label or label_column(table)
    if column is None:
        raise DataError(
            f"{table.path} must have a column of labels. Received: {quoted(table.columns)}.",
            "name the column with --label.",
        )
    pictures = []
    for row, picture in _with_pictures(table, (column,), findings):
        if value := _label(row, table, column):
            pictures.append(DescribedPicture(picture, label=value))
        else:
            findings.count(f"rows left out because {column!r} is empty", table, row.place)
    return pictures


def caption_columns(table: EmbeddedTable) -> tuple[str, ...]:
    """Return the columns of a table whose names say that they hold captions."""
    return tuple(name for name in table.columns if TEXTS.fullmatch(name))


def label_column(table: EmbeddedTable) -> str | None:
    """Return the column of a table that holds labels: one whose numbers have names, or whose name says so."""
    return next(iter(table.labels), None) or first_known(LABELS, table.columns)


def _with_pictures(
    table: EmbeddedTable, columns: tuple[str, ...], findings: Findings
) -> Iterator[tuple[EmbeddedRow, Picture]]:
    read = 0
    for row in embedded_rows(table, columns):
        if row.picture is None:
            findings.count("rows left out because they have no picture", table, row.place)
        else:
            read += 1
            yield row, row.picture
    if not read:
        raise DataError(f"{table.path} must have rows with pictures. Received: none.", "name another file.")


def _texts(row: EmbeddedRow, table: EmbeddedTable, column: str, findings: Findings) -> Iterator[str]:
    value = row.values[column]
    for text in value if isinstance(value, list) else [value]:
        if text is not None and not isinstance(text, str):
            raise DataError(
                f"{table.path}: {row.place}: column {column!r} must hold text. Received: {value!r:.40}.",
                "name a column of text, or of lists of texts, with --text.",
            )
        found, replaced = clean_and_count(text or "", f"{table.path}, {row.place}")
        findings.count(HALVES, table, row.place, replaced)
        yield found


def _label(row: EmbeddedRow, table: EmbeddedTable, column: str) -> str:
    """Return the label of a row; empty where it has none, which -1 says in place of the number of a name."""
    value: Any = row.values[column]
    names = table.labels.get(column)
    if value is None or (names is not None and value == -1):
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and names is not None:
        if not 0 <= value < len(names):
            raise DataError(
                f"{table.path}: {row.place}: {column!r} must be the number of one of {len(names):,} names. "
                f"Received: {value}.",
                "copy the data set again.",
            )
        return names[value]
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise DataError(
            f"{table.path}: {row.place}: column {column!r} must hold a label. Received: {value!r:.40}.",
            "name another column with --label.",
        )
    return clean_and_count(str(value), f"{table.path}, {row.place}")[0].strip()
