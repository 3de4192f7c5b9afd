"""Pictures that are prepared as pixels, for a network that is trained on them."""

from pathlib import Path

import numpy as np
import pytest

from helpers.prepared import files, prepared, spec_of
from unspool.data.batches import ImageSource
from unspool.data.pictures.picture import (
    picture_of_pixels,
)
from unspool.errors import ModelFolderError
from unspool.folder.model_folder import ModelFolder
from unspool.specs.pictures import PictureInputSpec
from unspool.tasks.pictures.encoding import PictureEncoding
from unspool.tasks.pictures.inputs import with_augmentation
from unspool.tasks.pictures.prepare import pixel_shape
from unspool.tasks.pictures.reader import PictureReader, open_pictures


@pytest.fixture
def folder(tmp_path: Path) -> ModelFolder:
    found = ModelFolder(tmp_path / "runs" / "m")
    found.create()
    return found


def pixels(reader: PictureReader, generator: np.random.Generator | None = None) -> np.ndarray:
    source = reader.source(np.arange(len(reader)), generator)
    assert isinstance(source, ImageSource)
    return source.pixels


def test_small_pictures_stay_as_they_are_for_a_network_of_the_project(folder: ModelFolder) -> None:
    given = np.random.default_rng(0).integers(0, 256, (6, 28, 20), np.uint8)
    pictures = [picture_of_pixels(f"digit {number}", one) for number, one in enumerate(given)]
    kept, seen, findings = prepared(folder, pictures[:4], spec_of())
    prepared(folder, pictures[4:], spec_of(), "validation")
    assert (seen.kind, seen.height, seen.width, seen.channels) == ("cnn", 28, 20, 1)
    assert kept == [0, 1, 2, 3]
    assert "pictures are read as pictures of 28 x 20 pixels, grey." in findings.lines
    assert np.array_equal(pixels(open_pictures(folder, "training", seen, True))[..., 0], given[:4])
    reader = open_pictures(folder, "validation", seen, True)
    assert np.array_equal(pixels(reader)[..., 0], given[4:])
    assert np.array_equal(reader.thumbnail(1), np.repeat(given[5][..., None], 3, 2))
    assert np.array_equal(pixels(PictureEncoding(folder, seen).read_all(pictures))[..., 0], given)


def test_the_held_out_pictures_have_the_size_of_the_others(folder: ModelFolder, tmp_path: Path) -> None:
    _, seen, _ = prepared(folder, files(tmp_path / "p", size=20), spec_of())
    kept, held_out, _ = prepared(folder, files(tmp_path / "q", size=50), spec_of(), "validation")
    assert held_out == seen
    assert len(kept) == 5
    assert pixels(open_pictures(folder, "validation", seen, True)).shape == (5, 20, 20, 3)


@pytest.mark.parametrize(
    ("sizes", "requested", "shape"),
    [
        ([(28, 28)] * 3, 0, (28, 28, 1)),
        ([(64, 64)] * 3, 0, (64, 64, 1)),
        ([(300, 200)] * 3, 0, (64, 43, 1)),
        ([(300, 200), (200, 300), (90, 90)], 0, (64, 64, 1)),
        ([(30, 20), (20, 30), (40, 25)], 0, (30, 25, 1)),
        ([(300, 200)] * 3, 48, (48, 48, 1)),
        ([(1000, 3)] * 3, 0, (64, 1, 1)),
    ],
)
def test_the_size_follows_from_the_pictures(
    sizes: list[tuple[int, int]], requested: int, shape: tuple[int, int, int]
) -> None:
    pictures = [picture_of_pixels("grey", np.zeros(size, np.uint8)) for size in sizes]
    assert pixel_shape(pictures, requested) == shape
    coloured = picture_of_pixels("coloured", np.zeros((*sizes[0], 3), np.uint8))
    assert pixel_shape([*pictures[1:], coloured], requested)[2] == 3


def test_pictures_are_changed_only_in_training_and_as_the_seed_says(folder: ModelFolder, tmp_path: Path) -> None:
    pictures = files(tmp_path / "p", 12)
    _, seen, _ = prepared(folder, pictures, spec_of())
    spec = with_augmentation(spec_of(), seen, mirrored=True)
    assert (spec.flip, spec.shift) == (True, 1)
    reader = open_pictures(folder, "training", seen, True, spec)
    plain, one, same, other = (
        pixels(reader, generator) for generator in (None, *(np.random.default_rng(seed) for seed in (1, 1, 2)))
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one, plain)
    unchanged = open_pictures(folder, "training", seen, True)
    assert np.array_equal(pixels(unchanged, np.random.default_rng(1)), plain)


def test_what_is_changed_in_training_follows_from_the_pictures_unless_it_is_said() -> None:
    grey = PictureInputSpec(kind="cnn", height=28, width=28, channels=1)
    coloured = PictureInputSpec(kind="cnn", height=64, width=64, channels=3)
    tiny = PictureInputSpec(kind="cnn", height=8, width=8, channels=1)
    given = PictureInputSpec(kind="features", features=5)
    for seen, mirrored, expected in (
        (grey, True, (False, 1)),
        (coloured, True, (True, 1)),
        (coloured, False, (False, 1)),
        (tiny, True, (False, 1)),
        (given, True, (True, None)),
        (given, False, (False, None)),
    ):
        spec = with_augmentation(spec_of(), seen, mirrored)
        assert (spec.flip, spec.shift) == expected
    said = with_augmentation(spec_of(flip=True, shift=0), grey, mirrored=False)
    assert (said.flip, said.shift) == (True, 0)


def test_damaged_pixels_are_a_damaged_folder(folder: ModelFolder, tmp_path: Path) -> None:
    _, seen, _ = prepared(folder, files(tmp_path / "p"), spec_of())
    other = PictureInputSpec(kind="cnn", height=16, width=8)
    with pytest.raises(ModelFolderError, match="do not fit"):
        open_pictures(folder, "training", other, verify=False)
    path = folder.training / "training.pixels"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelFolderError, match="missing or damaged"):
        open_pictures(folder, "training", seen, verify=False)
