"""Writes that a crash cannot halve: the old file, or the new one."""

import os
import shutil
import tempfile
from pathlib import Path

from unspool.errors import reporting_write_errors


def write_atomically(path: Path, content: bytes | str, option: str = "--out") -> None:
    """Replace a file in one step; what was there stays until the new content is safely on disk.

    Args:
        path: of the file.
        content: text is written as UTF-8.
        option: of the command line that names the place.

    Raises:
        OutputError: it cannot be written; nothing has changed then.
    """
    data = content.encode() if isinstance(content, str) else content
    with reporting_write_errors(path, f"choose another place with {option}"):
        try:
            _replace(path, data)
        except OSError as problem:
            problem.filename = str(path)  # nobody knows the other name
            raise


def _replace(path: Path, data: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def replaced(path: Path) -> Path:
    """Where a folder waits while another takes its place."""
    return path.with_name(f"{path.name}.replaced")


def set_aside(path: Path) -> None:
    """Move a folder out of the way, to be brought back by `bring_back` or dropped by `drop_replaced`.

    Raises:
        OutputError: it cannot be moved.
    """
    with reporting_write_errors(path):
        if path.exists() and not replaced(path).exists():
            path.rename(replaced(path))
        elif path.exists():
            shutil.rmtree(path)  # an unfinished successor of what already waits


def bring_back(path: Path) -> None:
    """Undo `set_aside`: what came in between is dropped."""
    shutil.rmtree(path, ignore_errors=True)
    if replaced(path).exists():
        replaced(path).rename(path)


def drop_replaced(path: Path) -> None:
    """The new folder is sound: drop the old one."""
    shutil.rmtree(replaced(path), ignore_errors=True)
