"""Features are computed once, whole rows are found again, and nothing but whole rows."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pytest

from unspool.data.findings import Findings
from unspool.data.pictures.features import COMMIT, KEYS, RECORD, ROWS, FeatureStore, compute_features, picture_key
from unspool.data.pictures.picture import Picture, picture_of_pixels
from unspool.errors import DataError, OutputError, PictureError

POSITIONS, FEATURES = 2, 3
ROW = 2 * POSITIONS * FEATURES


class Counting:
    """Computes the mean of a picture, and counts the pictures."""

    positions, features = POSITIONS, FEATURES

    def __init__(self) -> None:
        self.computed = 0
        self._lock = Lock()

    def __call__(self, images: Sequence[Any]) -> np.ndarray:
        with self._lock:
            self.computed += len(images)
        means = np.array([np.asarray(image).mean() for image in images], np.float16)
        return np.repeat(means, POSITIONS * FEATURES).reshape(-1, POSITIONS, FEATURES)


def pictures(count: int, first: int = 0) -> list[Picture]:
    return [picture_of_pixels(f"picture {n}", np.full((2, 2), n % 256, np.uint8)) for n in range(first, first + count)]


def compute(folder: Path, some: list[Picture], findings: Findings | None = None) -> tuple[Any, int]:
    extractor = Counting()
    found = compute_features(folder, extractor, some, findings or Findings(), lambda done, total: None)
    return found, extractor.computed


def values(folder: Path, some: list[Picture], verify: bool = True) -> list[float | None]:
    store = FeatureStore(folder, POSITIONS, FEATURES)
    rows = [store.row(picture_key(picture), verify) for picture in some]
    return [None if row is None else float(store.values[row, 0, 0]) for row in rows]


def test_each_picture_is_computed_once(tmp_path: Path) -> None:
    some = pictures(50)
    found, computed = compute(tmp_path / "f", some)
    assert (list(found.kept), found.new, computed) == (list(range(50)), 50, 50)
    assert values(tmp_path / "f", some) == list(range(50))
    found, computed = compute(tmp_path / "f", pictures(60, first=20))
    assert (len(found.kept), found.new, computed) == (60, 30, 30)
    assert values(tmp_path / "f", pictures(80)) == list(range(80))
    assert len(FeatureStore(tmp_path / "f", POSITIONS, FEATURES)) == 80


def test_equal_pictures_share_a_row(tmp_path: Path) -> None:
    some = [*pictures(3), *pictures(3)]
    found, _ = compute(tmp_path, some)
    assert (list(found.kept), found.new) == (list(range(6)), 3)
    assert found.keys[:3] == found.keys[3:]
    assert len(FeatureStore(tmp_path, POSITIONS, FEATURES)) == 3


def test_pictures_that_cannot_be_read_are_left_out_and_counted_each_time(tmp_path: Path) -> None:
    def broken() -> Any:
        raise PictureError("it is broken.", "leave it out.", "they are broken")

    some = pictures(4)
    some[1] = Picture("bad.jpg", lambda: b"bad", broken)
    for new in (3, 0):
        findings = Findings()
        found, computed = compute(tmp_path, some, findings)
        assert (list(found.kept), found.new, computed) == ([0, 2, 3], new, new)
        assert findings.lines == ["pictures left out because they are broken: 1, the first bad.jpg."]
    with pytest.raises(DataError, match="no picture can be read"):
        compute(tmp_path, [some[1]])


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    compute_features(tmp_path, Counting(), pictures(70), Findings(), lambda *numbers: told.append(numbers))
    assert told == [(COMMIT, 70), (2 * COMMIT, 70), (70, 70)]


def test_whatever_part_of_the_files_is_left_only_whole_rows_are_found(tmp_path: Path) -> None:
    some = pictures(6)
    compute(tmp_path / "whole", some)
    rows, keys = ((tmp_path / "whole" / name).read_bytes() for name in (ROWS, KEYS))
    generator = np.random.default_rng(0)
    cuts = [(len(rows) - n, len(keys)) for n in range(0, len(rows) + 1, 5)]
    cuts += [(len(rows), n) for n in range(0, len(keys), 7)]
    for rest, (left_rows, left_keys) in enumerate(cuts):
        folder = tmp_path / str(rest)
        folder.mkdir()
        (folder / ROWS).write_bytes(rows[:left_rows] + (generator.bytes(ROW // 2) if rest % 3 == 0 else b""))
        (folder / KEYS).write_bytes(keys[:left_keys])
        whole = min(left_rows // ROW, left_keys // RECORD.size)
        assert values(folder, some)[:whole] == list(range(whole))
        assert all(value in (None, index) for index, value in enumerate(values(folder, some)))
        _, computed = compute(folder, some)
        assert computed <= 6 - whole
        assert values(folder, some) == list(range(6))
        assert (folder / ROWS).stat().st_size == ROW * len(FeatureStore(folder, POSITIONS, FEATURES))


def test_damaged_bytes_are_noticed_and_computed_again(tmp_path: Path) -> None:
    some = pictures(6)
    for name, size in ((ROWS, 6 * ROW), (KEYS, 6 * RECORD.size)):
        for place in range(0, size, 11):
            folder = tmp_path / f"{name}{place}"
            compute(folder, some)
            content = bytearray((folder / name).read_bytes())
            content[place] ^= 64
            (folder / name).write_bytes(content)
            found = values(folder, some)
            assert found.count(None) == 1
            assert all(value in (None, index) for index, value in enumerate(found))
            assert compute(folder, some)[1] == 1
            assert values(folder, some) == list(range(6))


def test_a_reader_keeps_its_rows_while_others_are_added(tmp_path: Path) -> None:
    compute(tmp_path, pictures(3))
    store = FeatureStore(tmp_path, POSITIONS, FEATURES)
    compute(tmp_path, pictures(40))
    assert len(store) == 3
    assert store.row(picture_key(pictures(40)[30])) is None
    row = store.row(picture_key(pictures(3)[2]))
    assert row is not None
    assert store.values[row, 0, 0] == 2


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "none", POSITIONS, FEATURES)
    assert len(store) == 0
    assert store.row(b"x" * 32) is None
    assert not (tmp_path / "none").exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file"):
        compute(tmp_path / "file" / "f", pictures(2))


def test_an_error_of_the_extractor_ends_the_computation_and_keeps_what_is_whole(tmp_path: Path) -> None:
    class Failing(Counting):
        def __call__(self, images: Sequence[Any]) -> np.ndarray:
            if np.asarray(images[0])[0, 0] == 100:
                raise DataError("it fails.", "change it.")
            return super().__call__(images)

    some = pictures(120)
    with pytest.raises(DataError, match="it fails"):
        compute_features(tmp_path, Failing(), some, Findings(), lambda done, total: None)
    whole = len(FeatureStore(tmp_path, POSITIONS, FEATURES))
    assert whole == 100 // COMMIT * COMMIT
    assert compute(tmp_path, some)[1] == 120 - whole
