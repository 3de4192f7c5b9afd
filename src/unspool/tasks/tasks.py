"""The tasks by their names, and which of them data ask for."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from unspool.errors import UsageError
from unspool.specs.data import TaskName
from unspool.specs.sampling import BeamSpec
from unspool.tasks.base import Task
from unspool.tasks.recipe import SECTIONS, Settings

TASKS: dict[TaskName, str] = {
    "language": "unspool.tasks.language:Language",
    "translation": "unspool.tasks.translation:Translation",
    "conditional": "unspool.tasks.conditional:Conditional",
    "classification": "unspool.tasks.classification:Classification",
}
TELLING: dict[str, TaskName] = {  # settings of the data
    "source_column": "translation",
    "source_file": "translation",
    "condition_columns": "conditional",
    "label_column": "classification",
}
PAIRS: tuple[TaskName, ...] = ("translation",)
LABELS: tuple[TaskName, ...] = ("classification",)
ONLY_OF: dict[str, tuple[TaskName, ...]] = {  # settings that mean nothing to the other tasks
    "lines": ("language", "conditional"),
    "text_column": ("language", "conditional", "classification"),
    "further_columns": ("language", "conditional", "classification"),
    "label_column": LABELS,
    "condition_columns": ("conditional",),
    "condition_kind": ("conditional",),
    **dict.fromkeys(("source_column", "target_column", "source_file", "target_file"), PAIRS),
    **dict.fromkeys(("validation_source_file", "validation_target_file", "joint_vocabulary"), PAIRS),
    **dict.fromkeys(BeamSpec.model_fields, PAIRS),
    "max_length": ("translation", "conditional", "classification"),
    **dict.fromkeys(("pooling", "word_dropout", "class_weights", "unfreeze"), LABELS),
    **dict.fromkeys(("teacher_forcing", "scheduled_sampling"), ("language", "translation", "conditional")),
    **dict.fromkeys(("sequence_length", "reset_probability"), ("language",)),
}


def task_name(settings: Settings, asked: object = None) -> TaskName:
    """The task that was asked for, or that the settings of the data tell.

    Raises:
        UsageError: there is no such task, or the data are those of another.
    """
    given = {name for name, value in settings["data"].items() if value not in (None, (), [])}
    told = next((task for name, task in TELLING.items() if name in given), None)
    if asked is None:
        return told or "language"
    known = next((task for task in TASKS if task == asked), None)
    if known is None or (told is not None and told != known):
        rule = " or ".join(TASKS) if known is None else f"{told}, which the data tell"
        raise UsageError(f"the task must be {rule}. Received: {asked!r:.40}.", "leave it out.")
    return known


def check_known(task: TaskName, given: Mapping[str, Any]) -> None:
    """Refuse settings that mean nothing to a task.

    Args:
        task: that is to be done.
        given: settings by name.

    Raises:
        UsageError: as it says.
    """
    others = {name: ONLY_OF[name] for name in given if task not in ONLY_OF.get(name, (task,))}
    if others:
        told = "; ".join(f"{name}, of {' or '.join(tasks)}" for name, tasks in others.items())
        raise UsageError(f"a setting must mean something to {task}. Received: {told}.", "leave these out.")


def unusual(settings: Settings) -> dict[str, Any]:
    """The settings by name that are not what they would be anyway, as a recipe file names all."""
    found: dict[str, Any] = {}
    for section, values in settings.items():
        for name, value in values.items():
            field = SECTIONS[section].model_fields.get(name)
            if field is None or (tuple(value) if isinstance(value, list) else value) != field.default:
                found[name] = value
    return found


def make_task(name: TaskName) -> Task:
    """The task of this name."""
    module, kind = TASKS[name].split(":")
    task: Task = getattr(import_module(module), kind)()
    return task
