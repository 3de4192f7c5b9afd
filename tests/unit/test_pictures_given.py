"""Pictures are given in Python as paths, Pillow images and arrays; anything else is refused with the rule."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from helpers.layouts import encoded, noise, write_picture
from unspool.data.pictures.picture import Picture, as_picture
from unspool.errors import PictureError, UsageError


def pixels(item: Any) -> np.ndarray:
    return np.asarray(as_picture(item).open())


def test_a_path_names_a_file(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.png", 3)
    for item in (path, str(path)):
        picture = as_picture(item)
        assert picture.name == str(path)
        assert picture.content() == path.read_bytes()
        assert np.array_equal(np.asarray(picture.open()), noise(3))


def test_a_file_that_does_not_exist_is_refused_at_once(tmp_path: Path) -> None:
    for name in ("nothing.png", "", "a\0b", "x" * 9999):
        with pytest.raises(PictureError, match="does not exist"):
            as_picture(tmp_path / name if name else tmp_path)


@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 1), (5, 4, 3), (5, 4, 4)])
def test_an_array_of_bytes_is_its_pixels(shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    if shape[2:] == (4,):
        array[..., 3] = 255
    expected = array[..., :3] if shape[2:] == (4,) else array.reshape(5, 4) if shape[2:] == (1,) else array
    assert np.array_equal(pixels(array), expected)


def test_numbers_from_0_to_1_are_scaled() -> None:
    array = np.array([[0, 0.25, 1]])
    for kind in (np.float16, np.float32, np.float64):
        assert pixels(array.astype(kind)).tolist() == [[0, 64, 255]]


def test_the_order_of_the_bytes_in_memory_does_not_matter() -> None:
    array = noise(4)
    assert np.array_equal(pixels(array[::-1, ::-1]), array[::-1, ::-1])
    assert np.array_equal(pixels(np.asfortranarray(array)), array)
    assert as_picture(np.asfortranarray(array)).content() == as_picture(array).content()


def test_what_is_transparent_in_an_array_is_white() -> None:
    array = np.zeros((2, 2, 4), np.uint8)
    assert (pixels(array) == 255).all()


REFUSED: list[tuple[Any, str, str]] = [
    (np.zeros((3, 5, 4), np.uint8), r"Received: \[3, 5, 4\]\.", ""),
    (np.zeros((3, 50, 40), np.uint8), r"Received: \[3, 50, 40\]\.", "transpose(1, 2, 0)"),
    (np.zeros((2, 5, 4, 3), np.uint8), r"Received: \[2, 5, 4, 3\]\.", "path"),
    (np.zeros((0, 4), np.uint8), r"Received: \[0, 4\]\.", "path"),
    (np.zeros(7, np.uint8), r"Received: \[7\]\.", "path"),
    (np.zeros((5, 4), np.int64), "Received: int64", "astype('uint8')"),
    (np.zeros((5, 4), bool), "Received: bool", "astype('uint8')"),
    (np.full((5, 4), 255.0), "Received: 255 to 255", "divide"),
    (np.full((5, 4), -0.1), "Received: -0.1 to -0.1", "divide"),
    (np.full((5, 4), np.nan), "Received: nan to nan", "divide"),
    (b"\x89PNG", "Received: bytes", "path"),
    ([[0, 1]], "Received: list", "path"),
    (None, "Received: NoneType", "path"),
]


@pytest.mark.parametrize(("item", "message", "hint"), REFUSED[1:], ids=lambda value: str(value)[:20])
def test_other_things_are_refused_with_the_rule(item: Any, message: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"^picture 7.*{message}") as caught:
        as_picture(item, 7)
    assert hint in caught.value.hint


def test_an_image_of_pillow_is_read_as_a_file_would_be(tmp_path: Path) -> None:
    for mode in ("L", "RGB", "RGBA", "P", "CMYK", "1", "I;16"):
        image = Image.fromarray(noise(5)).convert("L" if mode == "I;16" else mode)
        if mode == "I;16":
            image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
        kind = "TIFF" if mode == "CMYK" else "PNG"
        (tmp_path / "x").write_bytes(encoded(image, kind))
        assert np.array_equal(pixels(image), pixels(tmp_path / "x")), mode
        assert image.mode == mode


def test_an_opened_image_stays_as_it_is_and_a_broken_one_is_an_error(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.png", 6)
    with Image.open(path) as image:
        first, second = as_picture(image), as_picture(image)
        assert np.array_equal(np.asarray(first.open()), noise(6))
        assert first.content() == second.content() != as_picture(noise(7)).content()
    path.write_bytes(path.read_bytes()[:-40])
    with Image.open(path) as image, pytest.raises(PictureError, match="picture 2 must be a whole picture"):
        as_picture(image, 2).open()


def test_a_picture_is_itself() -> None:
    picture = as_picture(noise())
    assert as_picture(picture) is picture
    assert isinstance(picture, Picture)
