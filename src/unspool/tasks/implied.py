"""What data that are given in Python imply: the columns of their tables."""

from collections.abc import Mapping
from itertools import chain
from typing import Any

from unspool.data.given import PAIR, Given
from unspool.folder.migration import present_keywords
from unspool.tasks.registry import ROWS, pair_settings


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
    if given.seconds is not None:
        return present_keywords(pair_settings(PAIR, given.seconds, task), stacklevel=3)
    return {"text": given.text} if given.text else {}
