"""Pictures as pixels on disk, all of one size, memory-mapped: what a network that is trained on pictures reads.

A part called NAME has these files:

    NAME.pixels        uint8, [P, H, W, C]        NAME.pixels.json   the shape and a checksum; it is written last

Shapes: P pictures, H rows of pixels, W pixels in a row, C channels.
"""

import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from pydantic import Field

from unspool.arrays import IntArray
from unspool.data.findings import Findings
from unspool.data.pictures.decoding import pillow_quiet
from unspool.data.pictures.picture import Picture
from unspool.errors import DataError, ModelFolderError, PictureError, reporting_write_errors
from unspool.specs.base import Spec

if TYPE_CHECKING:
    from PIL.Image import Image

CHUNK = 256  # pictures that are decoded between two writes
BLOCK = 1 << 22  # bytes that are checked at once

T = TypeVar("T")

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


class _About(Spec):
    """The content of `NAME.pixels.json`."""

    shape: tuple[int, int, int, int]
    checksum: int = Field(ge=0)


def pixels_of(image: "Image", height: int, width: int, channels: int) -> Pixels:
    """Return the pixels of a whole picture, resized: [H, W, C]; nothing is cut off.

    Args:
        image: is in mode L or RGB.
        height: is H.
        width: is W.
        channels: is C: 1 makes it grey, 3 red, green and blue.
    """
    from PIL.Image import Resampling

    mode = "L" if channels == 1 else "RGB"
    image = image if image.mode == mode else image.convert(mode)
    if image.size != (width, height):
        image = image.resize((width, height), Resampling.BILINEAR, reducing_gap=3.0)  # of all pixels: no aliasing
    return np.asarray(image, np.uint8).reshape(height, width, channels)


def write_pixels(
    folder: Path,
    name: str,
    pictures: Sequence[Picture],
    height: int,
    width: int,
    channels: int,
    findings: Findings,
    on_progress: Callable[[int], None],
) -> IntArray:
    """Write pictures as pixels, to be opened by `open_pixels`; those that cannot be read are counted and left out.

    Args:
        folder: receives the files.
        name: is that of the part.
        pictures: are decoded in threads, in any order, and written in theirs.
        height: is H.
        width: is W.
        channels: is C.
        findings: counts the pictures that are left out.
        on_progress: receives the number of pictures that have been tried so far.

    Returns:
        the indices of the P pictures that were written.

    Raises:
        DataError: none can be read.
    """

    def pixels(picture: Picture) -> Pixels:
        return pixels_of(picture.open(), height, width, channels)

    kept, checksum = list[int](), 0
    path, about = folder / f"{name}.pixels", folder / f"{name}.pixels.json"
    with reporting_write_errors(folder):
        about.unlink(missing_ok=True)
        with path.open("wb") as file:
            for index, found in enumerate(in_threads(pixels, pictures, findings)):
                if found is not None:
                    data = found.tobytes()
                    checksum = zlib.crc32(data, checksum)
                    file.write(data)
                    kept.append(index)
                if (index + 1) % CHUNK == 0 or index + 1 == len(pictures):
                    on_progress(index + 1)
            file.flush()
            os.fsync(file.fileno())
        content = _About(shape=(len(kept), height, width, channels), checksum=checksum).model_dump_json()
        about.write_text(content, encoding="utf-8")
    return np.array(kept, np.int64)


def in_threads(
    work: Callable[[Picture], T], pictures: Sequence[Picture], findings: Findings | None = None
) -> Iterator[T | None]:
    """Yield what some work makes of each picture, in order, and none for those that cannot be read.

    Args:
        work: is done in several threads at once.
        pictures: are the pictures.
        findings: counts those that cannot be read; none lets the first be an error.

    Raises:
        PictureError: one cannot be read, and it is not counted.
        DataError: none can be read.
    """

    def tried(picture: Picture) -> T | PictureError:
        try:
            return work(picture)
        except PictureError as problem:
            return problem

    first: PictureError | None = None
    read = 0
    with pillow_quiet(), ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for start in range(0, len(pictures), CHUNK):
            chunk = pictures[start : start + CHUNK]
            for picture, found in zip(chunk, pool.map(tried, chunk), strict=True):
                if isinstance(found, PictureError):
                    if findings is None:
                        raise found
                    first = first or found
                    findings.count(f"pictures left out because {found.reason}", picture, "")
                    yield None
                else:
                    read += 1
                    yield found
    if not read and first is not None:
        raise DataError(f"no picture can be read. Received: {len(pictures):,}; the first: {first.message}", first.hint)


def open_pixels(folder: Path, name: str, verify: bool = True) -> Pixels:
    """Map what `write_pixels` wrote into memory: [P, H, W, C] uint8.

    Args:
        folder: holds the files.
        name: is that of the part.
        verify: compares the pixels with their checksum.

    Raises:
        ModelFolderError: a file is missing or damaged.
    """
    path = folder / f"{name}.pixels"
    try:
        about = _About.model_validate_json((folder / f"{name}.pixels.json").read_bytes())
        if path.stat().st_size != int(np.prod(about.shape, dtype=object)) or not path.stat().st_size:
            raise ValueError(f"{path.name} has not the size it was written with")
        if verify and _checksum(path) != about.checksum:
            raise ValueError("the pixels are not those that were written")
        mapped: Any = np.memmap(path, np.uint8, mode="r", shape=about.shape)
        return np.asarray(mapped)
    except (OSError, ValueError, OverflowError) as problem:
        reason = str(problem).splitlines()[0]
        raise ModelFolderError(
            f"{folder}: the pictures of the {name} part are missing or damaged: {reason:.80}.",
            "train again, or name pictures to evaluate on.",
        ) from None


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            checksum = zlib.crc32(block, checksum)
    return checksum
