"""The error for a name that no file has: what it may be instead."""

import os
from difflib import get_close_matches
from pathlib import Path

from unspool.errors import DataError

SHOWN = 200  # characters of a name
NAMED = 1000  # files of a folder whose names are compared


def absent(name: str) -> DataError:
    """Make the error for a name that no file or folder has.

    Args:
        name: is what was given; it may be a text that was taken for a name.
    """
    shown = repr(name if len(name) < SHOWN else name[:SHOWN] + "...")
    hint = "name a file, a folder, or - for standard input; in Python, a text itself may be given in a list."
    if similar := _similar(name):
        hint = f"did you mean {similar}?"
    elif len(name.split()) > 2 and os.sep not in name:
        hint = "in Python, a text of one line is given in a list: [text]; in the shell, it comes through a pipe: -."
    return DataError(f"{shown} does not exist.", hint)


def _similar(name: str) -> str:
    """Return the name in the same folder that is closest; empty where none is close."""
    path = Path(name)
    try:
        beside = [one.name for one, _ in zip(path.parent.iterdir(), range(NAMED), strict=False)]
    except (OSError, ValueError):  # a name that cannot be, such as a whole text
        return ""
    close = get_close_matches(path.name, beside, 1, 0.75)
    return str(path.with_name(close[0])) if close else ""
