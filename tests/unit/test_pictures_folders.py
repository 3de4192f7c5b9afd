"""Folders and tables of pictures are read whole: what is not used is counted aloud."""

from pathlib import Path
from typing import Any

import pytest

from helpers.layouts import names_of, write_lines, write_objects, write_picture
from unspool.data.findings import Findings
from unspool.data.pictures.picture import DescribedPicture
from unspool.data.pictures.reading import pictures_of, read_captioned, read_labelled_pictures
from unspool.errors import DataError, DataWarning
from unspool.specs.pictures import PictureDataSpec


def captioned(*names: Path, text: tuple[str, ...] = (), **settings: Any) -> tuple[list[DescribedPicture], Findings]:
    findings = Findings()
    return read_captioned([str(name) for name in names], PictureDataSpec(**settings), text, findings), findings


def labelled(*names: Path, label: str | None = None, **settings: Any) -> tuple[list[DescribedPicture], Findings]:
    findings = Findings()
    return read_labelled_pictures([str(name) for name in names], PictureDataSpec(**settings), label, findings), findings


def texts_of(rows: list[DescribedPicture]) -> dict[str, tuple[str, ...]]:
    return dict(zip(names_of(rows), (row.texts for row in rows), strict=True))


def pictures(folder: Path, *names: str) -> None:
    for seed, name in enumerate(names):
        write_picture(folder / name, seed)


EXPECTED = {"b.png": ("one", "two"), "a.png": ("three",)}
LAYOUTS: dict[str, tuple[str, list[str]]] = {
    "objects": (
        "metadata.jsonl",
        [
            '{"file_name": "b.png", "text": "one"}',
            '{"file_name": "a.png", "text": "three"}',
            '{"file_name": "b.png", "text": "two"}',
        ],
    ),
    "a list in a cell": (
        "metadata.jsonl",
        ['{"file_name": "b.png", "captions": ["one", "two"]}', '{"file_name": "a.png", "captions": ["three"]}'],
    ),
    "a list written as text": (
        "metadata.csv",
        ["file_name,caption", 'b.png,"[""one"", ""two""]"', "a.png,three"],
    ),
    "commas": ("metadata.csv", ["file_name,text", "b.png,one", "b.png,two", "a.png,three"]),
    "several columns": ("metadata.csv", ["file_name,caption_0,caption_1", "b.png,one,two", "a.png,three,three"]),
    "numbered": ("captions.tsv", ["b.png#0\tone", "b.png#1\ttwo", "a.png#0\tthree"]),
    "tabs without numbers": ("captions.txt", ["b.png\tone", "b.png\ttwo", "a.png\tthree"]),
    "as Kaggle has it": ("captions.txt", ["image,caption", "b.png,one", "b.png,two", "a.png,three"]),
    "bars": (
        "captions.csv",
        ["image_name| comment_number| comment", "b.png| 0| one", "b.png| 1| two", "a.png|0|three"],
    ),
}


@pytest.mark.parametrize("beside", ["", "images/", "Images/"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_captions_are_found_in_any_layout(tmp_path: Path, layout: str, beside: str) -> None:
    name, lines = LAYOUTS[layout]
    pictures(tmp_path, f"{beside}a.png", f"{beside}b.png")
    write_lines(tmp_path / name, *lines)
    rows, findings = captioned(tmp_path)
    expected = {**EXPECTED, "a.png": ("three", "three")} if layout == "several columns" else EXPECTED
    assert texts_of(rows) == expected
    assert names_of(rows) == ["b.png", "a.png"]
    assert not [line for line in findings.lines if "left out" in line or "not read" in line]
    assert rows[0].picture.open().size == (6, 8)
    assert texts_of(captioned(tmp_path / name)[0]) == expected  # the table itself


def test_a_file_whose_name_ends_with_a_number_is_itself(tmp_path: Path) -> None:
    pictures(tmp_path, "a.png", "a.png#1")
    write_lines(tmp_path / "captions.tsv", "a.png#0\tone", "a.png#1\ttwo")
    assert texts_of(captioned(tmp_path)[0]) == {"a.png": ("one",), "a.png#1": ("two",)}


def test_names_may_have_folders_and_equal_rows_are_kept(tmp_path: Path) -> None:
    pictures(tmp_path, "x/a.png", "y/a.png")
    rows = [{"file_name": name, "text": "same"} for name in ("x/a.png", "y/a.png", "x/a.png")]
    write_objects(tmp_path / "metadata.jsonl", *rows)
    assert [row.texts for row in captioned(tmp_path)[0]] == [("same", "same"), ("same",)]


def test_the_part_for_training_is_read_and_the_others_are_said(tmp_path: Path) -> None:
    for part in ("train", "test", "validation"):
        pictures(tmp_path / part, f"{part}.png")
        write_objects(tmp_path / part / "metadata.jsonl", {"file_name": f"{part}.png", "text": part})
    rows, findings = captioned(tmp_path)
    assert texts_of(rows) == {"train.png": ("train",)}
    assert findings.lines == [
        f"not read in {tmp_path.name}: test, validation; --validation can name a part that is to be held out."
    ]
    assert texts_of(captioned(tmp_path / "test")[0]) == {"test.png": ("test",)}


def test_folders_without_such_names_are_all_read(tmp_path: Path) -> None:
    for part in ("x", "y"):
        pictures(tmp_path / part, "a.png")
        write_objects(tmp_path / part / "metadata.jsonl", {"file_name": "a.png", "text": part})
    assert [row.texts for row in captioned(tmp_path)[0]] == [("x",), ("y",)]


def test_what_has_no_partner_is_counted(tmp_path: Path) -> None:
    pictures(tmp_path, "a.png", "b.png", "c.png", "d.png", ".hidden.png", "more/e.png")
    for name in ("Thumbs.db", ".DS_Store", "notes.md"):
        (tmp_path / name).write_text("x")
    rows = [("a.png", "one"), ("gone.png", "two"), ("a.png", " "), ("b.png", ""), ("", "three"), ("gone2.png", "four")]
    write_objects(tmp_path / "metadata.jsonl", *({"file_name": name, "text": text} for name, text in rows))
    found, findings = captioned(tmp_path)
    assert texts_of(found) == {"a.png": ("one",)}
    assert sorted(findings.lines) == [
        "captions left out because they are empty: 2, the first in metadata.jsonl, line 3.",
        f"files in {tmp_path.name} that are not read: 1 .db, 1 .md, 2 hidden.",
        "pictures left out because they have no caption: 4, the first b.png.",
        "rows left out because their picture does not exist: 2, the first in metadata.jsonl, line 2 (gone.png).",
        "rows left out because they name no picture: 1, the first in metadata.jsonl, line 5.",
    ]


def test_no_picture_at_all_is_an_error_that_names_the_first(tmp_path: Path) -> None:
    write_objects(tmp_path / "metadata.jsonl", *({"file_name": f"{n}.png", "text": "x"} for n in range(3)))
    with pytest.raises(DataError, match=r"must name pictures that exist\. Received: '0\.png' in line 1") as caught:
        captioned(tmp_path)
    assert "--image" in caught.value.hint


def test_columns_can_be_named(tmp_path: Path) -> None:
    pictures(tmp_path, "a.png")
    write_lines(tmp_path / "t.csv", "id,what,who,says", "1,a.png,me,hello")
    rows, _ = captioned(tmp_path / "t.csv", text=("who", "says"), image="what")
    assert texts_of(rows) == {"a.png": ("me", "hello")}
    with pytest.raises(DataError, match="must have a column with the file names") as caught:
        captioned(tmp_path / "t.csv", text=("says",))
    assert "--image" in caught.value.hint
    with pytest.raises(DataError, match=r"must have a column of captions\. Received: 'id', 'what'") as caught:
        captioned(tmp_path / "t.csv", image="what")
    assert "--text" in caught.value.hint
    with pytest.raises(DataError, match="has no column 'whom'"):
        captioned(tmp_path / "t.csv", text=("whom",), image="what")
    rows, _ = captioned(tmp_path / "t.csv", text=("4",), image="2", header=False)
    assert texts_of(rows) == {"a.png": ("hello",)}


def test_texts_are_cleaned_and_decoded(tmp_path: Path) -> None:
    pictures(tmp_path, "a.png")
    (tmp_path / "captions.csv").write_bytes('file_name,text\r\na.png,"un\r\ncafé"\r\n'.encode("cp1252"))
    rows, _ = captioned(tmp_path, encoding="cp1252")
    assert rows[0].texts == ("un\ncafé",)
    write_objects(tmp_path / "metadata.jsonl", {"file_name": "a.png", "text": "\ud800"})
    rows, findings = captioned(tmp_path)
    assert rows[0].texts == ("\ufffd",)
    assert any("surrogate" in line for line in findings.lines)


def test_a_cell_that_is_no_text_is_refused(tmp_path: Path) -> None:
    pictures(tmp_path, "a.png")
    for value in (7, ["a", 1]):
        write_objects(tmp_path / "metadata.jsonl", {"file_name": "a.png", "text": value})
        with pytest.raises(DataError, match="column 'text' must hold text"):
            captioned(tmp_path)


def test_a_folder_without_captions_says_what_to_write(tmp_path: Path) -> None:
    pictures(tmp_path, "a.png")
    with pytest.raises(DataError, match="must hold pictures with captions") as caught:
        captioned(tmp_path)
    assert "metadata.jsonl" in caught.value.hint
    for name in (str(tmp_path / "none"), "-", "x" * 5000):
        with pytest.raises(DataError):
            read_captioned([name], PictureDataSpec(), (), Findings())


def test_a_folder_for_each_class_is_its_label(tmp_path: Path) -> None:
    pictures(tmp_path, "cat/1.png", "dog/2.png", "dog/more/3.PNG", "4.png", "cat/.5.png")
    (tmp_path / "cow").mkdir()
    (tmp_path / "dog" / "notes.txt").write_text("x")
    rows, findings = labelled(tmp_path)
    assert list(zip(names_of(rows), (row.label for row in rows), strict=True)) == [
        ("1.png", "cat"),
        ("2.png", "dog"),
        ("3.PNG", "dog"),
    ]
    assert findings.lines == [
        f"files in {tmp_path.name} that are not read: 1 .txt, 1 hidden.",
        "pictures left out because they are in no folder of a class: 1, the first 4.png.",
    ]
    assert findings.warnings == [f"warning: {tmp_path.name}/cow holds no picture, so it is no class."]


def test_the_classes_of_the_part_for_training_are_read(tmp_path: Path) -> None:
    pictures(tmp_path, "train/cat/1.png", "train/dog/2.png", "test/cat/3.png")
    rows, findings = labelled(tmp_path)
    assert [row.label for row in rows] == ["cat", "dog"]
    assert "not read" in findings.lines[0]
    assert [row.label for row in labelled(tmp_path / "test")[0]] == ["cat"]


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    pictures(tmp_path, "train/1.png", "car/2.png")
    rows, findings = labelled(tmp_path)
    assert [row.label for row in rows] == ["car", "train"]
    assert not findings.lines


def test_other_endings_can_be_named(tmp_path: Path) -> None:
    pictures(tmp_path, "a/1.dat", "b/2.dat", "b/3.png")
    rows, findings = labelled(tmp_path, suffixes=(".dat",))
    assert [row.label for row in rows] == ["a", "b"]
    assert "1 .png" in findings.lines[0]


def test_folders_that_links_lead_to_are_read_once(tmp_path: Path) -> None:
    pictures(tmp_path, "data/a/1.png", "elsewhere/2.png")
    (tmp_path / "data" / "b").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "data" / "a" / "again").symlink_to(tmp_path / "data")
    rows, findings = labelled(tmp_path / "data")
    assert [row.label for row in rows] == ["a", "b"]
    assert any("through links" in line for line in findings.lines)


def test_labels_come_from_a_table(tmp_path: Path) -> None:
    pictures(tmp_path, "images/1.png", "images/2.png")
    write_lines(tmp_path / "t.csv", "picture,kind,label", "1.png,7,x", "2.png,8,", "2.png,9,y", "3.png,9,y")
    rows, findings = labelled(tmp_path / "t.csv")
    assert [row.label for row in rows] == ["x", "y"]
    assert findings.lines == [
        "rows left out because 'label' is empty: 1, the first in t.csv, line 3.",
        "rows left out because their picture does not exist: 1, the first in t.csv, line 5 (3.png).",
    ]
    assert [row.label for row in labelled(tmp_path / "t.csv", label="kind")[0]] == ["7", "8", "9"]
    write_objects(
        tmp_path / "metadata.jsonl", {"file_name": "1.png", "label": 3}, {"file_name": "2.png", "label": True}
    )
    assert [row.label for row in labelled(tmp_path)[0]] == ["3", "true"]


def test_a_table_without_labels_and_a_folder_without_classes_are_refused(tmp_path: Path) -> None:
    pictures(tmp_path, "1.png")
    write_lines(tmp_path / "t.csv", "picture,kind", "1.png,7")
    with pytest.raises(DataError, match="must have a column of labels") as caught:
        labelled(tmp_path / "t.csv")
    assert "--label" in caught.value.hint
    with pytest.raises(DataError, match="must hold a folder of pictures for each class"):
        labelled(tmp_path)


def test_names_stand_for_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures(tmp_path, "b.png", "a.png", "in/c.png", "odd.name")
    with pytest.warns(DataWarning, match="not read: 1 .name"):
        found = pictures_of([str(tmp_path)])
    assert names_of([DescribedPicture(one) for one in found]) == ["a.png", "b.png", "c.png"]
    assert [one.name for one in pictures_of([str(tmp_path / "odd.name")])] == [str(tmp_path / "odd.name")]
    (tmp_path / "none").mkdir()
    for name in ("none", "nothing.png"):
        with pytest.raises(DataError):
            pictures_of([str(tmp_path / name)])
    with (tmp_path / "b.png").open("rb") as stream:
        monkeypatch.setattr("sys.stdin", type("Stdin", (), {"buffer": stream}))
        (picture,) = pictures_of(["-"])
    assert picture.name == "standard input"
    assert picture.open().size == (6, 8)
    assert picture.content() == (tmp_path / "b.png").read_bytes()
