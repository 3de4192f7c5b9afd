"""What data that are given in Python imply: the columns of their tables."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from unspool.data.given import SINGLE, Given
from unspool.errors import UsageError
from unspool.folder.migration import present_keywords
from unspool.tasks.registry import ROWS, row_of

FEW = 10  # pairs, from which their second parts say what they are


def implied_settings(given: Given, values: Mapping[str, Any], task: str | None) -> dict[str, Any]:
    """Return the settings of the data that what is given implies; none where columns are named.

    Args:
        given: are the data.
        values: are the settings that are given with them.
        task: is the name of the one that reads them; none lets the data decide.

    Raises:
        UsageError: pairs are given, and the task has none or is not clear.
    """
    if any(name in values for row in ROWS.values() for name in (*chain(*row.implied_by), "text")):
        return {}
    if named := _named_columns(given.columns, task):
        return present_keywords(named, stacklevel=3)
    if given.seconds is not None:
        return present_keywords(pair_settings(given.pair, given.seconds, task), stacklevel=3)
    if SINGLE in given.columns or len(given.columns) == 1:
        return {"text": (SINGLE if SINGLE in given.columns else given.columns[0],)}
    return {"text": given.text} if given.text else {}


def _named_columns(columns: Sequence[str], task: str | None) -> dict[str, str]:
    """Return the settings of the one task whose pair has the names of two of the columns; none where several have."""
    pairs = [row.pair for row in ROWS.values() if row.pair and row.name == (task or row.name)]
    fitting = [pair for pair in pairs if set(pair) <= set(columns)]
    return dict(zip(fitting[0], fitting[0], strict=True)) if len(fitting) == 1 else {}


def pair_settings(columns: tuple[str, str], seconds: Sequence[Any], requested: str | None) -> dict[str, str]:
    """Return the settings of the data by which a task reads pairs that are given in Python.

    Args:
        columns: are the names of their two columns.
        seconds: are the second parts of the pairs.
        requested: is the name of a task; none takes second parts that recur for labels, and others for texts.

    Raises:
        UsageError: there is no such task, or it has no pairs; or none is requested, and what they are is not clear.
    """
    able = [name for name, row in ROWS.items() if row.pair is not None]
    different, texts = len(set(map(str, seconds))), all(isinstance(one, str) for one in seconds)
    distinct = 2 * different > len(seconds)
    if requested is None and distinct and not (texts and len(seconds) >= FEW):
        raise UsageError(
            f"the task of pairs must be named where their second parts hardly recur, and are few or no texts. "
            f"Received: {different:,} different ones of {len(seconds):,}.",
            f"say what they are with task=: {', '.join(able)}.",
        )
    fitting = next(name for name in reversed(able) if ROWS[name].distinct == distinct)
    row = row_of(requested or fitting)
    if row.pair is None:
        raise UsageError(f"pairs are for {' or '.join(able)}. Received: task={requested!r}.", "give texts instead.")
    return dict(zip(row.pair, columns, strict=True))
