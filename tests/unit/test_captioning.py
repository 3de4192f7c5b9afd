"""What captioning adds to pictures and captions: the vocabulary, mirrored pictures, references, its card."""

from pathlib import Path

import pytest

import unspool
from helpers.pictures import captioned_folder, tiny_extractor
from unspool.data.captions import REFERENCES, kept_references
from unspool.errors import DataError, ModelFolderError, UsageError
from unspool.folder.model_folder import ModelFolder
from unspool.tasks.opening import read_recipe

TINY = {"hidden_size": 8, "embedding_size": 4, "encoder_size": 4, "steps": 2, "threads": 1, "precision": "float32"}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return captioned_folder(tmp_path_factory.mktemp("pictures") / "squares", copies=2)


def renamed(pictures: Path, folder: Path, word: str) -> Path:
    """The same folder, with another word in its captions."""
    copy = folder / "renamed"
    copy.mkdir()
    for path in pictures.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    table = copy / "metadata.jsonl"
    table.write_text(table.read_text().replace("above", word))
    return copy


@pytest.mark.parametrize(("word", "flip"), [("above", True), ("left of", False), ("rechts von", False)])
def test_pictures_are_mirrored_unless_their_captions_name_sides(
    pictures: Path, tmp_path: Path, word: str, flip: bool
) -> None:
    unspool.train(renamed(pictures, tmp_path, word), out=tmp_path / "m", **TINY)
    assert read_recipe(ModelFolder(tmp_path / "m")).data.flip is flip


def test_words_are_read_in_lower_case_unless_it_is_said(pictures: Path, tmp_path: Path) -> None:
    upper = renamed(pictures, tmp_path, "Above")
    model = unspool.train(upper, **TINY)
    assert " above" in model.tokenizer.vocabulary
    model = unspool.train(upper, lowercase=False, **TINY)
    assert " Above" in model.tokenizer.vocabulary


def test_whole_pictures_are_held_out(pictures: Path, tmp_path: Path) -> None:
    model = unspool.train(pictures, out=tmp_path / "m", validation_split=0.25, **TINY)
    assert len(kept_references(tmp_path / "m" / "training")) == 8
    figures = model.evaluate()
    assert (figures.pictures, figures.references) == (8, 2)


def test_references_that_are_gone_are_told(pictures: Path, tmp_path: Path) -> None:
    model = unspool.train(pictures, out=tmp_path / "m", **TINY)
    (tmp_path / "m" / "training" / REFERENCES).write_text("[[]]")
    with pytest.raises(ModelFolderError, match="missing or damaged"):
        model.evaluate()


def test_a_broken_picture_is_left_out_and_counted(pictures: Path, tmp_path: Path) -> None:
    broken = renamed(pictures, tmp_path, "above")
    path = broken / "red-red-0.png"
    path.write_bytes(path.read_bytes()[:30])
    notes: list[str] = []

    class Notes(unspool.Callback):
        def on_note(self, line: str) -> None:
            notes.append(line)

    unspool.train(broken, callback=Notes(), **TINY)
    assert any(line.startswith("pictures left out because they are ") and ": 1, " in line for line in notes), notes


def test_settings_that_do_not_go_together_are_refused(pictures: Path, tmp_path: Path) -> None:
    extractor = str(tiny_extractor(tmp_path / "tiny.onnx"))
    with pytest.raises(UsageError, match="encoder_stages"):
        unspool.train(pictures, extractor=extractor, encoder_stages=(8,), **TINY)
    with pytest.raises(UsageError, match="extractor"):
        unspool.train(pictures, extractor="network.pt", **TINY)
    with pytest.raises(DataError):
        unspool.train(pictures, extractor=str(pictures / "metadata.onnx"), **TINY)
    with pytest.raises(DataError, match="tokens long"):
        unspool.train(pictures, max_length=1, **TINY)


def test_the_card_says_what_reads_the_pictures(pictures: Path, tmp_path: Path) -> None:
    card = unspool.train(pictures, out=tmp_path / "m", **TINY).card
    assert "image-to-text" in card
    assert "unspool caption m picture.jpg" in card
    assert "29 to learn with 58 captions, 3 held out" in card
