"""Pictures in IDX files and inside tables of Arrow and Parquet."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from helpers.layouts import (
    FEATURES,
    arrow_table,
    encoded,
    noise,
    save_dict_to_disk,
    save_to_disk,
    write_idx,
    write_picture,
)
from unspool.data.findings import Findings
from unspool.data.pictures.picture import DescribedPicture
from unspool.data.pictures.reading import pictures_of, read_captioned, read_labelled_pictures
from unspool.errors import DataError
from unspool.specs.pictures import PictureDataSpec

PIXELS = np.stack([noise(seed, channels=1) for seed in range(5)])
LABELS = np.array([3, 0, 3, 1, 0], np.uint8)
TRAIN, TEST = "train-images-idx3-ubyte", "t10k-images-idx3-ubyte"


def captioned(path: Path, *text: str, **settings: Any) -> tuple[list[DescribedPicture], Findings]:
    findings = Findings()
    return read_captioned([str(path)], PictureDataSpec(**settings), text, findings), findings


def labelled(path: Path, label: str | None = None) -> tuple[list[DescribedPicture], Findings]:
    findings = Findings()
    return read_labelled_pictures([str(path)], PictureDataSpec(), label, findings), findings


def pixels(row: DescribedPicture) -> np.ndarray:
    return np.asarray(row.picture.open())


def png(seed: int) -> bytes:
    return encoded(Image.fromarray(noise(seed)))


def labels_for(name: str) -> str:
    return name.replace("images", "labels").replace("idx3", "idx1")


@pytest.mark.parametrize("name", [TRAIN, f"{TRAIN}.gz", "train-images.idx3-ubyte", "images-idx3-ubyte.gz"])
def test_idx_files_give_pictures_and_labels(tmp_path: Path, name: str) -> None:
    write_idx(tmp_path / name, PIXELS)
    write_idx(tmp_path / labels_for(name), LABELS)
    for path in (tmp_path, tmp_path / name):
        rows, findings = labelled(path)
        assert [row.label for row in rows] == ["3", "0", "3", "1", "0"]
        assert np.array_equal(np.stack([pixels(row) for row in rows]), PIXELS)
        assert not findings.lines
    assert rows[1].picture.name == f"{tmp_path / name}, picture 2"
    assert len(pictures_of([str(tmp_path / name)])) == 5


def test_pictures_for_tests_are_not_learnt_unless_they_are_named(tmp_path: Path) -> None:
    for name, count in ((TRAIN, 5), (f"{TEST}.gz", 2)):
        write_idx(tmp_path / name, PIXELS[:count])
        write_idx(tmp_path / labels_for(name), LABELS[:count])
    rows, findings = labelled(tmp_path)
    assert len(rows) == 5
    assert findings.lines == [
        f"not read in {tmp_path.name}: {TEST}.gz; --validation can name a part that is to be held out."
    ]
    assert [row.label for row in labelled(tmp_path / f"{TEST}.gz")[0]] == ["3", "0"]


def test_coloured_idx_files_are_read(tmp_path: Path) -> None:
    colours = np.stack([noise(seed) for seed in range(2)])
    write_idx(tmp_path / "train-images-idx4-ubyte", colours)
    write_idx(tmp_path / "train-labels-idx1-ubyte", LABELS[:2])
    assert np.array_equal(np.stack([pixels(row) for row in labelled(tmp_path)[0]]), colours)


DAMAGES = {
    "cut off": lambda data: data[:-3],
    "longer": lambda data: data + b"x",
    "another head": lambda data: b"\1" + data[1:],
    "empty": lambda data: b"",
    "short": lambda data: data[:9],
    "huge": lambda data: data[:8] + b"\xff" * 8 + data[16:],
    "none": lambda data: data[:4] + bytes(12),
    "half of gzip": lambda data: gzip.compress(data)[:-20],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_idx_file_is_refused(tmp_path: Path, damage: str) -> None:
    path = write_idx(tmp_path / TRAIN, PIXELS)
    write_idx(tmp_path / labels_for(TRAIN), LABELS)
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    with pytest.raises(DataError, match=f"{TRAIN} is no whole IDX file"):
        labelled(tmp_path)


def test_labels_must_be_there_and_fit(tmp_path: Path) -> None:
    write_idx(tmp_path / TRAIN, PIXELS)
    with pytest.raises(DataError, match="must have its labels beside it"):
        labelled(tmp_path)
    write_idx(tmp_path / labels_for(TRAIN), LABELS[:4])
    with pytest.raises(DataError, match="4 labels for 5 pictures"):
        labelled(tmp_path)


COLUMNS = {"image": [png(0), png(1), png(2)], "caption": ["one", "two", "three"], "label": [1, 0, 1]}


def parquet(path: Path, table: Any) -> Path:
    from pyarrow import parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(table, path)
    return path


@pytest.mark.parametrize("layout", ["saved", "shards", "parts", "parquet", "parquet parts", "data", "arrow"])
def test_a_data_set_on_disk_gives_captions_and_labels(tmp_path: Path, layout: str) -> None:
    table, other = arrow_table(COLUMNS, FEATURES), arrow_table({name: values[:1] for name, values in COLUMNS.items()})
    path = tmp_path / "set"
    if layout in ("saved", "shards", "arrow"):
        save_to_disk(path, table, 2 if layout == "shards" else 1)
        path = path / "data-00000-of-00001.arrow" if layout == "arrow" else path
    elif layout == "parts":
        save_dict_to_disk(path, {"test": other, "train": table})
    elif layout == "parquet":
        path = parquet(path / "x.parquet", table)
    else:
        inner = path / "data" if layout == "data" else path
        parquet(inner / "train-00000-of-00002.parquet", table.slice(0, 2))
        parquet(inner / "train-00001-of-00002.parquet", table.slice(2))
        parquet(inner / "test-00000-of-00001.parquet", other)
    rows, findings = captioned(path)
    assert [row.texts for row in rows] == [("one",), ("two",), ("three",)]
    assert all(np.array_equal(pixels(row), noise(seed)) for seed, row in enumerate(rows))
    assert [row.picture.content() for row in rows] == COLUMNS["image"]
    assert len(findings.lines) == (1 if layout in ("parts", "parquet parts", "data") else 0)
    assert [row.label for row in labelled(path)[0]] == ["dog", "cat", "dog"]
    assert rows[0].picture.name.endswith(", row 1")
    assert [picture.name for picture in pictures_of([str(path)])] == [row.picture.name for row in rows]


def test_rows_of_the_same_picture_become_one_with_several_captions(tmp_path: Path) -> None:
    images = [png(0), png(1), png(0)]
    rows, _ = captioned(save_to_disk(tmp_path, arrow_table({"image": images, "text": ["a", "b", "a"]})))
    assert [row.texts for row in rows] == [("a", "a"), ("b",)]


def test_lists_and_several_columns_are_several_captions(tmp_path: Path) -> None:
    columns = {"image": [png(0)], "captions": [["a", "b"]], "caption_1": ["c"], "n": [1]}
    path = save_to_disk(tmp_path, arrow_table(columns))
    assert captioned(path)[0][0].texts == ("a", "b", "c")
    assert captioned(path, "caption_1")[0][0].texts == ("c",)
    with pytest.raises(DataError, match="column 'n' must hold text"):
        captioned(path, "n")
    with pytest.raises(DataError, match="has no column 'm'"):
        captioned(path, "m")


@pytest.mark.parametrize("kind", ["binary", "large_binary", "struct"])
def test_a_column_of_bytes_is_one_of_pictures(tmp_path: Path, kind: str) -> None:
    import pyarrow

    types = {"binary": pyarrow.binary(), "large_binary": pyarrow.large_binary()}
    image = pyarrow.array([png(0), png(1)], types.get(kind, pyarrow.binary()))
    if kind == "struct":
        image = pyarrow.StructArray.from_arrays([image], ["bytes"])
    table = pyarrow.table({"image": image, "text": ["a", "b"]})
    for path in (parquet(tmp_path / "x.parquet", table), save_to_disk(tmp_path / "s", table)):
        rows, _ = captioned(path)
        assert np.array_equal(pixels(rows[1]), noise(1))


def test_pictures_beside_the_table_and_rows_without_one(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", 4)
    images = [{"bytes": None, "path": "a.png"}, {"bytes": None, "path": None}, None, {"bytes": png(1), "path": "x"}]
    table = arrow_table({"image": images, "text": ["a", "b", "c", None], "label": [0, 1, 1, -1]}, FEATURES)
    for path in (parquet(tmp_path / "x.parquet", table), save_to_disk(tmp_path, table) / "data-00000-of-00001.arrow"):
        rows, findings = captioned(path)
        assert [row.texts for row in rows] == [("a",)]
        assert np.array_equal(pixels(rows[0]), noise(4))
        assert findings.lines == [
            f"rows left out because they have no picture: 2, the first in {path.name}, row 2.",
            f"captions left out because they are empty: 1, the first in {path.name}, row 4.",
            f"pictures left out because they have no caption: 1, the first {path.name}, row 4.",
        ]
        rows, findings = labelled(path)
        assert [row.label for row in rows] == ["cat"]
        assert f"rows left out because 'label' is empty: 1, the first in {path.name}, row 4." in findings.lines


def test_a_damaged_data_set_is_refused(tmp_path: Path) -> None:
    path = save_to_disk(tmp_path / "set", arrow_table(COLUMNS, FEATURES))
    file, state = path / "data-00000-of-00001.arrow", path / "state.json"
    sound = file.read_bytes()
    for content in (sound[:200], b"", b"\0" * 64, sound[: len(sound) // 2]):
        file.write_bytes(content)
        with pytest.raises(DataError):
            captioned(path)
    file.unlink()
    with pytest.raises(DataError, match=r"data-00000-of-00001\.arrow is missing"):
        captioned(path)
    for content in ("{}", "[", '{"_data_files": [7]}', '{"_data_files": {}}'):
        state.write_text(content)
        with pytest.raises(DataError, match=r"state\.json is damaged"):
            captioned(path)
    table = parquet(tmp_path / "x.parquet", arrow_table(COLUMNS))
    table.write_bytes(table.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"x\.parquet cannot be read"):
        captioned(table)


def test_a_number_without_a_name_is_refused(tmp_path: Path) -> None:
    path = save_to_disk(tmp_path, arrow_table({"image": [png(0)], "label": [7]}, FEATURES))
    with pytest.raises(DataError, match=r"must be the number of one of 2 names\. Received: 7"):
        labelled(path)
