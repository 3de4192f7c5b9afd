"""Settings by name: sorted into the sections of a recipe, merged and checked.

    {"minutes": 3, "cell": "gru"}  ->  {"budget": {"minutes": 3}, "network": {"cell": "gru"}}

A setting belongs to the same section in every task that has it.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from unspool.errors import UsageError, nearest
from unspool.specs.base import Spec, build
from unspool.specs.card import CardSpec
from unspool.specs.data import DEFAULT_FRACTION, DOCUMENTS
from unspool.specs.recipe import R, Recipe, sections
from unspool.tasks.registry import ROWS, Row

Settings = dict[str, dict[str, Any]]  # section, name, value

EXCLUDING = (("validation_split", "validation"), DOCUMENTS)  # settings of the data section of which one is given


def grouped(flat: Mapping[str, Any], keywords: Iterable[str] = ()) -> Settings:
    """Sort settings by name into sections; those that are none are left out, to be chosen.

    Args:
        flat: are settings by name.
        keywords: can be given beside them, and may have been meant by a name that is none of a setting.

    Raises:
        UsageError: no task has a setting of this name.
    """
    found = section_of(tuple(ROWS))
    settings: Settings = {section: {} for section in dict.fromkeys(found.values())}
    for name, value in flat.items():
        if name not in found:
            raise UsageError(f"there is no setting {name!r:.40}.", nearest(name, [*keywords, *found]))
        if value is not None:
            settings[found[name]][name] = value
    return settings


def merged(lower: Mapping[str, Mapping[str, Any]], higher: Mapping[str, Mapping[str, Any]]) -> Settings:
    """Merge settings; the higher ones win, and replace settings that they exclude."""
    names = dict.fromkeys([*section_of(tuple(ROWS)).values(), *lower])
    result = {section: {**lower.get(section, {}), **higher.get(section, {})} for section in names}
    if higher.get("budget"):
        result["budget"] = dict(higher["budget"])
    for group in EXCLUDING:
        given = [name for name in group if name in higher.get("data", {})]
        for dropped in set(group).difference(given) if given else ():
            result["data"].pop(dropped, None)
    return result


def with_card(recipe: R, settings: Settings) -> R:
    """Return a recipe with what a person says of the model.

    Args:
        recipe: was planned.
        settings: were requested, by section.
    """
    return recipe.changed(card=build(CardSpec, settings.get("card", {}), "card"))


def check_settings(recipe: type[Recipe], settings: Settings) -> None:
    """Refuse settings that cannot be, before anything is read or chosen.

    Args:
        recipe: is the spec of the task's recipe.
        settings: were requested, by section.

    Raises:
        UsageError: a setting is not one of the task's, or breaks its rule.
    """
    own, data = sections(recipe), settings.get("data", {})
    apart = [name for name in data if name.startswith("validation_") and name.endswith("_file")]
    split = data.get("validation_split", DEFAULT_FRACTION)  # which the recipe of every run has
    if split != DEFAULT_FRACTION and (data.get("validation") or apart):
        raise UsageError(
            "nothing is held out of the sources where validation names what is. "
            f"Received: validation_split={split}, too.",
            "leave out one of them.",
        )
    for section, values in settings.items():
        known = own[section].model_fields if section in own else ()
        foreign = [name for name in values if name not in known]
        if foreign:
            raise foreign_settings(recipe.model_fields["task"].default, foreign)
        if values:
            build(own[section], values, section)


def known_settings(recipe: type[Recipe]) -> dict[str, set[str]]:
    """Return the names of the settings that each section of a recipe has."""
    return {section: set(spec.model_fields) for section, spec in sections(recipe).items()}


@cache
def section_of(tasks: tuple[str, ...]) -> dict[str, str]:
    """Return the section of every setting that one of these tasks has, by its name."""
    recipes = (ROWS[task].load("recipe") for task in tasks)
    return {
        name: section for recipe in recipes for section, spec in sections(recipe).items() for name in spec.model_fields
    }


def foreign_settings(task: str, names: Sequence[str], known: Sequence[str] = ()) -> UsageError:
    """Make the error for settings that a task does not have; it names the tasks that have them.

    Args:
        task: is the name of the task.
        names: are those of the settings.
        known: are settings of an evaluation, of which one may have been meant; empty where a run is to be made.
    """
    received, own = [], section_of((task,))
    for name in names:
        owners = [
            task
            for task, row in ROWS.items()
            if any(name in spec.model_fields for spec in _specs(row, evaluation=bool(known)))
        ]
        received.append(f"{name}, a setting of {enumerated(owners)}" if owners else name)
    instead = [f"encoder_{name}" for name in names if f"encoder_{name}" in own]
    leave = f"leave {'it' if len(received) == 1 else 'these'} out."
    hint = f"use {', '.join(instead)}, or {leave}" if instead else leave
    if known and received == list(names):
        hint = nearest(names[0], known)
    error = UsageError(f"a setting must be one that {task} has. Received: {'; '.join(received)}.", hint)
    error.settings = tuple(names)
    return error


def enumerated(names: Sequence[str]) -> str:
    """Return names in a sentence: with commas, and the last one after `and`."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _specs(row: Row, evaluation: bool) -> list[type[Spec]]:
    """Return the specs of the recipe of a task, or those with what only its evaluation has."""
    own = list(sections(row.load("recipe")).values())
    return [*own, row.load("evaluation")] if evaluation and row.evaluation else own
