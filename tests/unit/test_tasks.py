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
def test_what_implies_a_task_is_a_setting_of_its_data_alone(name: str) -> None:
    for setting in ROWS[name].implied_by:
        assert [task for task, spec in data_specs().items() if setting in spec.model_fields] == [name]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ({}, "language"),
        ({"lines": True, "text": ("t",)}, "language"),
        ({"source": "en", "target": "de"}, "translation"),
        ({"source_file": "a.en", "target_file": "a.de"}, "translation"),
        ({"text": ("t",), "condition": ("c",)}, "conditional"),
        ({"text": ("t",), "label": "l"}, "classification"),
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


@pytest.mark.parametrize("find", [row_of, lambda name: choose_row({}, name)])
def test_a_task_that_does_not_exist_is_refused_with_the_nearest(find: Any) -> None:
    with pytest.raises(UsageError, match=r"language or translation or .*Received: 'translate'") as caught:
        find("translate")
    assert caught.value.hint == "the nearest: translation."


def test_the_commands_of_the_rows_are_commands_of_the_shell() -> None:
    for row in ROWS.values():
        module, name = row.command.path.split(":")
        assert callable(getattr(__import__(module, fromlist=[name]), name))
        assert row.command.summary.endswith(".")
