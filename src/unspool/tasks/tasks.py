"""The tasks by their names, and which of them data ask for."""

from importlib import import_module

from unspool.errors import UsageError
from unspool.specs.data import TaskName
from unspool.tasks.base import Task
from unspool.tasks.recipe import Settings

TASKS: dict[TaskName, str] = {
    "language": "unspool.tasks.language:Language",
    "translation": "unspool.tasks.translation:Translation",
    "conditional": "unspool.tasks.conditional:Conditional",
}
TELLING: dict[str, TaskName] = {  # settings of the data
    "source_column": "translation",
    "source_file": "translation",
    "condition_columns": "conditional",
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


def make_task(name: TaskName) -> Task:
    """The task of this name."""
    module, kind = TASKS[name].split(":")
    task: Task = getattr(import_module(module), kind)()
    return task
