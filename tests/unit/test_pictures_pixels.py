"""Pictures on disk as pixels: whole, in order, checked; and small shifts that lose nothing else."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.layouts import encoded, noise
from unspool.data.findings import Findings
from unspool.data.pictures.augment import augmented, mirrored_features
from unspool.data.pictures.picture import Picture, as_picture, picture_in_bytes
from unspool.data.pictures.pixels import CHUNK, open_pixels, pixels_of, write_pixels
from unspool.errors import DataError, ModelFolderError, OutputError


def broken(name: str) -> Picture:
    return picture_in_bytes(name, lambda: b"nothing")


def written(folder: Path, pictures: list[Picture], height: int = 8, width: int = 6, channels: int = 3) -> list[int]:
    kept = write_pixels(folder, "training", pictures, height, width, channels, Findings(), lambda count: None)
    return kept.tolist()


def test_pictures_of_their_own_size_are_written_as_they_are(tmp_path: Path) -> None:
    arrays = [noise(seed) for seed in range(5)]
    assert written(tmp_path, [as_picture(array) for array in arrays]) == [0, 1, 2, 3, 4]
    found = open_pixels(tmp_path, "training")
    assert found.dtype == np.uint8
    assert np.array_equal(found, np.stack(arrays))


def test_the_whole_picture_is_resized() -> None:
    image = Image.new("RGB", (400, 100), "red")
    image.paste("blue", (200, 0, 400, 100))
    found = pixels_of(image, 10, 20, 3)
    assert found.shape == (10, 20, 3)
    assert (found[:, 0] == (255, 0, 0)).all()
    assert (found[:, -1] == (0, 0, 255)).all()
    assert pixels_of(image, 10, 20, 1).shape == (10, 20, 1)


def test_a_large_picture_is_averaged_rather_than_sampled() -> None:
    stripes = Image.fromarray(np.tile(np.array([[0, 255]], np.uint8), (300, 150)))
    assert np.abs(pixels_of(stripes, 5, 5, 1).astype(int) - 128).max() < 8


def test_grey_and_colour_become_what_is_requested(tmp_path: Path) -> None:
    assert written(tmp_path, [as_picture(noise(1, channels=1)), as_picture(noise(2))]) == [0, 1]
    found = open_pixels(tmp_path, "training")
    assert np.array_equal(found[0], np.repeat(noise(1, channels=1)[..., None], 3, axis=2))
    assert written(tmp_path, [as_picture(noise(2))], channels=1) == [0]
    assert open_pixels(tmp_path, "training").shape == (1, 8, 6, 1)


def test_broken_pictures_are_left_out_counted_and_named(tmp_path: Path) -> None:
    findings, progress = Findings(), list[int]()
    pictures = [as_picture(noise(seed)) for seed in range(CHUNK + 40)]
    pictures[3], pictures[CHUNK + 7] = broken("a/b.png"), broken("a/c.png")
    kept = write_pixels(tmp_path, "training", pictures, 8, 6, 3, findings, progress.append).tolist()
    assert kept == [number for number in range(CHUNK + 40) if number not in (3, CHUNK + 7)]
    assert findings.lines == ["pictures left out because they are no pictures: 2, the first b.png."]
    assert np.array_equal(open_pixels(tmp_path, "training"), np.stack([noise(seed) for seed in kept]))
    assert progress == [CHUNK, CHUNK + 40]


def test_nothing_but_broken_pictures_is_an_error_that_names_the_first(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no picture can be read. Received: 2; the first: a.png must be a picture"):
        written(tmp_path, [broken("a.png"), broken("b.png")])
    with pytest.raises(ModelFolderError):
        open_pixels(tmp_path, "training")


def test_a_run_that_died_while_it_wrote_has_no_pictures(tmp_path: Path) -> None:
    written(tmp_path, [as_picture(noise())])

    def dies() -> bytes:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        written(tmp_path, [as_picture(noise()), picture_in_bytes("x", dies)])
    with pytest.raises(ModelFolderError, match="training part are missing or damaged"):
        open_pixels(tmp_path, "training")
    assert written(tmp_path, [as_picture(noise())]) == [0]
    assert len(open_pixels(tmp_path, "training")) == 1


def test_damage_is_found(tmp_path: Path) -> None:
    written(tmp_path, [as_picture(noise(seed)) for seed in range(3)])
    path, about = tmp_path / "training.pixels", tmp_path / "training.pixels.json"
    sound, said = path.read_bytes(), about.read_bytes()
    path.write_bytes(sound[:-1])
    with pytest.raises(ModelFolderError, match="not the size it was written with"):
        open_pixels(tmp_path, "training", verify=False)
    path.write_bytes(bytes([sound[0] ^ 1]) + sound[1:])
    with pytest.raises(ModelFolderError, match="not those that were written"):
        open_pixels(tmp_path, "training")
    assert open_pixels(tmp_path, "training", verify=False).shape == (3, 8, 6, 3)
    path.write_bytes(sound)
    for content in (b"", b"{}", said.replace(b"3", b"-3"), b"[" * 99_999, said.replace(b"8", b"9" * 40)):
        about.write_bytes(content)
        with pytest.raises(ModelFolderError):
            open_pixels(tmp_path, "training")


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        written(tmp_path / "none", [as_picture(noise())])


def test_shifts_and_flips_are_those_that_were_drawn() -> None:
    pixels = np.stack([noise(seed) for seed in range(64)])
    before = pixels.copy()
    found = augmented(pixels, np.random.default_rng(0), flip=True, shift=2)
    assert np.array_equal(pixels, before)
    again = augmented(pixels, np.random.default_rng(0), flip=True, shift=2)
    assert np.array_equal(found, again)
    kinds = set()
    for one, changed in zip(pixels, found, strict=True):
        padded = np.pad(one, ((2, 2), (2, 2), (0, 0)), mode="edge")
        kinds.add(
            next(
                (down, right, flipped)
                for down in range(5)
                for right in range(5)
                for flipped in (False, True)
                if np.array_equal(padded[down : down + 8, right : right + 6][:, :: -1 if flipped else 1], changed)
            )
        )
    assert len(kinds) > 25
    assert {flipped for _, _, flipped in kinds} == {False, True}


def test_nothing_is_changed_where_nothing_is_allowed() -> None:
    pixels = np.stack([noise(seed) for seed in range(4)])
    assert np.array_equal(augmented(pixels, np.random.default_rng(0), flip=False, shift=0), pixels)


def test_equal_files_give_equal_pixels_whatever_their_format(tmp_path: Path) -> None:
    image = Image.fromarray(noise(9))
    pictures = [picture_in_bytes(kind, lambda kind=kind: encoded(image, kind)) for kind in ("PNG", "BMP", "TIFF")]
    assert written(tmp_path, pictures) == [0, 1, 2]
    assert (open_pixels(tmp_path, "training") == noise(9)).all()


def test_features_are_mirrored_position_by_position_in_half_of_the_pictures() -> None:
    features = np.arange(200 * 9 * 2, dtype=np.float16).reshape(200, 9, 2)
    found = mirrored_features(features, np.random.default_rng(0))
    mirrored = features[:, [2, 1, 0, 5, 4, 3, 8, 7, 6]]
    same = (found == features).all(axis=(1, 2))
    assert 60 < same.sum() < 140
    assert np.array_equal(found[same], features[same])
    assert np.array_equal(found[~same], mirrored[~same])
    assert np.array_equal(found, mirrored_features(features, np.random.default_rng(0)))


@pytest.mark.parametrize("positions", [2, 5])
def test_features_that_form_no_grid_stay_as_they_are(positions: int) -> None:
    features = np.random.default_rng(0).random((8, positions, 3)).astype(np.float16)
    assert np.array_equal(mirrored_features(features, np.random.default_rng(1)), features)
