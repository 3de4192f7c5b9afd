"""IDX files, as MNIST and its relatives come: pictures in one file, the numbers of their labels in another.

    train-images-idx3-ubyte[.gz], train-labels-idx1-ubyte[.gz]     t10k-..., which are not for training

Shapes: N pictures, H rows of pixels, W pixels in a row, C channels.
"""

import re
import zlib
from pathlib import Path

import numpy as np

from unspool.arrays import Array
from unspool.data.findings import Findings
from unspool.data.pictures.decoding import MAX_PIXELS
from unspool.data.pictures.picture import DescribedPicture, Picture, is_file, picture_of_pixels
from unspool.data.pictures.places import names_in, note_parts
from unspool.errors import DataError
from unspool.text.reading import open_file

IMAGES = re.compile(r"(.*)images([-.])idx([34])([-.])ubyte(\.gz)?", re.I)
HELD_OUT = re.compile(r"t10k|test", re.I)
BYTES = 0x08  # the type of the numbers, which the header says
BLOCK = 1 << 22
MAX_BYTES = 1 << 32  # of a file, decompressed


def is_idx(path: Path) -> bool:
    """Return whether the name of a file is that of pictures in an IDX file."""
    return bool(IMAGES.fullmatch(path.name))


def idx_file(folder: Path, findings: Findings | None = None) -> Path | None:
    """Return the pictures for training that a folder holds as an IDX file; those for tests where it has no others.

    Args:
        folder: is searched.
        findings: says which files of pictures are not read.

    Raises:
        DataError: there are several for training.
    """
    names = [name for name in names_in(folder) if IMAGES.fullmatch(name)]
    held_out = [name for name in names if HELD_OUT.search(name)]
    chosen = _once([name for name in names if name not in held_out] or held_out)
    if len(chosen) > 1:
        raise DataError(f"{folder} must hold one set of pictures. Received: {', '.join(chosen)}.", "name one of them.")
    unread = [name for name in held_out if name not in chosen]
    if unread and findings is not None:
        note_parts(folder.resolve().name, unread, findings)
    return folder / chosen[0] if chosen else None


def read_idx(images: Path) -> list[DescribedPicture]:
    """Read the pictures of an IDX file with their labels, which are in the file beside it.

    Raises:
        DataError: a file is missing or damaged, or one has more entries than the other.
    """
    pictures, path = idx_pictures(images), _labels_of(images)
    labels = _values(path, 1)
    if len(labels) != len(pictures):
        raise DataError(
            f"{path} must have a label for each picture. Received: {len(labels):,} labels for {len(pictures):,} "
            f"pictures in {images.name}.",
            "copy both files again.",
        )
    names = [str(number) for number in range(256)]
    return [
        DescribedPicture(picture, label=names[label]) for picture, label in zip(pictures, labels.tolist(), strict=True)
    ]


def idx_pictures(images: Path) -> list[Picture]:
    """Return the pictures of an IDX file.

    Raises:
        DataError: it is damaged.
    """
    name = IMAGES.fullmatch(images.name)
    pixels = _values(images, int(name[3]) if name else 3)  # (N, H, W) or (N, H, W, C)
    if pixels.ndim == 4 and pixels.shape[3] not in (1, 3, 4):
        raise DataError(f"{images} must have 1, 3 or 4 channels. Received: {pixels.shape[3]}.", "write it again.")
    return [picture_of_pixels(f"{images}, picture {number:,}", one) for number, one in enumerate(pixels, 1)]


def _labels_of(images: Path) -> Path:
    """Return the file of the labels, which may be compressed where that of the pictures is not, or the reverse."""
    name = IMAGES.fullmatch(images.name)
    assert name is not None
    before, *marks = name.group(1, 2, 4)
    likely = [f"{before}labels{a}idx1{b}ubyte{end}" for end in ("", ".gz") for a in "-." for b in marks[1] + "-."]
    found = next((images.with_name(one) for one in likely if is_file(images.with_name(one))), None)
    if found is None:
        raise DataError(
            f"{images} must have its labels beside it. Received: no {before}labels-idx1-ubyte.", "copy it there."
        )
    return found


def _values(path: Path, axes: int) -> Array:
    """Read the bytes of an IDX file with so many axes; a file cannot take more memory than it has bytes."""
    content = bytearray()
    try:
        with open_file(str(path)) as stream:
            head = stream.read(4)
            if head != bytes((0, 0, BYTES, axes)):
                raise ValueError(f"its head is {head.hex() or 'empty'}, not {bytes((0, 0, BYTES, axes)).hex()}")
            shape = [int(size) for size in np.frombuffer(stream.read(4 * axes), ">u4")]
            size = int(np.prod(shape, dtype=object))
            if len(shape) < axes or not size or size > MAX_BYTES or int(np.prod(shape[1:3], dtype=object)) > MAX_PIXELS:
                raise ValueError(f"its sizes are {' x '.join(map(str, shape)) or 'missing'}")
            while len(content) <= size and (block := stream.read(BLOCK)):
                content += block
        if len(content) != size:
            raise ValueError(f"{size:,} bytes should follow its head, and {len(content):,} do")
    except (OSError, ValueError, EOFError, zlib.error) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise DataError(f"{path} is no whole IDX file of bytes: {reason!s:.100}.", "copy it again.") from None
    return np.frombuffer(bytes(content), np.uint8).reshape(shape)


def _once(names: list[str]) -> list[str]:
    """Leave out a compressed file that is there decompressed too."""
    return [name for name in names if name.removesuffix(".gz") not in names or not name.endswith(".gz")]
