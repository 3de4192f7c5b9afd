"""Decode a picture, of whatever format and mode, into what a network reads: upright, grey or RGB, 8 bits a channel.

    file, bytes -> Pillow: the first frame -> upright -> 8 bits -> alpha over white -> L or RGB

What is wrong with a picture is an error that names it. No picture takes more memory than its limits allow.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from unspool.arrays import Array
from unspool.errors import MissingExtraError, PictureError

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", "JPEG2000")  # others may run programs
MAX_PIXELS = 100_000_000
MAX_BYTES = 1 << 30  # of a file
LARGE = 16_000_000  # pixels; such pictures are decoded one after the other, so that threads do not multiply the memory
ORIENTATION = 0x0112  # the number of the remark that says how a picture was held
GREY = ("1", "L", "LA", "La")
CONVERT = "convert it to JPEG or PNG."
AGAIN = "copy or save it again, or leave it out."

_one_at_a_time = Lock()


def read_bytes(path: Path) -> bytes:
    """Read a file that holds a picture.

    Raises:
        PictureError: it cannot be read, or is larger than any picture.
    """
    with _opened(path) as stream:
        return stream.read()


def read_stream(stream: BinaryIO, name: str) -> bytes:
    """Read a picture that comes as a stream, such as standard input.

    Raises:
        PictureError: it is larger than any picture, or cannot be read.
    """
    try:
        content = stream.read(MAX_BYTES + 1)
    except OSError as problem:
        raise _unreadable(name, problem.strerror or str(problem)) from None
    if len(content) > MAX_BYTES:
        raise _unreadable(name, f"it has more than {MAX_BYTES:,} bytes")
    return content


def decode_file(path: Path) -> "Image":
    """Decode a file. See `decode`."""
    with _opened(path) as stream:
        return decode(stream, str(path))


def decode_bytes(content: bytes, name: str) -> "Image":
    """Decode what a file would hold. See `decode`."""
    return decode(io.BytesIO(content), name)


def decode(stream: BinaryIO, name: str) -> "Image":
    """Decode a picture.

    Args:
        stream: is open for reading bytes, at the start of the picture.
        name: is what errors call it.

    Returns:
        an image of mode L or RGB, upright, without the frames after the first.

    Raises:
        PictureError: it is empty, no picture, broken, cut off, or has too many pixels.
        MissingExtraError: Pillow is not installed.
    """
    require_pillow()
    from PIL import Image, UnidentifiedImageError

    if not stream.read(1):
        raise PictureError(f"{name} must be a picture. Received: an empty file.", AGAIN, "they are empty files")
    stream.seek(0)
    with pillow_quiet():
        try:
            with Image.open(stream, formats=FORMATS) as image:
                check_size(image.size, name)
                return plain(image)
        except PictureError:
            raise
        except Image.DecompressionBombError as problem:
            raise _too_large(name, str(problem)) from None
        except UnidentifiedImageError:
            raise PictureError(
                f"{name} must be a picture: JPEG, PNG, WebP, GIF, BMP, TIFF. Received: a file that is none of them.",
                CONVERT,
                "they are no pictures",
            ) from None
        except Exception as problem:  # what decoders raise for broken bytes is of any kind
            shown = str(problem).partition("\n")[0] or type(problem).__name__
            raise PictureError(
                f"{name} must be a whole picture. Received: one that is broken or cut off ({shown:.100}).",
                AGAIN,
                "they are broken or cut off",
            ) from None


def plain(image: "Image") -> "Image":
    """Return an image of Pillow upright, in mode L or RGB; what is transparent is white.

    Raises:
        OSError: it is broken; other errors too.
    """
    from PIL import Image

    with _one_at_a_time if image.width * image.height > LARGE else nullcontext():
        image.load()
        image = _upright(image)
        if image.mode.startswith(("I", "F")):
            return Image.fromarray(_in_8_bits(np.asarray(image)))
        mode = "L" if image.mode in GREY else "RGB"
        if not image.has_transparency_data:
            return image.convert(mode)  # a copy, which no file belongs to
        image = image.convert("LA" if mode == "L" else "RGBA")
        white = Image.new(mode, image.size, "white")
        white.paste(image.convert(mode), mask=image.getchannel("A"))
        return white


def _upright(image: "Image") -> "Image":
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(image) if image.getexif().get(ORIENTATION, 1) != 1 else image
    except Exception:  # the remarks beside a picture may be broken where the picture is not
        return image


def to_bytes(values: Array, highest: float) -> Array:
    """Scale numbers from 0 to `highest` to 0 to 255: uint8, of the same shape."""
    scaled: Array = np.rint(values * (255 / highest)).astype(np.uint8)
    return scaled


def _in_8_bits(values: Array) -> Array:
    """Scale integers of 16 bits, or numbers from 0 to 1, to 0 to 255: [H, W] uint8."""
    lowest, highest = float(values.min()), float(values.max())
    most = 1.0 if values.dtype.kind == "f" else 65535.0
    if not (lowest >= 0 and highest <= most):
        raise ValueError(f"values from {lowest:g} to {highest:g}, which must be from 0 to {most:g}")
    return to_bytes(values, most)


def check_size(size: tuple[int, int], name: str) -> None:
    """Refuse a picture that has too many pixels, or none.

    Raises:
        PictureError: it is refused.
    """
    width, height = size
    if width * height > MAX_PIXELS:
        raise _too_large(name, f"{width:,} x {height:,}")
    if not width * height:
        raise PictureError(f"{name} must have pixels. Received: {width} x {height}.", AGAIN, "they have no pixels")


def require_pillow() -> None:
    """Refuse to go on without Pillow.

    Raises:
        MissingExtraError: it is not installed.
    """
    if not find_spec("PIL"):
        raise MissingExtraError("pillow", "images", "reading pictures")


def _too_large(name: str, received: str) -> PictureError:
    return PictureError(
        f"{name} must have at most {MAX_PIXELS:,} pixels. Received: {received}.",
        "make it smaller, or leave it out.",
        f"they have more than {MAX_PIXELS:,} pixels",
    )


def _unreadable(name: str, problem: str) -> PictureError:
    return PictureError(
        f"{name} cannot be read: {problem}.", "check its name and its permissions.", "they cannot be read"
    )


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file that may hold a picture."""
    try:
        if not path.is_file():
            raise FileNotFoundError(2, "there is no such file")
        with path.open("rb") as stream:
            if path.stat().st_size > MAX_BYTES:
                raise OSError(27, f"it has more than {MAX_BYTES:,} bytes")
            yield stream
    except (OSError, ValueError) as problem:
        raise _unreadable(str(path), getattr(problem, "strerror", None) or str(problem)) from None


class _Quiet:
    """Keeps Pillow's warnings away while any thread decodes; the filters of warnings are common to all threads."""

    def __init__(self) -> None:
        self._lock, self._inside = Lock(), 0
        self._filters = warnings.catch_warnings()

    def enter(self) -> None:
        with self._lock:
            if not self._inside:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.simplefilter("ignore")
            self._inside += 1

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._filters.__exit__(None, None, None)


_quiet = _Quiet()


@contextmanager
def pillow_quiet() -> Iterator[None]:
    """Keep Pillow's warnings away, in all threads: what matters of them is an error here."""
    _quiet.enter()
    try:
        yield
    finally:
        _quiet.leave()
