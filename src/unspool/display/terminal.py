"""Lines for a terminal: a text on one line, whatever it holds, and standard error, whatever became of it."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

# what steers a terminal or cannot be written: control characters, line and paragraph separators, marks that turn the
# direction of writing, halves of surrogate pairs
HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible_lines(text: str) -> str:
    """Return a text with its control characters written as escapes, but for line ends and tabs.

    Args:
        text: may hold anything.
    """
    return HIDDEN.sub(lambda found: found[0] if found[0] in "\n\t" else visible(found[0]), text)


def visible(text: str) -> str:
    """Return a text with its control characters written as escapes, such as `\\x1b` and `\\n`, so that it is one line.

    Args:
        text: may hold anything.
    """
    return HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class _Output:
    """Where standard output stands."""

    within_line = False


_output = _Output()


def written(text: str) -> None:
    """Note what was written to standard output last, so that `tell` begins a line of its own where both are shown.

    Args:
        text: was written.
    """
    if text:
        _output.within_line = not text.endswith("\n")


def tell(line: str) -> None:
    """Write a line to standard error at once, but not into a line of text on a terminal; see `surviving_loss`."""
    with surviving_loss():
        between = "\n" if _output.within_line and sys.stdout.isatty() and sys.stderr.isatty() else ""
        _output.within_line = _output.within_line and not between
        print(f"{between}{line}", file=sys.stderr, flush=True)


@contextmanager
def surviving_loss() -> Iterator[None]:
    """Go on where standard error is closed, full, or read by nobody; what is written there from then on is dropped."""
    try:
        yield
    except (OSError, ValueError):
        discard(sys.stderr)


def discard(stream: Any) -> None:
    """Drop what a stream still holds and all that comes, as Python would try to write it again at its end."""
    with suppress(OSError, ValueError):  # a stream without a descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
