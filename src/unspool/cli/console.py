"""What all commands use: errors in two lines, text in and out."""

import json
import os
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from unspool.cli.shown import visible
from unspool.errors import DataError, UnspoolError

INTERRUPTED = 130
BROKEN_PIPE = 141

# The base of all that a command line can get wrong; typer keeps it in its own copy of click.
CommandLineError: Any = typer.BadParameter.__mro__[2]


@contextmanager
def reporting_errors() -> Iterator[None]:
    """Turn a user's mistake into two lines and an exit code; a bug keeps its traceback."""
    try:
        yield
        sys.stdout.flush()
    except UnspoolError as error:
        fail(error.message, error.hint, error.exit_code)
    except CommandLineError as error:
        from unspool.cli.command import explained  # here and not above: it imports the specs

        fail(*explained(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        fail("interrupted.", "what was saved before is complete.", INTERRUPTED)
    except BrokenPipeError:
        _leave_quietly()


def fail(message: str, hint: str, exit_code: int) -> None:
    """Write two lines to standard error, and exit."""
    one_line = [visible(re.sub(r"\s*\n\s*", " ", text.strip())) for text in (message, hint)]
    sys.stderr.write(f"error: {one_line[0]}\nhint: {one_line[1]}\n")
    raise SystemExit(exit_code)


def write(text: str) -> None:
    """Write text to standard output at once; what its encoding lacks is shown as a question mark."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        _leave_quietly()


def _leave_quietly() -> None:
    """Exit without a message, because nothing reads the output any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(BROKEN_PIPE)


def write_json(value: Any, indent: int | None = None) -> None:
    """Write a JSON value and a line end."""
    write(json.dumps(value, ensure_ascii=False, indent=indent) + "\n")


def read_text(text: str, encoding: str = "auto") -> str:
    """Return the text itself, or standard input for `-`, cleaned as training texts are."""
    from unspool.text.reading import read_pieces

    if text == "-":
        return "".join(read_pieces(sys.stdin.buffer, "standard input", encoding))
    return text


def read_file(path: Path, encoding: str = "auto") -> str:
    """Read the clean text of a file, which may be compressed; `-` is standard input.

    Raises:
        DataError: it cannot be read.
    """
    from unspool.text.reading import open_file, read_pieces

    if str(path) == "-":
        return read_text("-", encoding)
    try:
        with open_file(str(path)) as stream:
            return "".join(read_pieces(stream, str(path), encoding))
    except (OSError, EOFError, zlib.error) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise DataError(f"{path} cannot be read: {reason}.", "name a file of text.") from None


def read_lines(path: Path, encoding: str = "auto") -> list[str]:
    """Read the lines of a file, or of standard input for `-`, without their ends; an empty file has none.

    Raises:
        DataError: it cannot be read.
    """
    text = read_file(path, encoding)
    return text.removesuffix("\n").split("\n") if text else []
