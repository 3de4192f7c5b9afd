"""Copies of model folders: as they are, with what was read since, and as they were before that.

A copy takes the place of the folder itself where that is to be changed (`rewrite`): it is written beside it, and moved
there once it is whole.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from unspool.errors import ModelFolderError, OutputError, reporting_write_errors, shell_command
from unspool.folder.atomic import (
    WEIGHTS,
    bring_back,
    drop_removed,
    drop_replaced,
    followed,
    is_model,
    set_aside,
    waiting,
    write_atomically,
)
from unspool.folder.lock import locked
from unspool.folder.model_folder import ModelFolder, check_free
from unspool.folder.typed import drop_typed, typed_texts

CARD = "README.md"
BEFORE = "before"  # holds the files that reading more has changed, as they were
SUMS = "SHA256SUMS"  # of them, as `sha256sum` writes and checks them
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


def rewrite(
    path: Path, change: Callable[[ModelFolder], Complete | None], on_wait: Callable[[str], None] | None = None
) -> None:
    """Change the model of a folder; at any moment the earlier one is there or the new one, with all of `training/`.

    Args:
        path: is that of the folder.
        change: takes the folder, and returns what completes its copy; none leaves it as it is.
        on_wait: receives who writes the folder, before that is waited for; none refuses at once.

    Raises:
        OutputError: another process writes it, or it cannot be written.
    """
    with locked(path, on_wait):
        place = followed(path)
        drop_removed(path)
        if waiting(path) and not place.exists():
            bring_back(path)  # an earlier attempt was cut off between the two moves
        folder = ModelFolder(waiting(path)[-1] if waiting(path) and not is_model(path) else path, path)
        complete = change(folder)
        if complete is None:
            return
        new = place.parent / f".{place.name}.new"
        shutil.rmtree(new, ignore_errors=True)  # of an earlier attempt
        try:
            weights = _copied(folder, new, complete, in_place=True)
            write_atomically(new / WEIGHTS, weights)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        set_aside(path)
        _move(new, path)


def _move(new: Path, path: Path) -> None:
    """Move a whole model to where another was, which waits."""
    try:
        with reporting_write_errors(path):
            new.rename(followed(path))
    except BaseException:
        bring_back(path)
        raise
    drop_replaced(path)


def keep_held_out(folder: ModelFolder, copy: ModelFolder) -> None:
    """Keep the part of its text that a model is measured on in its copy, where it has one, unless that has all."""
    if not copy.training.exists():
        copy.training.mkdir()
        for file in folder.training.glob(HELD_OUT):
            shutil.copyfile(file, copy.training / file.name)


def keep_before(folder: ModelFolder, copy: ModelFolder, names: tuple[str, ...]) -> None:
    """Keep files of a model in its copy, as they were; those that it keeps already stay, so that the first ones do."""
    place = copy.path / BEFORE
    if not place.exists():
        place.mkdir()
        kept = [name for name in names if (folder.path / name).exists()]
        for name in kept:
            shutil.copyfile(folder.path / name, place / name)
        write_atomically(place / SUMS, "".join(f"{_sum(place / name)}  {name}\n" for name in kept))


def forget(path: Path) -> None:
    """Restore the files that a model had before it read more, in its own folder. See `restored`.

    Raises:
        ModelFolderError: it has read nothing since it was made.
        OutputError: another process writes it, or it cannot be written.
    """

    def change(folder: ModelFolder) -> Complete | None:
        if not has_read(folder) and drop_typed(folder.path):  # which a session has left that was cut off
            return None
        check_read(folder)
        return restored

    rewrite(path, change)


def has_read(folder: ModelFolder) -> bool:
    """Return whether a model has read more since it was made."""
    return (folder.path / BEFORE).is_dir()


def refuse_read(folder: ModelFolder, purpose: str) -> None:
    """Refuse a model that has read more, or into which something was typed to be read, for what would lose that.

    Args:
        folder: is that of the model.
        purpose: says what is to be done.

    Raises:
        ModelFolderError: it has read more.
    """
    if has_read(folder) or typed_texts(folder.path):
        raise ModelFolderError(
            f"{purpose} needs a model as it was made. Received: {folder.known_as}, which has read more since.",
            f"take that out with `{shell_command('forget', folder.known_as)}`, or use a copy from before.",
        )


def check_read(folder: ModelFolder) -> None:
    """Refuse a model that has read nothing since it was made.

    Raises:
        ModelFolderError: it is one.
    """
    if not has_read(folder):
        raise ModelFolderError(
            f"{folder.known_as} has read nothing more since it was made, so there is nothing to forget.",
            "name a folder that `unspool adapt` wrote, or that `unspool complete --learn` has changed.",
        )


def restored(folder: ModelFolder, copy: ModelFolder) -> bytes:
    """Complete the copy of a model's folder as it was before it read more, and return its weights then.

    Raises:
        ModelFolderError: it has read nothing since it was made, or what it was is damaged.
    """
    check_read(folder)
    names = _checked(folder.known_as, copy.path / BEFORE)
    weights = (copy.path / BEFORE / WEIGHTS).read_bytes()
    keep_held_out(folder, copy)
    for name in names:
        if name != WEIGHTS:
            (copy.path / BEFORE / name).replace(copy.path / name)
    shutil.rmtree(copy.path / BEFORE)
    return weights


def _checked(path: Path, kept: Path) -> list[str]:
    """Return the names of the files that a model had before it read more, once they are what they were.

    Args:
        path: is what the folder of the model is known as.
        kept: holds the files, and their sums.

    Raises:
        ModelFolderError: one is missing or damaged.
    """
    try:
        lines = (kept / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    sums = {name: found for found, _, name in (line.partition("  ") for line in lines)}
    wrong = [name for name, found in sums.items() if not _is_file_with(kept, name, found)]
    if WEIGHTS not in sums or wrong:
        name = wrong[0] if wrong else SUMS
        raise ModelFolderError(
            f"{path / BEFORE} must hold the model as it was before it read more. Received: {name}, which is missing or "
            "damaged.",
            "restore the file from a copy of the folder; the model as it is now stays.",
        )
    return list(sums)


def _is_file_with(folder: Path, name: str, found: str) -> bool:
    """Return whether a file of a folder, and of no other, has a sum."""
    file = folder / name
    return Path(name).name == name and file.is_file() and not file.is_symlink() and _sum(file) == found


def _sum(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _copied(folder: ModelFolder, target: Path, complete: Complete, in_place: bool = False) -> bytes:
    """Copy a folder without its weights and hidden files, without `training/` too unless the copy takes its place.

    Returns:
        the weights of the copy.
    """
    copy = ModelFolder(target)
    copy.create()
    with reporting_write_errors(target):
        shutil.copytree(folder.path, target, ignore=_left_out(folder.path), dirs_exist_ok=True)
        shutil.rmtree(copy.training)
        if in_place and folder.training.is_dir():
            shutil.copytree(folder.training, copy.training, copy_function=_link)
        return complete(folder, copy)


def _link(source: str, target: str) -> None:
    """Give a file a second name, or copy it where the file system has no links; a file is only ever replaced."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


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
