"""Numbers in the cells of tables: which columns hold them, and what is no number among them."""

import re
from collections.abc import Iterable, Sequence

import numpy as np

from unspool.errors import DataError
from unspool.specs.condition import ConditionKind

MAX_NUMBERS_AS_LABELS = 20  # different numbers in a column, up to which they are read as labels
MAX_GAPS = 0.1  # of the cells of a column of numbers hold none
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")  # or thousandths: nothing around the number tells
DOTTED = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
WITH_UNITS = re.compile(r"[^\w\s]?\s?[+-]?\d[\d.,'\s]*\s?([^\w\s]|[A-Za-z]{1,3})?")
MAX_FLOAT = float(np.finfo(np.float32).max)


def number_in(cell: str) -> float | None:
    """Return the number in a cell, also with a decimal comma; none if there is none, or if it overflows float32."""
    try:
        value = float(cell.replace(",", ".") if DECIMAL_COMMA.fullmatch(cell) else cell)
    except ValueError:
        return None
    return value if abs(value) <= MAX_FLOAT else None


def looks_like_a_number(cell: str) -> bool:
    """Return whether a cell has a number in a form that people use: with a unit, a currency, thousands."""
    return WITH_UNITS.fullmatch(cell) is not None


def three_decimals(cells: Sequence[str]) -> str | None:
    """Return a number that may be thousands where it is read with three decimals, as all of a column are."""
    dotted = [cell for cell in cells if "." in cell]
    return dotted[0] if dotted and all(DOTTED.fullmatch(cell) for cell in dotted) else None


def holds_numbers(name: str, cells: Sequence[str], kind: ConditionKind) -> bool:
    """Return whether a column holds numbers, but for a few gaps.

    Args:
        name: is that of the column.
        cells: are its cells.
        kind: says what it must hold; `auto` takes numbers for labels where no more than 20 of them differ.

    Raises:
        DataError: it must hold numbers, and too many cells do not; or its commas are not clear.
    """
    if kind == "labels":
        return False
    numbers = {cell: number_in(cell) for cell in set(cells)}
    gaps = [cell for cell in cells if numbers[cell] is None]
    some = len(gaps) <= MAX_GAPS * len(cells)
    if kind == "numbers" and not some:
        raise DataError(
            f"column {name!r} must hold numbers in nine cells of ten. Received: {len(gaps):,} of {len(cells):,} cells "
            f"that hold none, such as {gaps[0]!r:.40}.",
            "write numbers as 1234.5, without units and thousands; or leave out --condition-kind.",
        )
    if not some or (kind == "auto" and len(numbers) - len(set(gaps)) <= MAX_NUMBERS_AS_LABELS):
        return False
    check_commas(name, cells)
    return True


def check_commas(
    name: str, cells: Iterable[str], otherwise: str = ", or read labels with --condition-kind labels"
) -> None:
    """Refuse the numbers of a column if their commas may mean thousands, or if they have commas and points.

    Args:
        name: is that of the column.
        cells: are its cells.
        otherwise: says what else a person can do.

    Raises:
        DataError: they do.
    """
    cells = [cell for cell in set(cells) if number_in(cell) is not None]
    commas = sorted(cell for cell in cells if "," in cell)
    if commas and (all(THOUSANDS.fullmatch(cell) for cell in commas) or any("." in cell for cell in cells)):
        raise DataError(
            f"column {name!r}: the commas of numbers must be decimal ones in all cells. Received: {commas[0]!r:.40}.",
            f"write 1234 for a thousand and 1.234 for one and a bit{otherwise}.",
        )
