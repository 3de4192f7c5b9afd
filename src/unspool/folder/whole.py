"""Read a model whole, though another process may train into its folder at the same time.

While a model is trained in the place of another, the old one waits beside it (`set_aside`), and is what readers get
until the new one has weights, which are written last. So at any moment one folder is the model. But reading takes
longer than a moment: what a reader finds may be of two runs, or missing because it was removed. So it looks which model
there is before and after, and reads again if that is another one. No reader keeps a writer waiting.

What identifies a model is its `config.json`, which a run writes once: its device, inode and time of writing. The inode
alone would not do, as a file system may give it to the next file that is made; the time alone is that of copies, too.
Both stay when the folder is renamed. When a folder was moved away and is brought back, the ctime of the file changes
(`bring_back`), so a reader notices that as well.
"""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from unspool.errors import ModelFolderError, ModelFolderWarning
from unspool.folder.atomic import CONFIG, is_model, waiting
from unspool.folder.lock import is_locked
from unspool.folder.model_folder import Identity, ModelFolder

T = TypeVar("T")

MAX_READINGS = 20


class Place(NamedTuple):
    """Where a model is.

    Attributes:
        folder: holds its files.
        identity: tells it from any other model that is or was there.
        moved: changes when the folder is moved away and brought back.
    """

    folder: Path
    identity: Identity
    moved: int


def read_whole(path: Path, read: Callable[[ModelFolder], T], identity: Identity | None = None) -> T:
    """Read the model of a folder; again, if it was replaced meanwhile.

    Args:
        path: is that of the folder, also while the model waits beside it.
        read: reads the files.
        identity: is that of a model which was opened before; none takes the model that is there now.

    Raises:
        ModelFolderError: there is no model, or no more the one that was opened before.
    """
    for _ in range(MAX_READINGS):
        place = _locate(path, identity)
        if place is None and identity is not None:
            gone = "replaced" if is_model(path) else "removed"
            raise ModelFolderError(f"{path} was {gone} since it was opened.", "load it again.")
        folder = ModelFolder(place.folder, path, place.identity) if place else ModelFolder(path)
        try:
            found = read(folder)
        except Exception:
            if _locate(path, identity) == place:
                if place is None and is_locked(path):
                    message = f"{path} is being trained, and has no model yet."
                    raise ModelFolderError(message, "try again later.") from None
                raise
            continue
        if _locate(path, identity) == place:
            if identity is None and folder.path != path:
                reason = "the run in its place has kept no model yet"
                message = f"{path}: {reason}, so the earlier one is opened: {folder.path}."
                warnings.warn(message, ModelFolderWarning, stacklevel=3)
            return found
    raise ModelFolderError(f"{path} was replaced {MAX_READINGS} times while it was read.", "try again later.")


def _locate(path: Path, identity: Identity | None) -> Place | None:
    """Return where the model is: in its own folder, else in the one that waited last.

    Two looks are taken, as a folder may be moved from the second place to the first during one.
    """
    for _ in range(2):
        for folder in (path, *reversed(waiting(path))):
            try:
                status = (folder / CONFIG).stat()
            except (OSError, ValueError):
                continue
            found = (status.st_dev, status.st_ino, status.st_mtime_ns)
            if is_model(folder) and identity in (None, found):
                return Place(folder, found, status.st_ctime_ns)
    return None
