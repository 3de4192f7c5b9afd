"""The task follows from what the names stand for; texts and tables of texts are none of pictures."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.layouts import (
    FEATURES,
    arrow_table,
    encoded,
    names_of,
    noise,
    save_to_disk,
    write_idx,
    write_lines,
    write_objects,
    write_picture,
)
from unspool.data.findings import Findings
from unspool.data.pictures.lists import listed_names, read_parts
from unspool.data.pictures.picture import DescribedPicture, picture_in_file
from unspool.data.pictures.reading import read_captioned, read_labelled_pictures, recognised_task
from unspool.errors import DataError
from unspool.specs.pictures import PictureDataSpec

CAPTIONING, CLASSIFICATION = "captioning", "image-classification"


def with_captions(folder: Path) -> Path:
    write_picture(folder / "1.png")
    write_objects(folder / "metadata.jsonl", {"file_name": "1.png", "text": "x"})
    return folder


def numbered(folder: Path) -> Path:
    write_picture(folder / "images" / "1.png")
    write_lines(folder / "captions.tsv", "1.png#0\tx")
    return folder


def numbered_alone(folder: Path) -> Path:
    return numbered(folder) / "captions.tsv"


def a_list(folder: Path) -> Path:
    return write_lines(numbered(folder) / "dev.txt", "1.png")


def labels_beside(folder: Path) -> Path:
    write_picture(folder / "1.png")
    write_objects(folder / "metadata.jsonl", {"file_name": "1.png", "label": "x"})
    return folder


def classes(folder: Path) -> Path:
    for name in ("a/1.png", "b/2.png"):
        write_picture(folder / name)
    return folder


def parts(folder: Path) -> Path:
    classes(folder / "train")
    classes(folder / "test")
    return folder


def idx(folder: Path) -> Path:
    write_idx(folder / "train-images-idx3-ubyte", np.zeros((1, 2, 2), np.uint8))
    return folder


def table_of_captions(folder: Path) -> Path:
    write_picture(folder / "1.png")
    return write_lines(folder / "t.csv", "image,caption", "1.png,x")


def table_of_labels(folder: Path) -> Path:
    write_picture(folder / "1.png")
    return write_lines(folder / "t.tsv", "image\tlabel", "1.png\tx")


def saved(folder: Path) -> Path:
    return save_to_disk(folder, arrow_table({"image": [encoded(Image.fromarray(noise()))], "label": [0]}, FEATURES))


def saved_captions(folder: Path) -> Path:
    return save_to_disk(folder, arrow_table({"image": [b""], "text": ["x"]}))


def document(folder: Path) -> Path:
    write_lines(folder / "book.md", "text")
    write_picture(folder / "images" / "1.png")
    return folder


def chapters(folder: Path) -> Path:
    for name in ("one", "two"):
        write_lines(folder / name / "text.md", "text")
        write_picture(folder / name / "figure.png")
    return folder


def pictures_alone(folder: Path) -> Path:
    write_picture(folder / "1.png")
    return folder


def texts(folder: Path) -> Path:
    write_lines(folder / "a" / "x.txt", "text")
    write_lines(folder / "b" / "x.txt", "text")
    return folder


def table_of_texts(folder: Path) -> Path:
    return write_lines(folder / "t.csv", "text,label", "some words,x")


def table_of_files(folder: Path) -> Path:
    write_lines(folder / "a.py", "import this")
    return write_lines(folder / "t.csv", "path,text", "a.py,x")


def texts_with_metadata(folder: Path) -> Path:
    write_lines(folder / "a.txt", "text")
    write_objects(folder / "metadata.jsonl", {"file": "a.txt", "text": "x"})
    return folder


def addresses(folder: Path) -> Path:
    return write_lines(folder / "t.csv", "image,caption", "https://example.org/1.png,x")


def captions_alone(folder: Path) -> Path:
    return write_lines(folder / "captions.tsv", "some words\tother words")


def text(folder: Path) -> Path:
    return write_lines(folder / "a.txt", "1.png", "or not")


def nothing(folder: Path) -> Path:
    return folder / "nothing"


def damaged(folder: Path) -> Path:
    path = folder / "t.parquet"
    path.write_bytes(b"PAR1")
    return path


CASES: dict[Callable[[Path], Path], str | None] = {
    with_captions: CAPTIONING,
    numbered: CAPTIONING,
    numbered_alone: CAPTIONING,
    a_list: CAPTIONING,
    saved_captions: CAPTIONING,
    table_of_captions: CAPTIONING,
    labels_beside: CLASSIFICATION,
    classes: CLASSIFICATION,
    parts: CLASSIFICATION,
    idx: CLASSIFICATION,
    saved: CLASSIFICATION,
    table_of_labels: CLASSIFICATION,
    **dict.fromkeys((document, chapters, pictures_alone, texts, table_of_texts, table_of_files, text, damaged)),
    captions_alone: None,
    texts_with_metadata: None,
    addresses: None,
    nothing: None,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_the_task_follows_from_the_data(tmp_path: Path, case: Callable[[Path], Path]) -> None:
    path = case(tmp_path)
    assert recognised_task((str(path),)) == CASES[case]
    assert recognised_task((str(path), str(path))) == CASES[case]


def test_nothing_standard_input_and_different_data_are_no_task(tmp_path: Path) -> None:
    assert recognised_task(()) is None
    assert recognised_task(("-",)) is None
    names = (str(with_captions(tmp_path / "x")), str(classes(tmp_path / "y")))
    assert recognised_task(names) is None


def rows_in(*names: str) -> list[DescribedPicture]:
    return [DescribedPicture(picture_in_file(Path(name))) for name in names]


def test_a_list_names_pictures_one_a_line(tmp_path: Path) -> None:
    assert listed_names(write_lines(tmp_path / "a.txt", "1.jpg", "", " in/2 3.PNG ")) == {"1.jpg", "in/2 3.PNG"}
    for content in (b"", b"\n\n", b"1.jpg\nwords\n", b"1.jpg\tx.jpg y\n", b"\xff\xfe", b".jpg\n"):
        (tmp_path / "b.txt").write_bytes(content)
        assert listed_names(tmp_path / "b.txt") is None, content
    (tmp_path / "c.csv").write_text("1.jpg\n")
    assert listed_names(tmp_path / "c.csv") is None
    assert listed_names(tmp_path / "none.txt") is None


def test_listed_pictures_are_held_out_and_the_others_learnt(tmp_path: Path) -> None:
    for name in "1234":
        write_picture(tmp_path / "images" / f"{name}.png")
    write_lines(tmp_path / "captions.tsv", *(f"{name}.png#0\tx" for name in "1234"))
    dev = write_lines(tmp_path / "dev.txt", "3.png", "images/1.png", "9.png")
    findings = Findings()

    def read(names: object) -> list[DescribedPicture]:
        return read_captioned(names, PictureDataSpec(), (), findings)

    training, held_out = read_parts(read, [str(tmp_path)], [str(dev)], findings)
    assert (names_of(training), names_of(held_out)) == (["2.png", "4.png"], ["1.png", "3.png"])
    assert findings.warnings == ["warning: 1 of 3 listed pictures are not there, the first 9.png."]
    rows = read([str(dev)])  # the list itself is a source too
    assert names_of(rows) == ["1.png", "3.png"]
    assert "pictures that are not read because dev.txt does not list them: 2." in findings.lines
    assert read_parts(read, [str(tmp_path)], [], findings)[1] is None
    training, held_out = read_parts(read, [str(tmp_path)], [str(tmp_path)], findings)
    assert (len(training), len(held_out)) == (4, 4)
    stranger = write_lines(tmp_path / "s.txt", "x.png")
    with pytest.raises(DataError, match=r"1 names, such as 'x\.png', and no such picture"):
        read_parts(read, [str(tmp_path)], [str(stranger)], findings)


def test_a_name_with_a_folder_is_not_that_of_another_folder(tmp_path: Path) -> None:
    classes(tmp_path)
    write_picture(tmp_path / "b" / "1.png")
    listed = write_lines(tmp_path / "dev.txt", "b/1.png")

    def read(names: object) -> list[DescribedPicture]:
        return read_labelled_pictures(names, PictureDataSpec(), None, Findings())

    training, held_out = read_parts(read, [str(tmp_path)], [str(listed)], Findings())
    assert [row.label for row in training] == ["a", "b"]
    assert [(row.label, Path(row.picture.name).name) for row in held_out] == [("b", "1.png")]
