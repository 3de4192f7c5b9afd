"""The rows of the tasks: all parts are there, and the data imply the task that is meant."""

from typing import Any

import pytest

from unspool.errors import UsageError
from unspool.models.base import Model
from unspool.specs.config import Config
from unspool.specs.recipe import Recipe
from unspool.tasks.base import Task
from unspool.tasks.registry import ROWS, choose_row, data_specs, row_of


@pytest.mark.parametrize("name", ROWS)
def test_every_part_of_a_row_is_there_and_of_its_task(name: str) -> None:
    row = ROWS[name]
    recipe, config, task, model = (row.load(part) for part in ("recipe", "config", "task", "model"))
    assert row.name == name == recipe.model_fields["task"].default == config.model_fields["task"].default
    assert issubclass(recipe, Recipe)
    assert issubclass(config, Config)
    assert issubclass(task, Task)
    assert issubclass(model, Model)
    assert (task.recipe, task.config) == (recipe, config)


@pytest.mark.parametrize("name", ROWS)
def test_what_implies_a_task_are_settings_of_its_data_and_no_other_task_is_implied_by_them(name: str) -> None:
    for names in ROWS[name].implied_by:
        assert set(names) <= set(data_specs()[name].model_fields)
        assert [row.name for row in ROWS.values() if names in row.implied_by] == [name]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ({}, "language"),
        ({"lines": True, "text": ("t",)}, "language"),
        ({"source": "en", "target": "de"}, "translation"),
        ({"source_file": "a.en", "target_file": "a.de"}, "translation"),
        ({"text": ("t",), "condition": ("c",)}, "conditional"),
        ({"text": ("t",), "label": "l"}, "classification"),
        ({"features": ("a", "b"), "label": "l"}, "vector-classification"),
        ({"features": ("a",)}, "vector-classification"),
        ({"image": "file", "label": "l"}, "image-classification"),
        ({"label": "l", "extractor": "net.onnx"}, "image-classification"),
        ({"label": None, "condition": (), "source": None}, "language"),
        ({"condition": []}, "language"),
    ],
)
def test_the_data_imply_the_task(data: dict[str, Any], name: str) -> None:
    assert choose_row(data) is choose_row(data, name) is ROWS[name]


@pytest.mark.parametrize("name", ROWS)
def test_a_task_may_be_requested_where_the_data_imply_none(name: str) -> None:
    assert choose_row({"sources": ("a.txt",)}, name).name == name


def test_a_task_that_the_data_contradict_is_refused_with_what_implies_the_other() -> None:
    with pytest.raises(UsageError, match=r"must be translation, because source is given\. Received: 'language'"):
        choose_row({"source": "en", "target": "de"}, "language")


def test_a_task_may_be_requested_where_a_setting_that_it_has_too_implies_another() -> None:
    assert choose_row({"label": "kind"}).name == "classification"
    for name in ("vector-classification", "image-classification"):
        assert choose_row({"label": "kind"}, name).name == name
    with pytest.raises(UsageError, match="must be vector-classification, because features, label is given"):
        choose_row({"features": ("a",), "label": "kind"}, "classification")


def test_sources_imply_a_task_only_where_no_setting_does(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def recognise(names: tuple[str, ...]) -> str | None:
        asked.append(names)
        return "classification" if names == ("pictures",) else None

    monkeypatch.setattr("unspool.data.pictures.reading.recognised_task", recognise)
    assert choose_row({"sources": ("pictures",)}).name == "classification"
    assert choose_row({"sources": ("a.txt",)}).name == "language"
    assert asked == [("pictures",), ("a.txt",)]
    assert choose_row({"sources": ("pictures",), "source": "a"}).name == "translation"
    assert choose_row({"sources": ("pictures",)}, "language").name == "language"
    assert choose_row({}).name == "language"
    assert len(asked) == 2


@pytest.mark.parametrize("find", [row_of, lambda name: choose_row({}, name)])
def test_a_task_that_does_not_exist_is_refused_with_the_nearest(find: Any) -> None:
    with pytest.raises(UsageError, match=r"language or ngram or translation or .*Received: 'translate'") as caught:
        find("translate")
    assert caught.value.hint == "the nearest: translation."


def test_the_commands_of_the_rows_are_commands_of_the_shell() -> None:
    for row in ROWS.values():
        module, name = row.command.path.split(":")
        assert callable(getattr(__import__(module, fromlist=[name]), name))
        assert row.command.summary.endswith(".")
