"""Names of version 0.1.0 still work for one version, and say what they are called now."""

import warnings
from pathlib import Path
from typing import Any

import pytest

import unspool
from helpers.small import TINY
from unspool.errors import UsageError
from unspool.folder.migration import RENAMED, present_keywords
from unspool.tasks.opening import read_recipe
from unspool.training.callback import StepEvent

FORMER_METHODS = {"classifier": "probabilities", "sampling_for": "samples", "pieces": "stream", "token_text": "show"}
SMALL = {**TINY, "steps": 2, "validations": 1}
PAIRED = {"encoder_size": 8, "encoder_embedding": 4}


class Steps(unspool.Callback):
    """Notes the steps that it hears of, and may interrupt."""

    def __init__(self, last: int | None = None) -> None:
        self.steps: list[int] = []
        self.last = last

    def on_step(self, event: StepEvent) -> None:
        self.steps.append(event.step)
        if event.step == self.last:
            raise RuntimeError


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "t.tsv"
    rows = [f"the cat {i}\tthe dog {i}\t{'red' if i % 2 else 'blue'}" for i in range(60)]
    path.write_text("\n".join(["one\tother\tcolour", *rows, ""]), encoding="utf-8")
    return path


def warned(caught: list[warnings.WarningMessage]) -> list[str]:
    """The messages of deprecated names, which all point at the caller's line."""
    found = [one for one in caught if issubclass(one.category, DeprecationWarning) and "is called" in str(one.message)]
    assert {one.filename for one in found} <= {__file__}
    return sorted(str(one.message) for one in found)


def trained(data: Path, out: Path, **values: Any) -> tuple[unspool.Model, list[str]]:
    settings = {**{name: value for name, value in SMALL.items() if name != "sequence_length"}, **values}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = unspool.train(data, out=out, **settings)
    return model, warned(caught)


def data_of(model: unspool.Model) -> Any:
    return read_recipe(model.folder).data


def test_columns_of_texts_and_conditions(table: Path, tmp_path: Path) -> None:
    values = {"text_column": "one", "further_columns": ("other",), "condition_columns": ("colour",)}
    model, messages = trained(table, tmp_path / "m", **values, validation_fraction=0.25, feed="none", encoder_size=4)
    assert type(model) is unspool.ConditionalTextModel
    assert messages == [
        "condition_columns is called condition now",
        "feed is called decoder_input now",
        "further_columns is called text now",
        "text_column is called text now",
        "validation_fraction is called validation_split now",
    ]
    data = data_of(model)
    assert (data.text, data.condition, data.validation_split) == (("one", "other"), ("colour",), 0.25)
    assert model.config.network.decoder.decoder_input == "none"
    with pytest.warns(DeprecationWarning, match="is called") as caught:
        figures = model.evaluate(table, text_column="other", condition_columns="colour")
    assert warned(list(caught)) == [
        "condition_columns is called condition now",
        "text_column is called text now",
    ]
    assert figures.nats_per_token == model.evaluate(table, text="other", condition="colour").nats_per_token


def test_columns_of_pairs(table: Path, tmp_path: Path) -> None:
    values = {"source_column": "one", "target_column": "other", **PAIRED}
    model, messages = trained(table, tmp_path / "m", **values)
    assert type(model) is unspool.Translator
    assert messages == ["source_column is called source now", "target_column is called target now"]
    assert data_of(model).columns == ("one", "other")


def test_the_column_of_labels_and_files_that_are_held_out(table: Path, tmp_path: Path) -> None:
    shape = {name: SMALL[name] for name in SMALL if name not in ("hidden_size", "embedding_size", "sequence_length")}
    values = {"text_column": "one", "label_column": "colour", "validation_sources": (str(table),), **PAIRED, **shape}
    with pytest.warns(DeprecationWarning, match="is called") as caught:
        model = unspool.train(table, out=tmp_path / "m", **values)
    assert type(model) is unspool.TextClassifier
    assert warned(list(caught)) == [
        "label_column is called label now",
        "text_column is called text now",
        "validation_sources is called validation now",
    ]
    data = data_of(model)
    assert (data.text, data.label, data.validation) == (("one",), "colour", (str(table),))


def test_every_former_keyword_warns_and_is_replaced() -> None:
    for former, name in RENAMED.items():
        with pytest.warns(DeprecationWarning, match=f"^{former} is called {name} now$"):
            assert present_keywords({former: "x"}, stacklevel=2) in ({name: "x"}, {name: ("x",)})


def test_names_of_today_do_not_warn(text_file: Path, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        assert present_keywords({"text": "a", "label": "b"}, stacklevel=2) == {"text": ("a",), "label": "b"}


def test_further_columns_of_no_text_are_refused_by_name(table: Path, tmp_path: Path) -> None:
    with (
        pytest.warns(DeprecationWarning, match="is called text"),
        pytest.raises(UsageError, match="no setting 'further_columns'"),
    ):
        unspool.train(table, out=tmp_path / "m", further_columns=("other",), steps=1)


def test_a_listener_is_a_callback(text_file: Path, tmp_path: Path) -> None:
    cut, again = Steps(last=1), Steps()
    with (
        pytest.warns(DeprecationWarning, match="listener is called callback now") as caught,
        pytest.raises(RuntimeError),
    ):
        unspool.train(text_file, out=tmp_path / "m", listener=cut, **{**SMALL, "steps": 3})
    assert warned(list(caught)) == ["listener is called callback now"]
    with pytest.warns(DeprecationWarning, match="listener is called callback now") as caught:
        unspool.resume(tmp_path / "m", listener=again)
    assert warned(list(caught)) == ["listener is called callback now"]
    assert cut.steps == [1]
    assert again.steps[-1] == 3


def test_the_class_of_callbacks() -> None:
    with pytest.warns(DeprecationWarning, match=r"unspool\.Callbacks is called unspool\.Callback now") as caught:
        assert unspool.Callbacks is unspool.Callback  # type: ignore[attr-defined]
    assert warned(list(caught)) == ["unspool.Callbacks is called unspool.Callback now"]
    assert "Callbacks" not in unspool.__all__


@pytest.mark.parametrize(("name", "instead"), FORMER_METHODS.items())
def test_a_former_method_says_what_is_used_in_its_place(model: unspool.Model, name: str, instead: str) -> None:
    with pytest.raises(AttributeError, match=f"{name} is a method of version 0.1.0: use .*{instead}"):
        getattr(model, name)


def test_a_path_names_a_file_as_a_text_does() -> None:
    given = {
        "validation": Path("a.txt"),
        "source_file": Path("b.txt"),
        "sources": [Path("c.txt"), "d.txt"],
        "stop": ["x"],
    }
    assert present_keywords(given, stacklevel=2) == {
        "validation": ("a.txt",),
        "source_file": "b.txt",
        "sources": ("c.txt", "d.txt"),
        "stop": ["x"],
    }
