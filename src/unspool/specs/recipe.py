"""Every setting of a run, in sections. Each task has a recipe of its own."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field

from unspool.specs.base import Option, Spec, build, option_of, setting
from unspool.specs.card import CardSpec
from unspool.specs.data import SourcesSpec
from unspool.specs.training import BudgetSpec, TrainingSpec


class Recipe(Spec):
    """All settings of one run: what `recipe.toml` holds.

    A task narrows the types of these sections to its own specs, and adds the sections of its network.

    Attributes:
        task: names what the model does.
        data: holds the sources and their split; of texts the tokenizer, too.
        card: holds what a person says of the model.
    """

    task: str
    data: SourcesSpec
    card: CardSpec = Field(default_factory=CardSpec)


class TrainingRecipe(Recipe):
    """All settings of the run of a network that is trained, rather than counted.

    Attributes:
        training: holds rates, regularisation and seed.
        budget: says how long to train.
        started_from: is the model folder whose weights the run started from.
    """

    training: TrainingSpec
    budget: BudgetSpec
    started_from: str | None = setting(None, Option(hidden=True, path=True))


R = TypeVar("R", bound=Recipe)


def sections(kind: type[Recipe]) -> dict[str, type[Spec]]:
    """Return the sections of a recipe by name, each with the spec that it holds."""
    found: dict[str, Any] = {name: field.annotation for name, field in kind.model_fields.items()}
    return {name: spec for name, spec in found.items() if isinstance(spec, type) and issubclass(spec, Spec)}


def without_folders(recipe: R) -> R:
    """Return a recipe that names files and folders without the folders they are in, so that it can be published."""
    values = recipe.model_dump()
    for part, name in _path_settings(type(recipe), values):
        part[name] = _names(part[name])
    return build(type(recipe), values, "recipe")


def with_folders(kind: type[Recipe], values: Mapping[str, Any], exact: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a published recipe with whole paths, where these are known.

    Args:
        kind: is the recipe of the task.
        values: are those of the published recipe, by section; one that was changed since keeps its new value.
        exact: are the values that it was published from.
    """
    found = {name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()}
    paths = {name: part[name] for part, name in _path_settings(kind, exact)}
    for part, name in _path_settings(kind, found):
        if name in paths and _names(part[name]) == part[name] == _names(paths[name]):
            part[name] = paths[name]
    return found


def _path_settings(kind: type[Recipe], values: Mapping[str, Any]) -> Iterator[tuple[Any, str]]:
    """Find the settings that are paths and have a value: the values that each is among, and its name."""
    specs: dict[str, type[Spec]] = sections(kind)
    for part, spec in [(values, kind), *((values.get(name), spec) for name, spec in specs.items())]:
        if isinstance(part, Mapping):
            yield from ((part, name) for name in spec.model_fields if option_of(spec, name).path and part.get(name))


def _names(value: Any) -> Any:
    """Return one path or several without their folders."""
    if isinstance(value, list | tuple):
        return [_names(one) for one in value]
    if not isinstance(value, str):
        return value
    name = Path(value).name
    return name if name not in ("", "..") else Path(value).resolve().name or value
