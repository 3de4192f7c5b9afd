"""Atomic writes: after a crash there is the old file or the new one, never half of one.

Of a folder the same holds: the old one waits in `NAME.replaced` until the new one is a model.
"""

import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from unspool.errors import ModelFolderWarning, reporting_write_errors

CONFIG, WEIGHTS = "config.json", "model.safetensors"
UNFINISHED = "unfinished"  # is in `training/` until the folder has a config, and says what was requested
LOCK = ".lock"  # in a folder that stands where nothing else may be written
_LONE = re.compile("[\ud800-\udfff]")


def write_atomically(path: Path, content: bytes | str, option: str = "--out") -> None:
    """Replace a file in one step; the old content stays until the new content is safely on disk.

    Args:
        path: is that of the file.
        content: is what to write; text is encoded as UTF-8, with U+FFFD for each half of a surrogate pair, which is how
            Python holds a byte of a file name that is not UTF-8.
        option: is the one of the command line that names the path, for the error.

    Raises:
        OutputError: it cannot be written; nothing has changed then.
    """
    with writing_atomically(path, option) as file:
        file.write(_LONE.sub("\ufffd", content).encode() if isinstance(content, str) else content)


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
def replacing_whole(path: Path, option: str = "--out") -> Iterator[Path]:
    """Give a path at which a file or a folder is to be written; once it is complete, it replaces what was there.

    Args:
        path: is that of the file or folder; folders above it are made.
        option: is the one of the command line that names the path, for the error.

    Raises:
        OutputError: it cannot be written; nothing has changed then, as after any other error.
    """
    with reporting_write_errors(path, f"choose another place with {option}"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as place:
            new = Path(place, path.name)
            yield new
            if path.is_dir():
                path.rename(Path(place, "replaced"))
            new.replace(path)


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


def is_model(folder: Path) -> bool:
    """Return whether a folder is a whole model: its weights are written last."""
    return _exists(folder / CONFIG) and _exists(folder / WEIGHTS)


def is_empty(folder: Path) -> bool:
    """Return whether a folder holds nothing, or is not there."""
    return not _exists(folder) or (folder.is_dir() and all(file.name == LOCK for file in folder.iterdir()))


def followed(path: Path) -> Path:
    """Return the folder that a link leads to, and one with a name for a path without, such as `.`."""
    real = Path(os.path.realpath(path))
    return path if path.name and real == Path(os.path.realpath(path.parent), path.name) else real


def replaced(path: Path, number: int = 1) -> Path:
    """Return the path that a folder is moved to while another replaces it.

    Args:
        path: is that of the folder.
        number: counts the folders that wait, from 1.
    """
    folder = followed(path)
    return folder.parent / (f"{folder.name}.replaced" + (f"-{number}" if number > 1 else ""))


def waiting(path: Path) -> list[Path]:
    """Return the folders that wait while another replaces them, the earliest first.

    There is a second where a run was interrupted before it was sure of its model, and is being replaced in turn.
    """
    found: list[Path] = []
    while _exists(replaced(path, len(found) + 1)):
        found.append(replaced(path, len(found) + 1))
    return found


def set_aside(path: Path) -> None:
    """Move a folder out of the way; `bring_back` restores it, `drop_replaced` removes it.

    A model is moved in any case. A run that has none yet is moved where nothing waits, and else removed; so is what
    holds too little to go on with. Only a path that `check_free` allows may be given.

    Raises:
        OutputError: it cannot be moved.
    """
    folder = followed(path)
    with reporting_write_errors(path):
        drop_removed(folder)
        waits = waiting(folder)
        if is_model(folder) or (_exists(folder / CONFIG) and not waits):
            folder.rename(replaced(folder, len(waits) + 1))
        elif not is_empty(folder):
            _remove(folder, _doomed(folder))


def drop_removed(path: Path) -> None:
    """Remove what is left of a folder that a process was removing when it was killed; what stays is said."""
    folder = followed(path)
    _empty(_doomed(folder))


def bring_back(path: Path) -> None:
    """Undo `set_aside`, and remove what was written in between; what cannot be moved still waits."""
    folder = followed(path)
    waits = waiting(folder)
    if not waits:
        shutil.rmtree(folder, ignore_errors=True)
        return
    _remove(folder, _doomed(folder))
    with suppress(OSError):
        config = waits[-1] / CONFIG
        status = config.stat()
        os.utime(config, ns=(status.st_atime_ns, status.st_mtime_ns))  # changes its ctime: see `folder.whole`
        waits[-1].rename(folder)


def drop_replaced(path: Path) -> None:
    """Remove the folders that wait, once the new one is a model."""
    folder = followed(path)
    for old in reversed(waiting(folder)):
        _remove(old, _doomed(folder))


@contextmanager
def replacing_model(path: Path) -> Iterator[None]:
    """Let the model of a folder wait while another is written in its place; after an error it is there again.

    Args:
        path: is that of the folder, which `check_free` allows, and which is locked.

    Raises:
        OutputError: it cannot be moved.
    """
    set_aside(path)
    try:
        yield
    except BaseException:
        bring_back(path)
        raise
    drop_replaced(path)


def _doomed(folder: Path) -> Path:
    return folder.parent / f".{folder.name}.removed"


def _remove(folder: Path, doomed: Path) -> None:
    """Remove a folder in one step for whoever reads it: it is moved away first, if that is allowed."""
    _empty(doomed)
    try:
        folder.rename(doomed)
    except OSError:
        doomed = folder
    _empty(doomed)


def _empty(doomed: Path) -> None:
    """Remove a folder, if it is there; what cannot be removed is said."""
    shutil.rmtree(doomed, ignore_errors=True)
    if _exists(doomed):
        said = f"{doomed} is left of a model that was replaced, and cannot be removed: remove it yourself."
        warnings.warn(said, ModelFolderWarning, stacklevel=2)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that cannot be
        return False
