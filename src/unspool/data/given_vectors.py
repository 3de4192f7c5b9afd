"""Rows of numbers that a person gives in Python or types, as arrays.

Shapes: N rows, F columns.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from unspool.arrays import FloatArray
from unspool.data.given import is_missing, listed
from unspool.data.numbers import THOUSANDS
from unspool.data.vectors import feature_in
from unspool.data.vectors import is_missing as is_missing_cell
from unspool.errors import UsageError, nearest

NAMED = re.compile(r"([^=]+)=([^=]*?)(?:[,;\s]+(?=[^=]+=)|$)")  # NAME=NUMBER, and what is before the next


def given_rows(rows: Any, names: Sequence[str]) -> tuple[FloatArray, bool]:
    """Return rows as an array, [N, F] float64 with NaN for what is missing, and whether a single row was given.

    Args:
        rows: are a row or several, as dicts, sequences or texts; an array; columns by name; or a data frame.
        names: are those of the F columns.

    Raises:
        UsageError: a row lacks a column, or has something that is no number.
    """
    if _is_row(rows):
        return _row(rows, names, "the row")[None], True
    items = rows if isinstance(rows, np.ndarray) else listed(rows)
    found = [_row(row, names, f"row {number:,}") for number, row in enumerate(items, 1)]
    return np.array(found, np.float64).reshape(-1, len(names)), False  # (N, F)


def _is_row(rows: Any) -> bool:
    """Return whether what is given is a single row rather than several."""
    if isinstance(rows, str):
        return True
    if isinstance(rows, Mapping):
        return not any(hasattr(value, "__len__") and not isinstance(value, str) for value in rows.values())
    if isinstance(rows, np.ndarray):
        return rows.ndim == 1
    return isinstance(rows, Sequence) and len(rows) > 0 and not hasattr(rows[0], "__len__")


def _row(row: Any, names: Sequence[str], which: str) -> FloatArray:
    """Return one row as numbers, [F]."""
    if isinstance(row, str):
        row = _typed(row)
    if isinstance(row, Mapping):
        lacking = next((name for name in names if name not in row), None)
        if lacking is not None:
            raise UsageError(
                f"{which} must have a number for {', '.join(names)}. Received: none for {lacking!r}.",
                f"{nearest(lacking, list(map(str, row)))} A number that is missing is None.",
            )
        row = [row[name] for name in names]
    if not hasattr(row, "__len__") or len(row) != len(names):
        received = f"{len(row)}" if hasattr(row, "__len__") else repr(row)[:60]
        raise UsageError(
            f"{which} must have {len(names)} numbers: {', '.join(names)}. Received: {received}.",
            "give them in this order, or by name.",
        )
    return np.array([_number(value, name, which) for value, name in zip(row, names, strict=True)], np.float64)


def _number(value: Any, name: str, which: str) -> float:
    """Return a number; NaN if it is missing."""
    if is_missing(value) or (isinstance(value, str) and is_missing_cell(value)):
        return np.nan
    number = feature_in(str(value))
    if np.isnan(number) or THOUSANDS.fullmatch(str(value).strip()):
        raise UsageError(
            f"{which}: {name} must be a number. Received: {value!r:.60}.",
            "write it as 1234.5, without units and thousands; None stands for one that is missing.",
        )
    return number


def _typed(text: str) -> Any:
    """Return the row that a text holds: an object or a list of JSON, NAME=NUMBER pairs, or numbers alone."""
    if text.lstrip().startswith(("{", "[")):
        try:
            return json.loads(text)
        except ValueError as problem:
            raise UsageError(
                f"a row that begins with a bracket must be JSON. Received: {text!r:.60}.", f"{problem}."
            ) from None
    if "=" in text:
        return {name.strip(): number.strip() for name, number in NAMED.findall(text.strip())}
    return text.replace(",", " ").replace(";", " ").split()
