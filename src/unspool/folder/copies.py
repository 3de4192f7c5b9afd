"""Copies of model folders: as they are, with what was read since, and as they were before that."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from unspool.errors import ModelFolderError, OutputError, reporting_write_errors
from unspool.folder.atomic import WEIGHTS, bring_back, drop_replaced, set_aside, waiting, write_atomically
from unspool.folder.lock import locked
from unspool.folder.model_folder import ModelFolder, check_free

CARD = "README.md"
BEFORE = "before"  # holds the files that reading more has changed, as they were
HELD_OUT = "validation.*"  # the files of the part of its text that a model is measured on

Complete = Callable[[ModelFolder, ModelFolder], bytes]  # of a folder and its copy, without weights: the weights


class Opened(Protocol):
    """A model that was opened."""

    @property
    def path(self) -> Path:
        """The path of its folder."""

    def read_folder(self, read: Callable[[ModelFolder], bytes]) -> bytes:
        """Read more of its folder."""


def same_weights(folder: ModelFolder, copy: ModelFolder) -> bytes:
    """Take the weights over as they are."""
    return (folder.path / WEIGHTS).read_bytes()


def check_copy(model: Opened, target: Path, overwrite: bool) -> None:
    """Refuse to copy a model to where something is.

    Raises:
        OutputError: it is the folder of the model, or `check_free` refuses it.
    """
    if target.resolve().is_relative_to(model.path.resolve()):
        raise OutputError(f"a model cannot be saved into its own folder. Received: {target}.", "choose another place.")
    check_free(target, overwrite)


def write_copy(model: Opened, target: Path, overwrite: bool, complete: Complete = same_weights) -> None:
    """Copy the folder of a model, without what resuming needs; until the copy is whole, an earlier model stays.

    Args:
        model: was opened.
        target: is the path of the new folder.
        overwrite: allows it to replace a model.
        complete: changes the copy, and returns its weights, which make it a model.

    Raises:
        OutputError: something is there, another process writes it, or it cannot be written.
        ModelFolderError: the model was replaced since it was opened.
    """
    check_copy(model, target, overwrite)
    with locked(target):
        check_free(target, overwrite)
        set_aside(target)
        _replace(target, lambda: model.read_folder(lambda folder: _copied(folder, target, complete)))


def keep_held_out(folder: ModelFolder, copy: ModelFolder) -> None:
    """Keep the part of its text that a model is measured on in its copy, where it has one."""
    copy.training.mkdir()
    for file in folder.training.glob(HELD_OUT):
        shutil.copyfile(file, copy.training / file.name)


def keep_before(folder: ModelFolder, copy: ModelFolder, names: tuple[str, ...]) -> None:
    """Keep files of a model in its copy, as they were; those that it keeps already stay, so that the first ones do."""
    place = copy.path / BEFORE
    if not place.exists():
        place.mkdir()
        for name in names:
            if (folder.path / name).exists():
                shutil.copyfile(folder.path / name, place / name)


def forget(path: Path) -> None:
    """Restore the files that a model had before it read more, in its own folder. See `restored`.

    Raises:
        ModelFolderError: it has read nothing since it was made.
        OutputError: another process writes it, or it cannot be written.
    """
    with locked(path):
        if not waiting(path) or (path / WEIGHTS).exists():  # else it waits already: an earlier attempt was cut off
            check_read(ModelFolder(path))
        set_aside(path)
        _replace(path, lambda: _copied(ModelFolder(waiting(path)[-1]), path, restored))


def check_read(folder: ModelFolder) -> None:
    """Refuse a model that has read nothing since it was made.

    Raises:
        ModelFolderError: it is one.
    """
    if not (folder.path / BEFORE / WEIGHTS).exists():
        raise ModelFolderError(
            f"{folder.known_as} has read nothing more since it was made, so there is nothing to forget.",
            "name a folder that `unspool adapt` wrote.",
        )


def restored(folder: ModelFolder, copy: ModelFolder) -> bytes:
    """Complete the copy of a model's folder as it was before it read more, and return its weights then.

    Raises:
        ModelFolderError: it has read nothing since it was made.
    """
    check_read(folder)
    kept = copy.path / BEFORE
    weights = (kept / WEIGHTS).read_bytes()
    keep_held_out(folder, copy)
    for file in kept.iterdir():
        if file.name != WEIGHTS:
            file.replace(copy.path / file.name)
    shutil.rmtree(kept)
    return weights


def _copied(folder: ModelFolder, target: Path, complete: Complete) -> bytes:
    """Copy a folder without its weights, without `training/` and hidden files; return the weights of the copy."""
    copy = ModelFolder(target)
    copy.create()
    with reporting_write_errors(target):
        shutil.copytree(folder.path, target, ignore=_left_out(folder.path), dirs_exist_ok=True)
        shutil.rmtree(copy.training)
        return complete(folder, copy)


def _left_out(top: Path) -> Callable[[str, list[str]], list[str]]:
    def of_folder(place: str, names: list[str]) -> list[str]:
        hidden = [name for name in names if name.startswith(".")]
        return [*hidden, "training", WEIGHTS] if Path(place) == top else hidden

    return of_folder


def _replace(target: Path, write: Callable[[], bytes]) -> None:
    """Write a folder and then its weights; bring an earlier one back if that fails, and drop it if not."""
    try:
        write_atomically(target / WEIGHTS, write())  # makes it a model
    except BaseException:
        bring_back(target)
        raise
    drop_replaced(target)
