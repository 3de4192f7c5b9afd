"""`complete` and `session` of the models that write texts."""

from pathlib import Path

import pytest

import unspool
from unspool.errors import UsageError, WrongModelError

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
