"""What somebody may have meant who named a file that does not exist."""

import os
from contextlib import suppress
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from unspool.errors import shell_word

MAX_SEEN = 1000  # entries of the folder that are looked at
NAMED, ENOUGH = 3, 0.7  # names that are close, and how close


def named_alike(path: Path) -> str:
    """Ask whether files or folders were meant whose names are close to one that does not exist; empty without any.

    Args:
        path: does not exist.
    """
    with suppress(OSError, ValueError), os.scandir(path.parent) as entries:
        beside = [entry.name for entry in islice(entries, MAX_SEEN)]
        close = get_close_matches(path.name, beside, NAMED, ENOUGH)
        return f"did you mean {' or '.join(shell_word(path.parent / one) for one in close)}?" if close else ""
    return ""
