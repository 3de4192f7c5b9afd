"""`load` returns the class of a model's task; a method that it cannot have says which models have it."""

from pathlib import Path
from typing import Any

import pytest

import unspool
from unspool.errors import UsageError, WrongModelError
from unspool.models.base import model_classes
from unspool.tasks.registry import ROWS

FOLDERS = Path(__file__).parent.parent / "folders"
CLASSES = {
    "language": unspool.TextModel,
    "conditional": unspool.ConditionalTextModel,
    "translation": unspool.Translator,
    "classification": unspool.TextClassifier,
}
LABELLING = "ConditionalTextModel or TextClassifier or VectorClassifier or ImageClassifier"
CLASSIFIERS = "TextClassifier or VectorClassifier or ImageClassifier"  # whose `score` is that of scikit-learn
MISSING = [
    ("language", "translate", "a Translator"),
    ("language", "translations", "a Translator"),
    ("language", "classify", f"a {LABELLING}"),
    ("language", "labels", f"a {LABELLING}"),
    ("conditional", "translate", "a Translator"),
    ("translation", "generate", "a TextModel or ConditionalTextModel"),
    ("translation", "score", f"a TextModel or ConditionalTextModel or {CLASSIFIERS}"),
    ("translation", "classify", f"a {LABELLING}"),
    ("classification", "read", "a TextModel or ConditionalTextModel"),
    ("classification", "translate", "a Translator"),
]


def opened(task: str) -> Any:
    return unspool.load(FOLDERS / task, engine="numpy")


@pytest.mark.parametrize("task", CLASSES)
def test_load_returns_the_class_of_the_task(task: str) -> None:
    model = opened(task)
    assert type(model) is CLASSES[task]
    assert isinstance(model, unspool.Model)
    assert model.config.task == task
    assert model.path == FOLDERS / task


def test_training_returns_the_class_of_the_task(model: unspool.Model) -> None:
    assert type(model) is unspool.TextModel


def test_the_classes_of_all_tasks_are_the_public_ones() -> None:
    public = [getattr(unspool, name) for name in unspool.__all__]
    models = {one for one in public if isinstance(one, type) and issubclass(one, unspool.Model)} - {unspool.Model}
    assert set(model_classes()) == models >= set(CLASSES.values())


@pytest.mark.parametrize(("task", "name", "owners"), MISSING)
def test_a_method_that_a_model_cannot_have_is_not_there_and_says_what_to_use(task: str, name: str, owners: str) -> None:
    model, own = opened(task), CLASSES[task].__name__
    assert not hasattr(model, name)
    assert getattr(model, name, "none") == "none"
    with pytest.raises(WrongModelError) as caught:
        getattr(model, name)
    assert caught.value.message == f"{name} needs {owners}. Received: {FOLDERS / task}, a {own}."
    methods, command = caught.value.hint.split("; in the shell use ")
    use = methods.removeprefix(f"a {own} has ").split(", ")
    assert {"evaluate"} < set(use)
    assert all(callable(getattr(model, method)) for method in use)
    assert command == f"`unspool {ROWS[task].command.name}`."


@pytest.mark.parametrize("kind", [UsageError, AttributeError, unspool.UnspoolError])
def test_the_error_is_one_of_usage_and_one_of_attributes(kind: type[Exception]) -> None:
    with pytest.raises(kind, match="translate needs a Translator"):
        opened("language").translate("a")
    assert WrongModelError.exit_code == UsageError.exit_code


@pytest.mark.parametrize("task", CLASSES)
def test_a_name_that_no_model_has_is_an_ordinary_attribute_error(task: str) -> None:
    for name in ("generat", "_opened", "__len__"):
        with pytest.raises(AttributeError, match=f"'{CLASSES[task].__name__}' object has no attribute '{name}'") as it:
            getattr(opened(task), name)
        assert not isinstance(it.value, UsageError)


class Refusing:
    """A network that can do nothing."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the network was asked for {name}")


@pytest.mark.parametrize("task", ["conditional", "classification"])
def test_labels_cost_nothing(task: str) -> None:
    model = opened(task)
    idle = type(model)(model.folder, model.config, Refusing())
    assert idle.labels == model.labels
    assert len(idle.labels) >= 2
    with pytest.raises(AssertionError, match="the network was asked for"):
        idle.classify("a")


def test_texts_that_depend_on_numbers_have_no_labels() -> None:
    model = opened("numbers")
    assert model.labels == ()
    with pytest.raises(UsageError, match="one column of labels"):
        model.classify("a")


@pytest.mark.parametrize(
    ("task", "settings"),
    [
        ("language", {"lines": True}),
        ("conditional", {"text": ("name",)}),
        ("translation", {"source": "a"}),
        ("classification", {"label": "kind"}),
    ],
)
def test_a_setting_that_says_how_to_read_data_needs_data(task: str, settings: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="data must be named for"):
        opened(task).evaluate(**settings)
