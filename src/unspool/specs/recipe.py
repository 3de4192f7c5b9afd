"""Every setting of a run, in sections. Each task has a recipe of its own."""

from typing import Any

from unspool.specs.base import Spec
from unspool.specs.data import DataSpec
from unspool.specs.training import BudgetSpec, TrainingSpec


class Recipe(Spec):
    """All settings of one run: what `recipe.toml` holds.

    A task narrows the types of these sections to its own specs, and adds the sections of its network.

    Attributes:
        task: names what the model does.
        data: holds the sources, their split and the tokenizer.
        training: holds rates, regularisation and seed.
        budget: says how long to train.
        started_from: is the model folder whose weights the run started from.
    """

    task: str
    data: DataSpec
    training: TrainingSpec
    budget: BudgetSpec
    started_from: str | None = None


def sections(kind: type[Recipe]) -> dict[str, type[Spec]]:
    """Return the sections of a recipe by name, each with the spec that it holds."""
    found: dict[str, Any] = {name: field.annotation for name, field in kind.model_fields.items()}
    return {name: spec for name, spec in found.items() if isinstance(spec, type) and issubclass(spec, Spec)}
