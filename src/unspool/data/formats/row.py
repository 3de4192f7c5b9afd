"""What the readers of all formats of tables yield."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from unspool.errors import DataError


class Row(NamedTuple):
    """A row of a table.

    Attributes:
        place: says where it is in its file: `line 7`, or `row 7` of a file that has no lines.
        cells: are its cells by column; a cell that the row lacks is not among them.
    """

    place: str
    cells: Mapping[str, object]


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
