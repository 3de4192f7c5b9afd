"""Features that were computed elsewhere: `.npy`, a row for each picture.

    F.npy, [P, F] or [P, S, F] or [P, h, w, F];   F.txt, a name a line, or F.json, a list of names, says whose rows

Without names, the rows are in the order in which the pictures are read.

Shapes: P pictures, S positions, or h rows of w positions, F features.
"""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from unspool.arrays import Array
from unspool.data.pictures.picture import Picture
from unspool.errors import DataError, PictureError, nearest

EXPORT = "write it with numpy.save: floating-point numbers, [P, F] or [P, S, F]."


@dataclass(frozen=True)
class FeaturedPicture(Picture):
    """A picture whose features are given.

    Attributes:
        features: returns them, [S, F] float16.
    """

    features: Callable[[], Array]


def featured(path: Path, pictures: Sequence[Picture]) -> list[FeaturedPicture]:
    """Return pictures with the rows of a file that are theirs.

    Args:
        path: is that of the file; a list of names may be beside it.
        pictures: are all that are read, in order; fewer, if there is a list of names.

    Raises:
        DataError: the file or its list cannot be read, or a picture has no row.
    """
    values = _opened(path)
    names = _names(path)
    if names is not None and len(names) != len(values):
        raise DataError(
            f"{path} must have a row for each name in the list beside it. Received: {len(values):,} rows and "
            f"{len(names):,} names.",
            "write both again.",
        )
    if names is None and len(values) != len(pictures):
        raise DataError(
            f"{path} must have a row for each picture, in the order in which they are read. Received: "
            f"{len(values):,} rows for {len(pictures):,} pictures.",
            f"name the pictures of the rows in {path.with_suffix('.txt')}, one a line.",
        )
    known = None if names is None else {name: row for row, name in enumerate(names)}
    chosen = range(len(pictures)) if known is None else [_row_of(one.name, known, path) for one in pictures]
    return [
        FeaturedPicture(picture.name, picture.content, picture.open, partial(_row, values, row, path))
        for picture, row in zip(pictures, chosen, strict=True)
    ]


def features_of(picture: Picture, positions: int, features: int) -> Array:
    """Return the features of one picture: those that are given with it, or what its `.npy` file holds.

    Args:
        picture: is the picture, or stands for the file.
        positions: is S.
        features: is F.

    Returns:
        the features, [S, F] float16.

    Raises:
        PictureError: there are none, or of another shape.
    """
    if isinstance(picture, FeaturedPicture):
        values = picture.features()
    else:
        try:
            values = np.load(io.BytesIO(picture.content()), allow_pickle=False)
        except (ValueError, EOFError, OSError):
            raise PictureError(
                f"{picture.name} must hold the features of a picture, as the model was trained on given ones. "
                "Received: a file that is not .npy.",
                "compute its features as those of the training pictures were, and save them with numpy.save.",
                "they are not .npy files of features",
            ) from None
    if values.dtype.kind != "f" or values.size != positions * features or values.shape[-1:] != (features,):
        raise PictureError(
            f"{picture.name} must hold {features} features at each of {positions} positions. Received: "
            f"{values.dtype} {list(values.shape)}.",
            "save the features of one picture in each file, computed as those of the training pictures were.",
            "their features have another shape",
        )
    return _half(values.reshape(positions, features), picture.name)


def _opened(path: Path) -> Array:
    """Map a file of features into memory: [P, S, F]."""
    try:
        values: Any = np.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(values, np.ndarray):
            raise ValueError("several arrays")
    except (OSError, ValueError, EOFError) as problem:
        reason = (getattr(problem, "strerror", None) or str(problem)).partition("\n")[0]
        if "pickle" in reason or "objects" in reason:  # of which NumPy speaks as of what might be loaded
            reason = "no array of numbers"
        raise DataError(f"{path} must be an array of features. Received: {reason:.100}.", EXPORT) from None
    if values.dtype.kind != "f" or not 2 <= values.ndim <= 4 or not values.size:
        received = f"{values.dtype} {list(values.shape)}"
        raise DataError(f"{path} must hold a row of features for each picture. Received: {received}.", EXPORT)
    return np.asarray(values).reshape(len(values), -1, values.shape[-1])  # (P, S, F)


def _names(path: Path) -> list[str] | None:
    """Read the list of names beside a file; none where there is none."""
    for beside in (path.with_suffix(".txt"), path.with_suffix(".json")):
        if not beside.exists():
            continue
        try:
            text = beside.read_text(encoding="utf-8-sig")
            names = json.loads(text) if beside.suffix == ".json" else text.splitlines()
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise ValueError("something else")
        except (OSError, ValueError, RecursionError) as problem:
            raise DataError(
                f"{beside} must be a list of the names of the pictures. Received: {problem!s:.100}.",
                f"write it again, or remove it if the rows of {path.name} are in the order of the pictures.",
            ) from None
        return names
    return None


def _row_of(name: str, known: Mapping[str, int], path: Path) -> int:
    found = known.get(name, known.get(Path(name).name))
    if found is None:
        raise DataError(
            f"{path} must have a row for each picture. Received: none for {name!r:.200}.",
            f"in the list of names beside it, {nearest(Path(name).name, known, 3, quoted=True)}",
        )
    return found


def _row(values: Array, row: int, path: Path) -> Array:
    return _half(values[row], f"row {row:,} of {path}")


def _half(values: Array, name: str) -> Array:
    """Return finite numbers as float16."""
    if not np.abs(values).max() <= np.finfo(np.float16).max:
        raise DataError(
            f"{name} must hold finite numbers, at most {np.finfo(np.float16).max:,.0f}. Received: "
            f"{np.abs(values).max()}.",
            "compute the features again, or scale them.",
        )
    return values.astype(np.float16)
