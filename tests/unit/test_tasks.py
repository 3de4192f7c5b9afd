"""Settings that mean nothing to a task are refused, and every setting there is belongs to some task."""

import pytest
from unspool.tasks.tasks import ONLY_OF, TASKS, check_known, unusual

from unspool.errors import UsageError
from unspool.specs.sampling import BeamSpec
from unspool.tasks.recipe import SECTIONS, Settings, grouped


def test_the_settings_of_few_tasks_are_settings_and_the_tasks_are_tasks() -> None:
    known = {name for kind in (*SECTIONS.values(), BeamSpec) for name in kind.model_fields}
    assert set(ONLY_OF) <= known
    for tasks in ONLY_OF.values():
        assert set(tasks) < set(TASKS)


@pytest.mark.parametrize(
    ("task", "names"),
    [
        ("translation", ["pooling", "class_weights", "unfreeze", "word_dropout", "condition_kind", "lines"]),
        ("classification", ["teacher_forcing", "scheduled_sampling", "joint_vocabulary", "source_column", "beams"]),
        ("language", ["max_length", "label_column", "beams"]),
        ("conditional", ["sequence_length", "reset_probability", "label_column"]),
    ],
)
def test_settings_of_other_tasks_are_refused_by_name(task: str, names: list[str]) -> None:
    for name in names:
        with pytest.raises(UsageError, match=f"must mean something to {task}. Received: {name}, of "):
            check_known(task, {"batch_size": 3, name: 3})  # type: ignore[arg-type]
    check_known(task, {"batch_size": 3, "unheard_of": 1})  # type: ignore[arg-type]


def test_what_a_recipe_file_says_of_every_task_is_nothing_unusual() -> None:
    every: Settings = {
        section: {name: field.default for name, field in kind.model_fields.items()}
        for section, kind in SECTIONS.items()
    }
    every["data"]["further_columns"] = []  # as TOML has it
    assert unusual(every) == {}
    assert unusual(grouped({"pooling": "max", "batch_size": 32, "lines": True})) == {"pooling": "max", "lines": True}
