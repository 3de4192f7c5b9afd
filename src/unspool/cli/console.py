"""What all commands use: errors in two lines, warnings in one, text in and out."""

import io
import json
import os
import re
import select
import stat
import sys
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Any, BinaryIO, cast

import typer

from unspool.cli.shown import visible
from unspool.errors import (
    DataError,
    DataWarning,
    ModelFolderWarning,
    OutputError,
    UnspoolError,
    UsageError,
    shell_command,
)

INTERRUPTED = 130
BROKEN_PIPE = 141
STANDARD_INPUT = "standard input"

# The base of all that a command line can get wrong; typer keeps it in its own copy of click.
CommandLineError: Any = typer.BadParameter.__mro__[2]


@contextmanager
def reporting_errors() -> Iterator[None]:
    """Turn a user's mistake into two lines and an exit code, a warning into one line; a bug keeps its traceback."""
    try:
        with _printing_warnings():
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
    sys.stderr.write(f"error: {_one_line(message)}\nhint: {_one_line(hint)}\n")
    raise SystemExit(exit_code)


def warn(message: str) -> None:
    """Write a line to standard error that a person should see, and go on."""
    sys.stderr.write(f"warning: {_one_line(message)}\n")
    sys.stderr.flush()


@contextmanager
def _printing_warnings() -> Iterator[None]:
    """Print as a line what was replaced or left out, or which model is used; other warnings look as they always do."""
    with warnings.catch_warnings():
        usual = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **stream: Any) -> None:
            if issubclass(category, (DataWarning, ModelFolderWarning)):
                warn(str(message))
            else:
                usual(message, category, *where, **stream)

        warnings.simplefilter("always", DataWarning)
        warnings.showwarning = show
        yield


def _one_line(text: str) -> str:
    return visible(re.sub(r"\s*\n\s*", " ", text.strip()))  # spaces within a line stay: a command may have them


def write(text: str) -> None:
    """Write text to standard output at once.

    Raises:
        OutputError: the encoding of standard output lacks a character; what was written before stays.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except UnicodeEncodeError as problem:
        character = problem.object[problem.start]
        raise OutputError(
            f"standard output cannot show {character!a} (U+{ord(character):04X}): its encoding is {problem.encoding}.",
            "set PYTHONIOENCODING=utf-8, or use --json where the command has it.",
        ) from None
    except BrokenPipeError:
        _leave_quietly()


class ByteOutput(io.RawIOBase):
    """Standard output for bytes, which it writes at once."""

    def write(self, data: Any) -> int:
        """Write bytes."""
        written = sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return written


def _leave_quietly() -> None:
    """Exit without a message, because nothing reads the output any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(BROKEN_PIPE)


def write_json(value: Any, indent: int | None = None) -> None:
    """Write a JSON value and a line end; a number that is not finite is null, what the encoding lacks is escaped."""
    try:
        text = json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)
    except ValueError:  # JSON knows neither NaN nor infinity
        text = json.dumps(_with_nulls(value), ensure_ascii=False, indent=indent, allow_nan=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(json.loads(text), indent=indent)
    write(text + "\n")


def _with_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_nulls(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_with_nulls(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def refuse_unnamed_input() -> None:
    """Refuse data that are piped in while no data are named: they would be ignored.

    Raises:
        UsageError: a file or a pipe with something in it is standard input.
    """
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
        piped = stat.S_ISREG(mode) or (stat.S_ISFIFO(mode) and bool(select.select([sys.stdin], [], [], 0)[0]))
        something = piped and bool(cast(io.BufferedReader, sys.stdin.buffer).peek(1))
    except (OSError, ValueError, AttributeError):  # no standard input
        return
    if something:
        raise UsageError(
            "data that are piped in must be named. Received: standard input, and no DATA.",
            f"write {shell_command('train', '-')} < FILE to learn it, or < /dev/null to learn Python's own reference.",
        )


def read_text(text: str, encoding: str = "auto") -> str:
    """Return the text itself, or standard input for `-`, cleaned as training texts are."""
    from unspool.text.incoming import clean_text
    from unspool.text.reading import read_pieces

    if text == "-":
        return "".join(read_pieces(sys.stdin.buffer, STANDARD_INPUT, encoding))
    return clean_text(text)


def read_file(path: Path, encoding: str = "auto") -> str:
    """Read the clean text of a file, which may be compressed; `-` is standard input.

    Raises:
        DataError: it cannot be read.
    """
    from unspool.text.reading import read_pieces

    with _opened(path) as (stream, name):
        return "".join(read_pieces(stream, name, encoding))


def read_lines(path: Path, encoding: str = "auto") -> list[str]:
    """Read the lines of a file, or of standard input for `-`, as clean texts without ends; an empty file has none.

    A line ends at LF or CRLF alone, so that there are as many answers as lines; a stray CR ends a line inside its text.

    Raises:
        DataError: it cannot be read.
    """
    from unspool.text.incoming import clean_texts
    from unspool.text.reading import read_lines as lines_of
    from unspool.text.reading import without_end

    with _opened(path) as (stream, name):
        return clean_texts(map(without_end, lines_of(stream, name, encoding)))


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, str]]:
    """Open a file for reading bytes, or standard input for `-`; yield it with the name that errors call it."""
    from unspool.text.reading import open_file

    if str(path) == "-":
        yield sys.stdin.buffer, STANDARD_INPUT
        return
    try:
        with open_file(str(path)) as stream:
            yield stream, str(path)
    except (OSError, EOFError, zlib.error) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise DataError(f"{path} cannot be read: {reason}.", "name a file of text.") from None
