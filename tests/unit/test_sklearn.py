"""The estimator stands where scikit-learn's own do: in pipelines and searches, and before its checks."""

import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import validate_data

import unspool
from unspool.sklearn import RecurrentClassifier, texts_of

TEXTS = [text for n in range(20) for text in (f"a splendid film {n}", f"{n} awful hours")]
LABELS = [1, -1] * 20
SMALL: dict[str, Any] = {"steps": 3, "encoder_size": 8, "threads": 1, "settings": {"precision": "float32"}}


@pytest.fixture(scope="module")
def fitted() -> RecurrentClassifier:
    return RecurrentClassifier(**{**SMALL, "steps": 80}).fit(TEXTS, LABELS)


def test_it_learns_and_predicts_labels_of_their_own_type(fitted: RecurrentClassifier) -> None:
    assert fitted.classes_.tolist() == [-1, 1]
    assert fitted.predict(["a splendid film 3", "5 awful hours"]).tolist() == [1, -1]
    assert fitted.score(TEXTS, LABELS) == 1.0
    probabilities = fitted.predict_proba(np.array(TEXTS[:4]))
    assert probabilities.shape == (4, 2)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(4))


def test_it_is_pickled_with_its_model(fitted: RecurrentClassifier) -> None:
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.predict_proba(TEXTS[:4]), fitted.predict_proba(TEXTS[:4]))
    assert repr(clone(fitted)) == repr(RecurrentClassifier(**{**SMALL, "steps": 80}))


def test_it_stands_in_a_pipeline_and_a_search() -> None:
    lower = FunctionTransformer(lambda texts: [text.lower() for text in texts])
    pipeline = Pipeline([("lower", lower), ("classify", RecurrentClassifier(**SMALL))])
    search = GridSearchCV(pipeline, {"classify__encoder_size": [4, 8]}, cv=2, error_score="raise")
    search.fit(TEXTS, LABELS)
    assert search.best_params_["classify__encoder_size"] in (4, 8)
    assert search.predict(["A SPLENDID FILM"]).tolist() in ([1], [-1])


@pytest.mark.parametrize(
    ("texts", "labels", "rule"),
    [
        ("a text", ["x"], "put it into a list"),
        ([], [], "0 sample"),
        ([1, 2], ["x", "y"], r"must be a text\. Received: 1"),
        ([["a", "b"], ["c", "d"]], ["x", "y"], "must be a text"),
        (np.zeros((3, 2)), [1, 2, 3], "1D array of texts, got 2D"),
        (["a", "b"], ["x", "x"], "at least two classes"),
        (["a", "b"], ["x"], "inconsistent numbers of samples"),
        (["a", "b"], None, "requires y to be passed"),
    ],
)
def test_what_cannot_be_fitted_is_refused(texts: Any, labels: Any, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        RecurrentClassifier(**SMALL).fit(texts, labels)


def test_a_setting_that_cannot_be_is_refused_in_words_of_python() -> None:
    with pytest.raises(ValueError, match="encoder_size") as caught:
        RecurrentClassifier(**{**SMALL, "encoder_size": -1}).fit(TEXTS, LABELS)
    assert "--" not in str(caught.value)
    with pytest.raises(NotFittedError):
        RecurrentClassifier().predict(["a"])


def test_a_column_of_a_frame_is_read() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": ["a", "b"]})
    assert texts_of(frame["text"]) == texts_of(frame) == texts_of(np.array([["a"], ["b"]])) == ["a", "b"]


def test_a_classifier_itself_has_the_habits() -> None:
    pairs = list(zip(TEXTS, ["yes", "no"] * 20, strict=True))
    keywords = {"steps": 3, "encoder_size": 8, "threads": 1, "progress": False, "precision": "float32"}
    model = unspool.train(pairs, task="classification", **keywords)
    assert model.classes_.tolist() == list(model.labels)
    assert model.predict(TEXTS).tolist() == model.classify(TEXTS)
    assert np.array_equal(model.predict_proba(TEXTS), model.probabilities(TEXTS))
    right = [label for _, label in pairs]
    assert model.score(TEXTS, right) == np.mean([a == b for a, b in zip(model.classify(TEXTS), right, strict=True)])
    with pytest.raises(unspool.UnspoolError, match="score needs a TextModel"):
        model.score("a text")
    with pytest.raises(unspool.UnspoolError, match=r"each example needs a label\. Received: 40 examples, 1 labels"):
        model.score(TEXTS, ["yes"])


class OfNumbers(RecurrentClassifier):
    """The estimator behind a door through which scikit-learn's checks can pass: a row of numbers becomes a text.

    The checks give it tables of numbers. What a number is written as says little about its size, so what is checked is
    the interface: labels, shapes, errors, state, pickles.
    """

    def __init__(self, steps: int = 1, random_state: Any = 0) -> None:
        super().__init__(
            steps=steps,
            random_state=random_state,
            encoder_size=4,
            threads=1,
            tokenizer="char",
            counts=False,
            settings={"precision": "float32", "encoder_embedding": 4, "max_length": 40, "batch_size": 64},
        )

    @classmethod
    def _get_param_names(cls) -> list[str]:
        return ["random_state", "steps"]

    def fit(self, X: Any, y: Any) -> "OfNumbers":
        rows, labels = validate_data(self, X, y) if y is not None else (validate_data(self, X), None)
        super().fit(_written(rows), labels)
        return self

    def predict_proba(self, X: Any) -> Any:
        sklearn_check(self)
        return super().predict_proba(_written(validate_data(self, X, reset=False)))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.one_d_array, tags.input_tags.two_d_array = False, False, True
        tags.classifier_tags.poor_score = True
        return tags


def sklearn_check(estimator: Any) -> None:
    from sklearn.utils.validation import check_is_fitted

    check_is_fitted(estimator, "model_")


def _written(rows: Any) -> list[str]:
    return [" ".join(f"{number:.1f}" for number in row[:4]) for row in rows]


def test_of_texts_scikit_learn_checks_what_it_can() -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = check_estimator(RecurrentClassifier(**SMALL), on_fail="warn")
    assert {one["status"] for one in found} == {"passed"}
    assert any(issubclass(one.category, SkipTestWarning) for one in told)  # the others give tables of numbers


@pytest.mark.slow
def test_scikit_learns_checks_pass_where_rows_become_texts() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = check_estimator(OfNumbers(), on_fail=None)  # none is expected to fail
    failed = {one["check_name"]: str(one["exception"])[:200] for one in found if one["status"] == "failed"}
    assert not failed
    assert sum(one["status"] == "passed" for one in found) > 50
