"""Settings are sorted into sections, merged, and refused where they mean nothing to a task."""

from typing import Any

import pytest

import unspool
from unspool.errors import UsageError
from unspool.specs.recipe import sections
from unspool.tasks.registry import ROWS
from unspool.tasks.settings import EXCLUDING, check_settings, enumerated, grouped, known_settings, merged, section_of

ALL = tuple(ROWS)


def check(task: str, **values: Any) -> None:
    check_settings(ROWS[task].load("recipe"), grouped(values))


def test_settings_are_sorted_into_sections() -> None:
    found = grouped({"lines": True, "cell": "gru", "seed": 1, "minutes": 2.0, "pooling": "max", "encoder_size": 9})
    assert found == {
        "data": {"lines": True},
        "network": {"cell": "gru"},
        "training": {"seed": 1},
        "budget": {"minutes": 2.0},
        "card": {},
        "head": {"pooling": "max"},
        "encoder": {"encoder_size": 9},
    }


def test_what_is_none_is_left_to_be_chosen() -> None:
    assert not any(grouped({"cell": None, "minutes": None}).values())
    assert grouped({"lines": False})["data"] == {"lines": False}


def test_a_setting_that_no_task_has_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="there is no setting 'hiden_size'") as caught:
        grouped({"hiden_size": 3})
    assert "hidden_size" in caught.value.hint
    with pytest.raises(UsageError, match="there is no setting 'output'") as caught:
        unspool.train(["a text"], output="a folder")
    assert caught.value.hint.startswith("the nearest: out,")


def test_a_setting_belongs_to_the_same_section_in_every_task_that_has_it() -> None:
    together = section_of(ALL)
    for task in ROWS:
        assert section_of((task,)).items() <= together.items()
        for section, names in known_settings(ROWS[task].load("recipe")).items():
            assert {together[name] for name in names} <= {section}


def test_the_higher_settings_win_and_one_budget_replaces_another() -> None:
    lower, higher = grouped({"minutes": 3.0, "seed": 1, "cell": "gru"}), grouped({"steps": 5, "seed": 2})
    result = merged(lower, higher)
    assert result["budget"] == {"steps": 5}
    assert result["training"] == {"seed": 2}
    assert result["network"] == {"cell": "gru"}
    assert merged(lower, grouped({}))["budget"] == {"minutes": 3.0}


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ({"validation": ("a.txt",)}, {"validation_split": 0.2}),
        ({"validation_split": 0.2}, {"validation": ("a.txt",)}),
        ({"lines": True}, {"text": ("t",)}),
        ({"text": ("t",)}, {"lines": True}),
    ],
)
def test_of_settings_that_exclude_each_other_the_higher_replaces_the_lower(
    lower: dict[str, Any], higher: dict[str, Any]
) -> None:
    assert any({*lower, *higher} <= set(group) for group in EXCLUDING)
    assert merged(grouped(lower), grouped(higher))["data"] == higher


FOREIGN = {
    "translation": ["pooling", "class_weights", "unfreeze", "word_dropout", "condition_kind", "lines", "lowercase"],
    "classification": ["teacher_forcing", "scheduled_sampling", "joint_vocabulary", "source", "attention", "lines"],
    "language": ["max_length", "label", "condition", "encoder_size", "attention", "decoder_input"],
    "conditional": ["sequence_length", "reset_probability", "label", "attention", "bidirectional"],
}


@pytest.mark.parametrize(("task", "name"), [(task, name) for task, names in FOREIGN.items() for name in names])
def test_a_setting_of_other_tasks_is_refused_by_name_with_the_tasks_that_have_it(task: str, name: str) -> None:
    owners = [other for other in ROWS if name in section_of((other,))]
    assert owners
    assert task not in owners
    with pytest.raises(UsageError) as caught:
        check(task, batch_size=3, **{name: 3})
    assert caught.value.message == (
        f"a setting must be one that {task} has. Received: {name}, a setting of {enumerated(owners)}."
    )
    assert caught.value.hint == "leave it out."


def test_all_foreign_settings_of_a_section_are_named() -> None:
    with pytest.raises(UsageError, match=r"Received: source, a setting of translation; label, a setting of classif"):
        check("language", source="a", label="b")


def test_a_setting_of_a_section_that_no_task_has_there_is_refused() -> None:
    with pytest.raises(UsageError, match=r"one that language has\. Received: speed\."):
        check_settings(ROWS["language"].load("recipe"), {"training": {"speed": 3}})


@pytest.mark.parametrize("task", ROWS)
def test_every_setting_of_a_task_passes_where_it_keeps_its_rule(task: str) -> None:
    own = sections(ROWS[task].load("recipe"))
    size = "batch_size" if "training" in own else "order"
    check(task, **{size: 3}, validation_split=0.2)
    with pytest.raises(UsageError, match=size):
        check(task, **{size: 0})
    for section, spec in own.items():
        for name in spec.model_fields:
            assert section_of((task,))[name] == section
