"""The paths that people give in Python."""

import os
from pathlib import Path

from unspool.errors import UsageError

PathLike = str | Path


def path_of(given: PathLike, name: str = "the path") -> Path:
    """Return what a person gave as a path.

    Args:
        given: is a str, or anything that stands for one, such as a `Path`.
        name: is what the error calls it.

    Raises:
        UsageError: it is neither.
    """
    found = os.fspath(given) if isinstance(given, str | os.PathLike) else None
    if not isinstance(found, str):
        raise UsageError(
            f"{name} must be a str or a pathlib.Path. Received: {given!r:.60}.", "give the name of a file or a folder."
        )
    return Path(found)
