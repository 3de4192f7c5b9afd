"""Any picture becomes an upright image of mode L or RGB; what is wrong with one is an error that names it."""

import io
import struct
import warnings
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from helpers.layouts import encoded, noise, write_picture
from unspool.data.pictures import decoding
from unspool.data.pictures.decoding import decode_bytes, decode_file, read_bytes
from unspool.errors import PictureError

GREY = Image.fromarray(noise(1, channels=1))
COLOUR = Image.fromarray(noise(2))


def opened(content: bytes) -> np.ndarray:
    return np.asarray(decode_bytes(content, "a picture"))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP", "TIFF", "PPM", "GIF"])
def test_formats_that_lose_nothing_give_the_pixels_back(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    image = GREY.convert("RGB") if kind == "GIF" else COLOUR  # of the colours of a palette, 48 here
    assert np.array_equal(opened(encoded(image, kind, **options)), np.asarray(image))


def test_a_jpeg_is_near_its_picture() -> None:
    smooth = Image.linear_gradient("L").resize((64, 64))
    found = opened(encoded(Image.merge("RGB", (smooth, smooth, smooth)), "JPEG", quality=95))
    assert found.shape == (64, 64, 3)
    assert np.abs(found[..., 0].astype(int) - np.asarray(smooth)).max() < 12


def test_grey_stays_grey_and_one_bit_becomes_black_and_white() -> None:
    assert np.array_equal(opened(encoded(GREY)), np.asarray(GREY))
    assert np.array_equal(opened(encoded(GREY.convert("1"))), np.asarray(GREY.convert("1").convert("L")))


def test_a_palette_is_looked_up() -> None:
    image = COLOUR.quantize(16)
    assert np.array_equal(opened(encoded(image)), np.asarray(image.convert("RGB")))


def test_the_first_frame_of_several_is_read() -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue", "green")]
    for kind in ("GIF", "PNG", "TIFF", "WEBP"):
        options = {"lossless": True} if kind == "WEBP" else {}
        found = opened(encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options))
        assert (found == (255, 0, 0)).all(), kind


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_what_is_transparent_is_white(mode: str) -> None:
    image = Image.new("RGBA", (4, 2), (0, 0, 0, 255))
    image.putpixel((1, 0), (0, 0, 0, 0))
    image.putpixel((2, 0), (0, 0, 0, 51))
    made = image.quantize(4).convert("PA") if mode == "PA" else image.convert(mode)
    found = np.asarray(decoding.plain(made))
    assert found.ndim == (2 if mode == "LA" else 3)
    expected = [0, 255, 204, 0]
    assert np.array_equal(found[0] if mode == "LA" else found[0, :, 0], expected)


def test_a_transparent_colour_of_a_palette_or_of_grey_is_white() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((1, 0), 1)
    assert opened(encoded(image, "PNG", transparency=1)).tolist() == [[[10, 20, 30], [255, 255, 255]]]
    assert opened(encoded(image, "GIF", transparency=0)).tolist() == [[[255, 255, 255], [40, 50, 60]]]
    grey = Image.fromarray(np.array([[7, 9]], np.uint8))
    assert opened(encoded(grey, "PNG", transparency=9)).tolist() == [[7, 255]]
    colour = Image.fromarray(np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8))
    assert opened(encoded(colour, "PNG", transparency=(1, 2, 3))).tolist() == [[[255] * 3, [4, 5, 6]]]


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_sixteen_bits_are_scaled_to_eight(kind: str) -> None:
    values = np.array([[0, 257, 65535], [128, 129, 32896]], np.uint16)
    assert opened(encoded(Image.fromarray(values), kind)).tolist() == [[0, 1, 255], [0, 1, 128]]


def test_numbers_from_0_to_1_are_scaled_and_others_refused() -> None:
    values = np.array([[0, 0.5, 1]], np.float32)
    assert opened(encoded(Image.fromarray(values), "TIFF")).tolist() == [[0, 128, 255]]
    with pytest.raises(PictureError, match="values from 0 to 2, which must be from 0 to 1"):
        opened(encoded(Image.fromarray(values * 2), "TIFF"))
    with pytest.raises(PictureError, match="values from -1 to 7, which must be from 0 to 65535"):
        opened(encoded(Image.fromarray(np.array([[-1, 7]], np.int32)), "TIFF"))


def test_cmyk_is_shown_in_red_green_and_blue() -> None:
    image = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    for kind in ("TIFF", "JPEG"):
        found = opened(encoded(image, kind))
        assert found.shape == (16, 16, 3)
        assert np.abs(found.astype(int) - (255, 0, 0)).max() < 8, kind


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_upright(kind: str, orientation: int) -> None:
    upright = Image.new("L", (32, 16), 0)
    upright.paste(255, (0, 0, 16, 8))  # white at the upper left
    back = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]  # the methods of Pillow that undo it
    stored = upright if back is None else upright.transpose(Image.Transpose(back))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind == "JPEG" else {}
    found = decode_bytes(encoded(stored.convert("RGB"), kind, exif=exif, **options), "turned")
    assert found.size == (32, 16)
    assert np.abs(np.asarray(found.convert("L")).astype(int) - np.asarray(upright)).max() < 20


def test_broken_remarks_do_not_break_a_picture() -> None:
    found = decode_bytes(encoded(COLOUR, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff garbage"), "a picture")
    assert found.size == COLOUR.size


def png(width: int, height: int, data: bytes = b"") -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


WRONG: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "empty": (lambda: b"", "an empty file", "they are empty files"),
    "text": (lambda: b"hello " * 20, "none of them", "they are no pictures"),
    "postscript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "none of them", "no pictures"),
    "truncated": (lambda: encoded(COLOUR)[:-40], "broken or cut off", "they are broken or cut off"),
    "truncated jpeg": (lambda: encoded(COLOUR, "JPEG")[:-30], "broken or cut off", "they are broken"),
    "huge": (lambda: png(100_000, 100_000), "at most 100,000,000 pixels", "more than 100,000,000 pixels"),
    "large": (lambda: png(20_000, 8_000), r"pixels\. Received: 20,000 x 8,000", "more than 100,000,000 pixels"),
    "no data": (lambda: png(30, 30), "broken or cut off", "they are broken"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_said_with_the_name_of_the_file(tmp_path: Path, kind: str) -> None:
    make, message, reason = WRONG[kind]
    path = tmp_path / "x.png"
    path.write_bytes(make())
    with pytest.raises(PictureError, match=message) as caught:
        decode_file(path)
    assert caught.value.message.startswith(str(path))
    assert reason in caught.value.reason
    assert caught.value.hint
    assert caught.value.exit_code == 3


def test_a_file_that_is_missing_or_a_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "x.png", tmp_path, Path("a\0b")):
        for read in (decode_file, read_bytes):
            with pytest.raises(PictureError, match="cannot be read: there is no such file"):
                read(path)


def test_a_file_larger_than_any_picture_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_picture(tmp_path / "x.png")
    monkeypatch.setattr(decoding, "MAX_BYTES", 50)
    for read in (decode_file, read_bytes):
        with pytest.raises(PictureError, match="it has more than 50 bytes"):
            read(path)
    with pytest.raises(PictureError, match="standard input cannot be read: it has more than 50 bytes"):
        decoding.read_stream(io.BytesIO(bytes(51)), "standard input")


def test_pictures_that_are_cut_off_stay_refused_and_no_warning_leaves(recwarn: pytest.WarningsRecorder) -> None:
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False
    warnings.simplefilter("always")
    filters = list(warnings.filters)
    content = png(10_000, 9_500)  # beyond the size of which Pillow warns
    good = encoded(COLOUR.quantize(8), "PNG", transparency=bytes([0, 128, 255]))  # of which it warns too

    def attempt(number: int) -> bool:
        try:
            decode_bytes(good if number % 2 else content, "a picture")
        except PictureError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(attempt, range(40))) == [bool(number % 2) for number in range(40)]
    assert not list(recwarn)
    assert warnings.filters == filters
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False
