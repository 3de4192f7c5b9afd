"""What the readers of all formats of tables yield."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from unspool.errors import DataError


class Row(NamedTuple):
    """A row of a table.

    Attributes:
        place: says where it is in its file: `line 7`, or `row 7` of a file that has no lines.
        cells: are its cells by column; a cell that the row lacks is not among them.
        raw: is what the file has, to be written again. Of JSON it is the text of the object, with what is between it
            and the one before; of cells with a character between them the same text, and all the cells; of a .parquet
            file the batch that the row is in.
    """

    place: str
    cells: Mapping[str, object]
    raw: Any


def check_unique(names: Sequence[str], file: str, requested: Sequence[str]) -> None:
    """Refuse a table in which several columns have a name that is requested.

    Raises:
        DataError: there are several.
    """
    for column in requested:
        if (count := list(names).count(column)) > 1:
            raise DataError(
                f"{file}: one column must have the name {column!r}. Received: {count} that do.", "rename the others."
            )
