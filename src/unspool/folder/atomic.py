"""Atomic writes: after a crash there is the old file or the new one, never half of one."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from unspool.errors import reporting_write_errors


def write_atomically(path: Path, content: bytes | str, option: str = "--out") -> None:
    """Replace a file in one step; the old content stays until the new content is safely on disk.

    Args:
        path: is that of the file.
        content: is what to write; text is encoded as UTF-8.
        option: is the one of the command line that names the path, for the error.

    Raises:
        OutputError: it cannot be written; nothing has changed then.
    """
    with writing_atomically(path, option) as file:
        file.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def writing_atomically(path: Path, option: str = "--out") -> Iterator[BinaryIO]:
    """Open a file for writing bytes that replaces another in one step, once it is complete.

    Args:
        path: is that of the file.
        option: is the one of the command line that names the path, for the error.

    Raises:
        OutputError: it cannot be written; nothing has changed then, as after any other error.
    """
    with reporting_write_errors(path, f"choose another place with {option}"):
        try:
            with _replacing(path) as file:
                yield file
        except OSError as problem:
            problem.filename = str(path)  # not that of the temporary file
            raise


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def replaced(path: Path) -> Path:
    """Return the path that a folder is moved to while another replaces it."""
    return path.with_name(f"{path.name}.replaced")


def set_aside(path: Path) -> None:
    """Move a folder out of the way; `bring_back` restores it, `drop_replaced` removes it.

    Raises:
        OutputError: it cannot be moved.
    """
    with reporting_write_errors(path):
        if path.exists() and not replaced(path).exists():
            path.rename(replaced(path))
        elif path.exists():
            shutil.rmtree(path)  # an unfinished successor of what already waits


def bring_back(path: Path) -> None:
    """Undo `set_aside`, and remove what was written in between."""
    shutil.rmtree(path, ignore_errors=True)
    if replaced(path).exists():
        replaced(path).rename(path)


def drop_replaced(path: Path) -> None:
    """Remove the old folder, once the new one is complete."""
    shutil.rmtree(replaced(path), ignore_errors=True)
