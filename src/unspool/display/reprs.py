"""What Python prints of an object, and what a notebook shows of it.

The repr of a `Displayed` object is a line that people can read: no addresses, no types of NumPy, no pages of numbers.
In a notebook it is HTML; what makes that stands above all that has it, so it is named here, and imported when asked.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, fields, is_dataclass
from importlib import import_module
from typing import Any, TypeVar

FORMS = "unspool.models.notebook"  # has `html_of`, which shows any of these objects
ITEMS, CHARACTERS = 6, 80  # of a value that are shown
ROWS = 20  # of a table
NUMBERS = 4  # of an object within another
T = TypeVar("T")


class Displayed:
    """An object whose repr helps, and that a notebook shows as HTML."""

    def __repr__(self) -> str:
        return shown_object(self)

    def _repr_html_(self) -> str:
        html: str = import_module(FORMS).html_of(self)
        return html


class Rows(list[T], Displayed):
    """A list whose items are shown as the rows of a table."""

    def __repr__(self) -> str:
        rows = as_rows(self)
        return text_table(rows) if rows else list.__repr__(self)

    def to_pandas(self) -> Any:
        """Return the rows as a data frame of pandas, which must be installed."""
        import pandas

        rows = as_rows(self) or list[Any](self)
        return pandas.DataFrame(rows)


def as_rows(items: Sequence[Any]) -> list[dict[str, Any]]:
    """Return items as rows, by the names of their fields; nothing where they have none."""
    rows = [item if isinstance(item, Mapping) else _fields(item) for item in items]
    return [dict(row) for row in rows] if all(rows) else []


def _fields(item: Any) -> dict[str, Any]:
    found: dict[str, Any] = item.to_dict() if hasattr(item, "to_dict") else {}
    return found


def values_of(figures: Any) -> dict[str, Any]:
    """Return the values of a dataclass by name, for JSON, without those that are none or an empty mapping."""
    return {name: value for name, value in asdict(figures).items() if value is not None and value != {}}


def shown_object(value: Any) -> str:
    """Show an object by the fields that say something; those of a dataclass by name.

    Args:
        value: is a dataclass.
    """
    assert is_dataclass(value)
    named = {one.name: getattr(value, one.name) for one in fields(value) if one.repr}
    said = [f"{name}={shown_value(one)}" for name, one in named.items() if one is not None and not _is_empty(one)]
    return f"{type(value).__name__}({', '.join(said)})"


def _is_empty(value: Any) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str) and len(value) == 0


def shown_value(value: Any) -> str:
    """Show a value on one line, a long one by its beginning, a number by five digits."""
    if hasattr(value, "shape"):  # of NumPy
        if value.shape:
            return f"[{' x '.join(map(str, value.shape))}]"
        value = value.item()
    if isinstance(value, float):
        return f"{value:.5g}"
    if isinstance(value, str):
        return repr(value if len(value) <= CHARACTERS else f"{value[: CHARACTERS - 1]}…")
    if isinstance(value, Mapping):
        return f"{{{_joined([f'{shown_value(name)}: {shown_value(one)}' for name, one in value.items()])}}}"
    if isinstance(value, list | tuple) and value and isinstance(value[0], list | tuple):
        return f"[{len(value)} x {len(value[0])}]"
    if isinstance(value, list | tuple | Set):
        return f"[{_joined([shown_value(one) for one in list(value)[: ITEMS + 1]], len(value))}]"
    return _brief(value) if isinstance(value, Displayed) and is_dataclass(value) else repr(value)


def _brief(value: Any) -> str:
    """Show an object within another by its first numbers."""
    named = {one.name: getattr(value, one.name) for one in fields(value) if one.repr}
    numbers = [f"{name}={shown_value(one)}" for name, one in named.items() if isinstance(one, int | float)][:NUMBERS]
    more = ["…"] if len(named) > len(numbers) else []
    return f"{type(value).__name__}({', '.join([*numbers, *more])})"


def _joined(parts: Sequence[str], count: int | None = None) -> str:
    count = len(parts) if count is None else count
    return ", ".join([*parts[:ITEMS], *([f"… {count:,} in all"] if count > ITEMS else [])])


def text_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as an aligned table, a line each; what holds several values is left out.

    Args:
        rows: may have different columns.
    """
    heads = columns_of(rows)
    cells = [[_cell(row.get(head)) for head in heads] for row in rows[:ROWS]]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    numeric = [all(isinstance(row.get(head), int | float | None) for row in rows) for head in heads]
    lines = [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in [heads, *cells]
    ]
    more = [f"… {len(rows):,} rows in all"] if len(rows) > ROWS else []
    return "\n".join([*lines, *more])


def columns_of(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the columns that rows have, without those whose cells hold several values."""
    names = dict.fromkeys(name for row in rows for name in row)
    return [name for name in names if not any(isinstance(row.get(name), Mapping | list | tuple) for row in rows)]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    shown = shown_value(value)
    return shown[1:-1] if isinstance(value, str) else shown
