"""`complete` and `session` of the models that write texts."""

import shutil
import warnings
from pathlib import Path
from typing import Any

import pytest

import unspool
from helpers.typed import learnt
from unspool.decode.boundaries import TokenTexts
from unspool.errors import DataWarning, UsageError, WrongModelError
from unspool.tasks.language.counting_session import documents_typed
from unspool.text.tokenizer import END

FOLDERS = Path(__file__).parent.parent / "folders"


def test_a_language_model_completes_a_text_and_a_session_says_the_same() -> None:
    model = unspool.load(FOLDERS / "language", engine="numpy")
    assert isinstance(model, unspool.TextModel)
    found = model.complete("the c", n=3)
    assert found == model.complete("the c", n=3)
    assert 1 <= len(found) <= 3
    session = model.session("the ")
    session.edit("the c")
    assert [one.text for one in session.completions(3)] == [one.text for one in found]


def test_a_condition_changes_what_completes_a_text() -> None:
    model = unspool.load(FOLDERS / "conditional", engine="numpy")
    assert isinstance(model, unspool.ConditionalTextModel)
    one, other = (model.complete("", 5, condition=label) for label in model.labels[:2])
    assert one != other
    with pytest.raises(UsageError, match="no condition is given"):
        model.complete("a")


def test_documents_are_completed_by_a_model_of_documents() -> None:
    model = unspool.load(FOLDERS / "documents", engine="numpy")
    assert isinstance(model, unspool.TextModel)
    assert model.complete("", 2, "line")


def test_a_classifier_says_which_models_complete() -> None:
    model = unspool.load(FOLDERS / "classification", engine="numpy")
    with pytest.raises(WrongModelError, match="complete needs a TextModel or ConditionalTextModel"):
        model.complete("a")  # type: ignore[attr-defined]


FILE = "K{0}\nval{0} is it\nend\n"


@pytest.fixture(scope="module")
def of_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Markov chain of files, each of three lines, whose second line follows from the first."""
    place = tmp_path_factory.mktemp("files")
    for number in range(20):
        (place / f"{number}.txt").write_text(FILE.format(number % 10), encoding="utf-8")
    held_out = place.with_name("held-out.txt")
    held_out.write_text(FILE.format(0), encoding="utf-8")
    out = place.with_name("of-files")
    unspool.train(place, validation=held_out, documents="file", model="ngram", order=8, out=out)
    return out


@pytest.mark.parametrize("number", range(3))
def test_a_line_of_a_document_of_several_follows_from_the_line_before(of_files: Path, number: int) -> None:
    model = unspool.load(of_files)
    assert isinstance(model, unspool.CountedTextModel)
    assert model.config.multiline
    (found,) = model.complete(f"K{number}\nval", n=1)
    assert found.text == str(number) == model.generate(f"K{number}\nval", temperature=0, max_new_tokens=1)
    assert found.probability > 0.8


def test_what_is_typed_into_a_model_of_files_is_one_document(of_files: Path, tmp_path: Path) -> None:
    typed = "K0\nval9 is it\nit is val\n"
    copies = [shutil.copytree(of_files, tmp_path / name) for name in ("pieces", "whole")]
    begun = "K0\nval9 is i"
    assert learnt(copies[0], typed.splitlines(keepends=True), begun) == learnt(copies[1], [typed], begun)
    tokenizer = unspool.load(of_files).tokenizer  # type: ignore[attr-defined]
    documents = documents_typed(TokenTexts(tokenizer, by_document=True, multiline=True), typed)
    assert [ids.tolist() for ids in documents] == [[*tokenizer.encode(typed), END]]


def test_a_document_that_is_a_line_is_completed_from_its_start() -> None:
    model = unspool.load(FOLDERS / "documents", engine="numpy")
    assert isinstance(model, unspool.TextModel)
    assert model.complete("a line before\nth", 3) == model.complete("th", 3)


@pytest.mark.parametrize("n", [0, -1, 1.0, "3", None, True])
def test_a_number_of_completions_must_be_an_integer(n: Any) -> None:
    model = unspool.load(FOLDERS / "language", engine="numpy")
    with pytest.raises(UsageError, match="n must be an integer, at least 1"):
        model.complete("the", n)  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", [None, 5, b"x"])
def test_what_is_typed_must_be_a_text(text: Any) -> None:
    session = unspool.load(FOLDERS / "language", engine="numpy").session()  # type: ignore[attr-defined]
    with pytest.raises(UsageError, match="must be a text"):
        session.edit(text)


def test_what_the_vocabulary_lacks_is_said() -> None:
    model = unspool.load(FOLDERS / "language", engine="numpy")
    with pytest.warns(DataWarning, match="'€' is not in the vocabulary of the model, and is read as <unk>"):
        model.complete("the €")  # type: ignore[attr-defined]


def test_what_the_vocabulary_lacks_of_a_blank_text_is_said_where_that_is_read() -> None:
    model = unspool.load(FOLDERS / "language", engine="numpy")
    with pytest.warns(DataWarning, match=r"'\\t' is not in the vocabulary of the model, and is read as <unk>"):
        model.complete("\t")  # type: ignore[attr-defined]


def test_a_word_that_is_half_typed_is_not_said_to_be_unknown() -> None:
    model = unspool.train("the king and the kind queen\n" * 50, model="ngram", order=2, tokenizer="word")
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        assert model.complete("the ki")[0].text in ("ng", "nd")
    with pytest.warns(DataWarning, match="'kinq' is not in the vocabulary"):
        model.complete("the kinq ")
