"""Choose every setting that nobody gave: from the size of the text and the budget.

The rules come from measurements on texts of 20 KB to 6 MB; docs/decisions/0003-default-recipe.md has them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unspool.errors import UsageError
from unspool.specs.base import Spec, build
from unspool.specs.data import DataSpec
from unspool.specs.network import DecoderShape
from unspool.specs.training import BudgetSpec, Recipe, TrainingSpec

SECTIONS: dict[str, type[Spec]] = {
    "data": DataSpec,
    "network": DecoderShape,
    "training": TrainingSpec,
    "budget": BudgetSpec,
}
DEFAULT_MINUTES = 3.0

Settings = dict[str, dict[str, Any]]  # section, name, value


def section_of(name: str) -> str:
    """The section of the recipe that a setting belongs to.

    Raises:
        UsageError: there is no such setting.
    """
    for section, kind in SECTIONS.items():
        if name in kind.model_fields:
            return section
    known = sorted(field for kind in SECTIONS.values() for field in kind.model_fields)
    raise UsageError(f"there is no setting {name!r:.40}.", f"known settings: {', '.join(known)}.")


def grouped(flat: Mapping[str, Any]) -> Settings:
    """Settings by name, sorted into sections; those that are none are left to be chosen."""
    settings: Settings = {section: {} for section in SECTIONS}
    for name, value in flat.items():
        if value is not None:
            settings[section_of(name)][name] = value
    return settings


def merged(lower: Mapping[str, Mapping[str, Any]], higher: Mapping[str, Mapping[str, Any]]) -> Settings:
    """Two sets of settings, of which the higher wins; one kind of budget replaces another."""
    result = {section: {**lower.get(section, {}), **higher.get(section, {})} for section in SECTIONS}
    if higher.get("budget"):
        result["budget"] = dict(higher["budget"])
    return result


@dataclass(frozen=True)
class Size:
    """What the choice depends on.

    Attributes:
        tokens: of the training part.
        vocabulary: tokens in the vocabulary.
        minutes: of training; for steps and epochs, a usual value.
        precision: what the machine multiplies fastest.
        threads: what the machine offers.
    """

    tokens: int
    vocabulary: int
    minutes: float
    precision: str
    threads: int


def data_spec(settings: Settings) -> DataSpec:
    """The data section alone, which is needed before anything can be chosen."""
    return build(DataSpec, settings["data"], "data")


def budget_spec(settings: Settings) -> BudgetSpec:
    """The budget; three minutes unless something is said."""
    return build(BudgetSpec, settings["budget"] or {"minutes": DEFAULT_MINUTES}, "budget")


def choose_recipe(size: Size, settings: Settings, network: DecoderShape | None = None) -> tuple[Recipe, list[str]]:
    """Fill in what the settings leave open.

    Args:
        size: of the text, the budget and the machine.
        settings: what was given.
        network: of the model that training starts from; then its sizes are not chosen.

    Returns:
        the recipe, and the reasons in a few lines.

    Raises:
        UsageError: a setting breaks its rule.
    """
    shape = dict(_shape(size)) if network is None else network.model_dump(include=set(DecoderShape.model_fields))
    shape |= settings["network"]
    training = _training(size, shape, settings["training"])
    recipe = Recipe(
        data=data_spec(settings),
        network=build(DecoderShape, shape, "network"),
        training=build(TrainingSpec, training, "training"),
        budget=budget_spec(settings),
    )
    return recipe, _reasons(size, recipe)


def _shape(size: Size) -> dict[str, Any]:
    word_like = size.vocabulary > 1000
    hidden = 512
    if size.tokens < 30_000:
        hidden = 256
    elif size.tokens < 3_000 or size.minutes < 0.4:
        hidden = 128
    layers = 2 if size.minutes > 6 and size.tokens > 1_000_000 else 1
    return {"hidden_size": hidden, "num_layers": layers, "embedding_size": 256 if word_like else 64}


def _training(size: Size, shape: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    passes = size.minutes * 60 * _rate(size, shape) / size.tokens
    dropout = min(0.5, max(0.0, 0.1 * (1 + (passes / 6) ** 0.5)))
    chosen = {
        "batch_size": 32 if size.tokens > 20_000 else 16,
        "sequence_length": 64,
        "dropout": round(dropout, 2),
        "input_dropout": round(min(0.2, dropout), 2),
        "precision": size.precision,
        "threads": size.threads,
        "validations": int(min(20, max(3, round(2 * size.minutes)))),
    }
    return {**chosen, **given}


def _rate(size: Size, shape: Mapping[str, Any]) -> float:
    """Tokens per second to expect of two ordinary cores: about 60 billion useful weights a second."""
    weights: float = 4 * shape["hidden_size"] * (shape["hidden_size"] + shape["embedding_size"]) * shape["num_layers"]
    return 3.0e10 / (weights + shape["hidden_size"] * size.vocabulary)


def _reasons(size: Size, recipe: Recipe) -> list[str]:
    network, training = recipe.network, recipe.training
    layers = f"{network.num_layers} x {network.hidden_size}"
    return [
        f"network: {network.cell} {layers}, embedding {network.embedding_size or 'one-hot'} "
        f"(for {size.tokens:,} training tokens, {size.vocabulary:,} in the vocabulary)",
        f"training: {training.optimizer}, {training.batch_size} rows of {training.sequence_length} steps, "
        f"dropout {training.dropout:g}, {training.precision} on {training.threads} threads",
    ]
