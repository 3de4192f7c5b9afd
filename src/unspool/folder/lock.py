"""A lock on a model folder, so that one process at a time writes it.

The lock is a hidden file beside the folder, `.NAME.lock`, because the folder itself is renamed while its successor is
trained. The operating system holds it for the process, and lets go when that ends, however it ends. Readers need no
lock: see `folder.whole`.
"""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from errno import ENOLCK, ENOSYS, EOPNOTSUPP
from pathlib import Path
from typing import TYPE_CHECKING

from unspool.errors import ModelFolderWarning, OutputError, reporting_write_errors
from unspool.folder.atomic import LOCK, followed

if TYPE_CHECKING:
    from filelock import FileLock

PATIENCE = 0.3  # seconds: as a reader that asks who holds the lock holds it for an instant (`is_locked`)
NO_LOCKS = (ENOLCK, ENOSYS, EOPNOTSUPP)  # from file systems that have none


@contextmanager
def locked(path: Path, on_wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold the lock of a folder; one that another process holds, or another thread, is refused at once.

    The file is removed before the lock is released: whoever opened it in the meantime then locks a file that has no
    name any more, which `filelock` notices, and opens the next.

    Args:
        path: is that of the folder, which need not exist.
        on_wait: receives who holds the lock, before it is waited for; none refuses at once.

    Raises:
        OutputError: the folder is being written, or the lock cannot be made.
    """
    from filelock import FileLock, Timeout

    place = _place(path)
    missing = [folder for folder in place.parents if not folder.exists()]
    lock = FileLock(place, fallback_to_soft=False)  # a soft lock would outlive a process that is killed
    with reporting_write_errors(path):
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            _acquire(lock, on_wait, place)
        except Timeout:
            raise OutputError(
                f"{path} can be written by one process at a time. It is being trained or written by {_holder(place)}.",
                "wait until that has ended, or choose another place with --out.",
            ) from None
        except OSError as problem:
            problem.filename = str(path)  # not that of the lock
            if problem.errno not in NO_LOCKS:
                raise
            message = f"{path} is not locked, as its file system has no locks: train only one run into it at a time."
            warnings.warn(message, ModelFolderWarning, stacklevel=3)
    try:
        with suppress(OSError):
            place.write_text(str(os.getpid()))
        yield
    finally:
        with suppress(OSError):
            place.unlink()
        lock.release()
        for folder in missing:
            with suppress(OSError):
                folder.rmdir()  # nothing was written into it


def _acquire(lock: "FileLock", on_wait: Callable[[str], None] | None, place: Path) -> None:
    from filelock import Timeout

    try:
        lock.acquire(timeout=PATIENCE, poll_interval=0.02)
    except Timeout:
        if on_wait is None:
            raise
        on_wait(_holder(place))
        lock.acquire(timeout=-1, poll_interval=0.2)


def is_locked(path: Path) -> bool:
    """Return whether a model folder is being written."""
    if not _place(path).exists():
        return False
    try:
        with locked(path):
            return False
    except OutputError:
        return True


def _place(path: Path) -> Path:
    """Return the path of the lock: beside the folder, or inside where nothing may be written beside, as in a mount."""
    folder = followed(path)
    if folder.is_dir() and not os.access(folder.parent, os.W_OK):
        return folder / LOCK
    return folder.parent / f".{folder.name}.lock"


def _holder(place: Path) -> str:
    try:
        number = int(place.read_text())
    except (OSError, ValueError):
        return "another process"  # which has not written its number yet
    return "another thread of this process" if number == os.getpid() else f"process {number}"
