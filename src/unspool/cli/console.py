"""What all commands use: errors in two lines, warnings in one, text in and out."""

import io
import json
import os
import re
import select
import stat
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Any, cast

import typer

from unspool.display.terminal import discard, tell, visible, written
from unspool.errors import (
    DataWarning,
    ModelFolderWarning,
    OutputError,
    UnknownTokensWarning,
    UnspoolError,
    UsageError,
    WrongModelError,
    shell_command,
)

INTERRUPTED = 130
BROKEN_PIPE = 141
PATIENCE = 0.3  # seconds that a pipe may take to bring something

# The base of all that a command line can get wrong; typer keeps it in its own copy of click.
CommandLineError: Any = typer.BadParameter.__mro__[2]


@contextmanager
def reporting_errors() -> Iterator[None]:
    """Turn a user's mistake into two lines and an exit code, a warning into one line; a bug keeps its traceback."""
    if sys.stderr is None:  # it was closed; a file that is opened next would get its descriptor
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    try:
        with _printing_warnings():
            yield
        if sys.stdout is not None:
            with _writing_out():
                sys.stdout.flush()
    except UnspoolError as error:
        told = error.in_shell if isinstance(error, WrongModelError) else None
        message, hint = told or (error.message, error.hint)
        fail(message, hint, error.exit_code)
    except CommandLineError as error:
        from unspool.cli.command import explained  # here and not above: it imports the specs

        fail(*explained(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        fail("interrupted.", "what was saved before is complete.", INTERRUPTED)
    except BrokenPipeError:
        _leave_quietly()


def fail(message: str, hint: str, exit_code: int) -> None:
    """Write two lines to standard error, and exit."""
    tell(f"error: {_one_line(message)}\nhint: {_one_line(hint)}")
    raise SystemExit(exit_code)


def warn(message: str) -> None:
    """Write a line to standard error that a person should see, and go on."""
    tell(f"warning: {_one_line(message)}")


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


@contextmanager
def counting_unknown() -> Iterator[None]:
    """Name what the vocabulary of a model lacks of the first texts, and say at the end how much that is of all."""
    unknown: dict[str, None] = {}
    with warnings.catch_warnings():
        usual, named = warnings.showwarning, 0

        def show(message: Warning | str, category: type[Warning], *where: Any, **stream: Any) -> None:
            nonlocal named
            if isinstance(message, UnknownTokensWarning):
                unknown.update(dict.fromkeys(message.unknown))
                if named:
                    return
                named = len(unknown)
            usual(message, category, *where, **stream)

        warnings.showwarning = show
        yield
        if len(unknown) > named:
            warn(f"in all texts, {len(unknown):,} different ones are not in the vocabulary of the model.")


def _one_line(text: str) -> str:
    return visible(re.sub(r"\s*\n\s*", " ", text.strip()))  # spaces within a line stay: a command may have them


def write(text: str) -> None:
    """Write text to standard output at once.

    Raises:
        OutputError: it cannot be written, or its encoding lacks a character; what was written before stays.
    """
    try:
        with _writing_out():
            sys.stdout.write(text)
            sys.stdout.flush()
        written(text)
    except UnicodeEncodeError as problem:
        character = problem.object[problem.start]
        raise OutputError(
            f"standard output cannot show {character!a} (U+{ord(character):04X}): its encoding is {problem.encoding}.",
            "set PYTHONIOENCODING=utf-8, or use --json where the command has it.",
        ) from None


def show_help(option: Any) -> Any:
    """Let an option show the help of its command, and end in two lines where that cannot be written.

    Args:
        option: is the one that typer makes.
    """

    def show(context: Any, param: Any, requested: bool) -> None:
        if requested and not context.resilient_parsing:
            write(context.get_help() + "\n")
            context.exit()

    option.callback = show
    return option


class ByteOutput(io.RawIOBase):
    """Standard output for bytes, which it writes at once."""

    def write(self, data: Any) -> int:
        """Write bytes.

        Raises:
            OutputError: they cannot be written; what was written before stays.
        """
        with _writing_out():
            written = sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        return written


@contextmanager
def _writing_out() -> Iterator[None]:
    """Turn the system's refusal to write to standard output into an `OutputError`; leave where nobody reads it."""
    elsewhere = "free some space, or write elsewhere."
    if sys.stdout is None:
        raise OutputError("standard output cannot be written: it is closed.", elsewhere)
    try:
        yield
    except BrokenPipeError:
        _leave_quietly()
    except OSError as problem:
        discard(sys.stdout)
        raise OutputError(f"standard output cannot be written: {problem.strerror or problem}.", elsewhere) from None


def _leave_quietly() -> None:
    """Exit without a message, because nothing reads the output any more."""
    discard(sys.stdout)
    raise SystemExit(BROKEN_PIPE)


def write_json(value: Any, indent: int | None = None) -> None:
    """Write a JSON value and a line end; see `json_line`."""
    write(json_line(value, getattr(sys.stdout, "encoding", None) or "utf-8", indent))


def json_line(value: Any, encoding: str = "utf-8", indent: int | None = None) -> str:
    """Return a JSON value and a line end; a number that is not finite is null, what the encoding lacks is escaped."""
    try:
        text = json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)
    except ValueError:  # JSON knows neither NaN nor infinity
        text = json.dumps(_with_nulls(value), ensure_ascii=False, indent=indent, allow_nan=False)
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = json.dumps(json.loads(text), indent=indent)
    return text + "\n"


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
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            return
        ready = stat.S_ISREG(mode) or bool(select.select([sys.stdin], [], [], PATIENCE)[0])
        something = ready and bool(cast(io.BufferedReader, sys.stdin.buffer).peek(1))
    except (OSError, ValueError, AttributeError):  # no standard input
        return
    if something:
        raise UsageError(
            "data that are piped in must be named. Received: standard input, and no DATA.",
            f"write {shell_command('train', '-')} < FILE to learn it, or < /dev/null to learn Python's own reference.",
        )
    if not ready:
        warn(f"standard input is an open pipe, which is not read unless it is named: {shell_command('train', '-')}.")


def read_text(text: str, encoding: str = "auto") -> str:
    """Return the text itself, or standard input for `-`, cleaned as training texts are."""
    from unspool.text.incoming import clean_text

    return read_file(Path("-"), encoding) if text == "-" else clean_text(text)


def read_file(path: Path, encoding: str = "auto") -> str:
    """Read the clean text of a file as training does; `-` is standard input.

    Raises:
        DataError: it cannot be read, or is no text.
    """
    with _sources(path, encoding) as sources:
        return "".join(sources.pieces())


def read_lines(path: Path, encoding: str = "auto") -> list[str]:
    """Read the lines of a file, or of standard input for `-`, as clean texts without ends; an empty file has none.

    A line ends at LF or CRLF alone, so that there are as many answers as lines; a stray CR ends a line inside its text.

    Raises:
        DataError: it cannot be read, or is no text.
    """
    from unspool.text.incoming import clean_texts
    from unspool.text.reading import without_end

    with _sources(path, encoding) as sources:
        lines = (line for file in sources.files for line in sources.lines_of(file))
        return clean_texts(map(without_end, lines))


@contextmanager
def _sources(path: Path, encoding: str) -> Iterator[Any]:
    """Open a file as a source of text, and warn of what reading it found."""
    from unspool.data.sources import Sources
    from unspool.specs.base import build
    from unspool.specs.data import DataSpec
    from unspool.tasks.evaluation import say_findings

    sources = Sources((str(path),), build(DataSpec, {"encoding": encoding}, "reading"))
    yield sources
    say_findings(sources.findings)
