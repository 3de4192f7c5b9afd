"""A picture, before it is decoded: what errors call it, what identifies it, and how to open it.

path, Pillow image, array [H, W, C], bytes in a table -> Picture -> open() -> pixels, features
"""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from unspool.arrays import Array
from unspool.data.pictures.decoding import (
    MAX_PIXELS,
    check_size,
    decode_bytes,
    decode_file,
    pillow_quiet,
    plain,
    read_bytes,
    require_pillow,
    to_bytes,
)
from unspool.errors import PictureError, UsageError

if TYPE_CHECKING:
    from PIL.Image import Image

FORMS = "give a path, a Pillow image, or an array [H, W] or [H, W, C] of uint8, or of numbers from 0 to 1."


@dataclass(frozen=True)
class Picture:
    """A picture that can be opened.

    Attributes:
        name: is what errors call it: `flickr8k/images/1.jpg`, or `train.parquet, row 7`.
        content: returns the bytes that identify it.
        open: decodes it: an image of Pillow, upright, in mode L or RGB; raises a `PictureError` if it is broken.
    """

    name: str
    content: Callable[[], bytes]
    open: Callable[[], "Image"]


class DescribedPicture(NamedTuple):
    """A picture and what is known about it.

    Attributes:
        picture: is the picture.
        texts: are its captions, in order.
        label: is its class.
    """

    picture: Picture
    texts: tuple[str, ...] = ()
    label: str = ""


def picture_in_file(path: Path) -> Picture:
    """Return the picture that a file holds, which is read when it is opened."""
    return Picture(str(path), partial(read_bytes, path), partial(decode_file, path))


def picture_in_bytes(name: str, read: Callable[[], bytes]) -> Picture:
    """Return a picture of some bytes, such as a file would hold.

    Args:
        name: is what errors call it.
        read: returns the bytes.
    """
    return Picture(name, read, lambda: decode_bytes(read(), name))


def picture_of_pixels(name: str, pixels: Array) -> Picture:
    """Return a picture of pixels, [H, W] or [H, W, C], uint8; C is 1, 3 or 4."""
    return Picture(name, partial(_identity, pixels), partial(_image, pixels))


def as_picture(item: Any, number: int = 1) -> Picture:
    """Return what is given in Python as a picture.

    Args:
        item: is a path, an image of Pillow, or an array, [H, W], [H, W, 1], [H, W, 3] or [H, W, 4], of uint8, or of
            numbers from 0 to 1.
        number: counts the pictures that are given, from 1, for their names.

    Raises:
        UsageError: it is none of them.
        PictureError: there is no such file.
    """
    if isinstance(item, Picture):
        return item
    if isinstance(item, str | os.PathLike):
        return existing_picture(Path(item))
    name = f"picture {number:,}"
    module = sys.modules.get("PIL.Image")
    if module is not None and isinstance(item, module.Image):
        return Picture(name, partial(_image_identity, item, name), partial(_plain_copy, item, name))
    if hasattr(item, "__array__"):
        return picture_of_pixels(name, _checked(np.asarray(item), name))
    raise UsageError(f"{name} must be named or given. Received: {type(item).__name__}.", FORMS)


def as_pictures(given: Any) -> tuple[list[Picture], bool]:
    """Return what is given in Python as pictures, and whether it is a single one.

    Args:
        given: is what `as_picture` takes, or several of it: a list, a tuple, or an array [N, H, W, C].

    Raises:
        UsageError: an item is no picture.
        PictureError: there is no such file.
    """
    if isinstance(given, np.ndarray):
        single = given.ndim < 4
    else:
        single = not isinstance(given, Sequence) or isinstance(given, str)
    return [as_picture(item, number) for number, item in enumerate([given] if single else given, 1)], single


def existing_picture(path: Path) -> Picture:
    """Return the picture in a file that somebody has named.

    Raises:
        PictureError: there is no such file.
    """
    if not is_file(path):
        raise PictureError(f"{str(path)!r:.200} does not exist.", "name a picture.", "they do not exist")
    return picture_in_file(path)


def is_file(path: Path) -> bool:
    """Return whether there is a file of this name, which may be any text."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Return whether there is a folder of this name, which may be any text."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _checked(values: Array, name: str) -> Array:
    """Return the pixels of an array that is given as a picture, as uint8.

    Raises:
        UsageError: it has another shape, type or range.
    """
    if values.ndim not in (2, 3) or (values.ndim == 3 and values.shape[2] not in (1, 3, 4)) or not values.size:
        turned = values.ndim == 3 and values.shape[0] in (1, 3, 4)
        raise UsageError(
            f"{name}: an array must be [H, W], [H, W, 1], [H, W, 3] or [H, W, 4]. Received: {list(values.shape)}.",
            "transpose it: array.transpose(1, 2, 0)." if turned else FORMS,
        )
    if values.shape[0] * values.shape[1] > MAX_PIXELS:
        raise UsageError(
            f"{name} must have at most {MAX_PIXELS:,} pixels. Received: {list(values.shape)}.", "make it smaller."
        )
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind != "f":
        raise UsageError(
            f"{name}: an array must hold uint8, or floating-point numbers from 0 to 1. Received: {values.dtype}.",
            "if its values are 0 to 255, convert it: array.astype('uint8').",
        )
    lowest, highest = float(values.min()), float(values.max())
    if not (lowest >= 0 and highest <= 1):
        raise UsageError(
            f"{name}: floating-point numbers must be from 0 to 1. Received: {lowest:g} to {highest:g}.",
            "if they are 0 to 255, divide them by 255; else scale them.",
        )
    return to_bytes(values, 1)


def _identity(pixels: Array) -> bytes:
    return f"{pixels.shape}".encode() + pixels.tobytes()


def _image(pixels: Array) -> "Image":
    require_pillow()
    from PIL import Image

    image = Image.fromarray(pixels[..., 0] if pixels.shape[2:] == (1,) else pixels)
    return plain(image) if image.mode == "RGBA" else image


def _image_identity(image: "Image", name: str) -> bytes:
    return _identity(np.asarray(_plain_copy(image, name)))


def _plain_copy(image: "Image", name: str) -> "Image":
    """Return what an image of Pillow shows, whatever its mode; it stays as it is."""
    check_size(image.size, name)
    with pillow_quiet():
        try:
            return plain(image)
        except (OSError, ValueError, SyntaxError) as problem:
            raise PictureError(
                f"{name} must be a whole picture. Received: one that is broken or cut off ({problem!s:.100}).",
                "open another.",
                "they are broken or cut off",
            ) from None
