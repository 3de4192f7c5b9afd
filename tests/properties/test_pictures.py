"""Whatever layout pictures are written in, their names, captions and labels come back in order."""

import csv
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from helpers.layouts import arrow_table, encoded, names_of, noise, save_to_disk, write_idx, write_picture
from unspool.data.findings import Findings
from unspool.data.pictures.lists import divide_listed
from unspool.data.pictures.picture import DescribedPicture, as_picture
from unspool.data.pictures.pixels import open_pixels, write_pixels
from unspool.data.pictures.reading import pictures_of, read_captioned, read_labelled_pictures
from unspool.specs.pictures import PictureDataSpec
from unspool.text.cleaning import clean

LAYOUTS = ("jsonl", "lists", "csv", "tsv", "saved", "parquet")
words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
captions = words.map(clean).map(str.strip).filter(lambda text: text and not text.startswith("["))
names = st.text(st.characters(codec="utf-8", categories=["L", "Nd"]), min_size=1, max_size=8).map(lambda t: f"x{t}.png")
described = st.dictionaries(names, st.lists(captions, min_size=1, max_size=3), min_size=1, max_size=5)
shapes = st.one_of(
    arrays.array_shapes(min_dims=2, max_dims=2, max_side=9),
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3])),
)


def write(folder: Path, layout: str, content: dict[str, list[str]]) -> Path:
    """Write pictures with their captions, the captions of each picture together, and return what names them."""
    rows = [(name, text) for name, texts in content.items() for text in texts]
    if layout in ("saved", "parquet"):
        contents = {name: encoded(Image.fromarray(noise(seed))) for seed, name in enumerate(content)}
        images = [{"bytes": contents[name], "path": name} for name, _ in rows]
        table = arrow_table({"image": images, "text": [text for _, text in rows]})
        if layout == "saved":
            return save_to_disk(folder, table)
        from pyarrow import parquet

        parquet.write_table(table, folder / "t.parquet")
        return folder / "t.parquet"
    for seed, name in enumerate(content):
        write_picture(folder / name, seed)
    if layout in ("jsonl", "lists"):
        many = list(content.items()) if layout == "lists" else rows
        lines = "".join(json.dumps({"file_name": name, "text": text}) + "\n" for name, text in many)
        (folder / "metadata.jsonl").write_text(lines, encoding="utf-8")
        return folder
    if layout == "tsv":
        flat = (f"{name}#{number}\t{' '.join(text.split())}\n" for number, (name, text) in enumerate(rows))
        (folder / "captions.tsv").write_text("".join(flat), encoding="utf-8", newline="")
        return folder
    with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("file_name", "text"), *rows])
    return folder


@settings(max_examples=60, deadline=None)
@given(layout=st.sampled_from(LAYOUTS), content=described)
def test_captions_come_back_in_order(layout: str, content: dict[str, list[str]]) -> None:
    if layout == "tsv":  # whose cells are quoted only where a row needs it
        content = {name: [text.replace('"', "'") for text in texts] for name, texts in content.items()}
        content = {name: [" ".join(text.split()) for text in texts] for name, texts in content.items()}
        content = {name: [text for text in texts if text.isprintable()] or ["x"] for name, texts in content.items()}
    with TemporaryDirectory() as folder:
        findings = Findings()
        rows = read_captioned([str(write(Path(folder), layout, content))], PictureDataSpec(), (), findings)
        assert [list(row.texts) for row in rows] == list(content.values())
        assert not findings.warnings
        for seed, row in enumerate(rows):
            assert np.array_equal(np.asarray(row.picture.open()), noise(seed))
        if layout not in ("saved", "parquet"):
            assert names_of(rows) == list(content)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), min_size=1, max_size=12))
def test_every_picture_of_a_class_comes_back_once(files: list[tuple[str, bool]]) -> None:
    with TemporaryDirectory() as folder:
        expected = []
        for number, (label, deeper) in enumerate(files):
            path = Path(folder, label, "in" if deeper else "", f"{number}.png")
            write_picture(path, number)
            expected.append((str(path), label))
        rows = read_labelled_pictures([folder], PictureDataSpec(), None, Findings())
        assert sorted((row.picture.name, row.label) for row in rows) == sorted(expected)
        assert sorted(picture.name for picture in pictures_of([folder])) == sorted(name for name, _ in expected)


@settings(max_examples=40, deadline=None)
@given(
    pixels=arrays.arrays(np.uint8, arrays.array_shapes(min_dims=3, max_dims=3, max_side=6)),
    compressed=st.booleans(),
    data=st.data(),
)
def test_idx_files_give_back_what_was_written(pixels: np.ndarray, compressed: bool, data: st.DataObject) -> None:
    labels = data.draw(arrays.arrays(np.uint8, len(pixels)))
    end = ".gz" if compressed else ""
    with TemporaryDirectory() as folder:
        write_idx(Path(folder, f"images-idx3-ubyte{end}"), pixels)
        write_idx(Path(folder, f"labels-idx1-ubyte{end}"), labels)
        rows = read_labelled_pictures([folder], PictureDataSpec(), None, Findings())
        assert [row.label for row in rows] == [str(label) for label in labels]
        assert np.array_equal(np.stack([np.asarray(row.picture.open()) for row in rows]), pixels)


@settings(max_examples=60, deadline=None)
@given(array=shapes.flatmap(lambda shape: arrays.arrays(np.uint8, shape)))
def test_arrays_come_back_through_any_door(array: np.ndarray) -> None:
    flat = array[..., 0] if array.shape[2:] == (1,) else array
    channels = 3 if array.shape[2:] == (3,) else 1
    image = Image.fromarray(flat)
    for item in (array, image, array.astype(np.float64) / 255):
        assert np.array_equal(np.asarray(as_picture(item).open()), flat)
    with TemporaryDirectory() as folder:
        size = array.shape[:2]
        write_pixels(Path(folder), "x", [as_picture(array)], *size, channels, Findings(), lambda count: None)
        assert np.array_equal(open_pixels(Path(folder), "x")[0], flat.reshape(*size, channels))


@given(st.lists(st.integers(0, 9), unique=True), st.data())
def test_a_list_divides_pictures_without_losing_one(numbers: list[int], data: st.DataObject) -> None:
    rows = [DescribedPicture(as_picture(np.zeros((1, 1), np.uint8), number)) for number in numbers]
    if not rows:
        return
    listed = data.draw(st.sets(st.sampled_from([row.picture.name for row in rows]), min_size=1))
    others, chosen = divide_listed(rows, listed, Findings())
    assert [row.picture.name for row in chosen] == [row.picture.name for row in rows if row.picture.name in listed]
    assert sorted(row.picture.name for row in others + chosen) == sorted(row.picture.name for row in rows)
