"""Choose every setting that nobody gave: from the size of the text, the budget and the machine.

docs/decisions/0003-default-recipe.md has the measurements that the rules come from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log10
from typing import Any

from unspool.engines.base import Machine
from unspool.engines.parameters import parameter_count
from unspool.errors import UsageError
from unspool.specs.base import Spec, build
from unspool.specs.data import DataSpec
from unspool.specs.network import CellName, DecoderShape, DecoderSpec, EncoderShape, HeadShape, NetworkSpec
from unspool.specs.training import BudgetSpec, Recipe, TrainingSpec

SECTIONS: dict[str, type[Spec]] = {
    "data": DataSpec,
    "network": DecoderShape,
    "encoder": EncoderShape,
    "head": HeadShape,
    "training": TrainingSpec,
    "budget": BudgetSpec,
}
DEFAULT_MINUTES = 3.0  # what the sizes are chosen for, too, when the budget is in steps or epochs

WIDTHS = tuple(range(128, 1025, 64))
TOKENS_PER_WEIGHT: dict[CellName, float] = {"gru": 9.0, "lstm": 7.7, "rnn": 7.7, "mingru": 7.7}  # in the time
FEW_PASSES = 8  # over the text
MOST_TEXTS, FEWEST_BATCHES = 256, 8  # side by side in a batch; in an epoch
OPERATIONS = 6  # for each weight and token, forward and backward
SHARE_OF_RATE = 0.42  # of the rate of a large product that training reaches

EXCLUDING = (("validation_fraction", "validation_sources"), ("lines", "text_column"))  # of the data section

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
    """Two sets of settings, of which the higher wins; of settings that exclude each other it replaces the other."""
    result = {section: {**lower.get(section, {}), **higher.get(section, {})} for section in SECTIONS}
    if higher.get("budget"):
        result["budget"] = dict(higher["budget"])
    for one, other in EXCLUDING:
        for given, dropped in ((one, other), (other, one)):
            if given in higher.get("data", {}):
                result["data"].pop(dropped, None)
    return result


@dataclass(frozen=True)
class Size:
    """What the choice depends on.

    Attributes:
        tokens: of the training part.
        vocabulary: tokens in the vocabulary.
        minutes: of training; for steps and epochs, a usual value.
        machine: that trains.
    """

    tokens: int
    vocabulary: int
    minutes: float
    machine: Machine

    @property
    def read(self) -> float:
        """Weights times tokens that training reads in the minutes."""
        return 60 * self.minutes * self.machine.rate * SHARE_OF_RATE / OPERATIONS


def filled(machine: Machine, texts: int, tokens: int) -> Machine:
    """The machine with as many short texts side by side as hold the tokens of its windows of a long one.

    Args:
        machine: that trains.
        texts: how many there are, each from an initial state.
        tokens: of all of them.
    """
    filling = round(machine.rows * TrainingSpec().sequence_length * texts / tokens)
    if filling <= machine.rows:
        return machine
    return machine._replace(rows=max(1, min(MOST_TEXTS, texts // FEWEST_BATCHES, filling)))


def data_spec(settings: Settings) -> DataSpec:
    """The data section alone, which is needed before anything can be chosen."""
    return build(DataSpec, settings["data"], "data")


def budget_spec(settings: Settings) -> BudgetSpec:
    """The budget; three minutes unless something is said."""
    return build(BudgetSpec, settings["budget"] or {"minutes": DEFAULT_MINUTES}, "budget")


def usual_minutes(settings: Settings) -> float:
    """What the sizes are chosen for: the minutes of the budget, or as many as are usual."""
    return budget_spec(settings).minutes or DEFAULT_MINUTES


def check_settings(settings: Settings) -> None:
    """Refuse what cannot be before a text is read.

    Raises:
        UsageError: a setting breaks its rule.
    """
    choose_recipe(Size(1_000_000, 100, DEFAULT_MINUTES, Machine("float32", 1)), settings)


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
    if network is None:
        shape = _shape(size, settings["network"])
    else:
        shape = network.model_dump(include=set(DecoderShape.model_fields)) | settings["network"]
    checked = build(DecoderShape, shape, "network")
    budget = budget_spec(settings)
    asked = build(TrainingSpec, settings["training"], "training")
    passes = _passes(size, checked, budget, asked)
    training = _training(size, checked, passes, settings["training"])
    recipe = Recipe(
        data=data_spec(settings),
        network=checked,
        training=build(TrainingSpec, training, "training"),
        budget=budget,
    )
    return recipe, _reasons(size, recipe, passes, settings)


def _shape(size: Size, asked: Mapping[str, Any]) -> dict[str, Any]:
    """One layer, as wide as time and text allow; what was asked for is kept.

    Where its recurrence is compiled a GRU reads more text in the time; an LSTM gains more from reading it again.
    """
    if "cell" in asked or not size.machine.compiled:
        return _widest(size, {"cell": "lstm", **asked})
    quick = _widest(size, {**asked, "cell": "gru"})
    if _passes_in_time(build(DecoderShape, quick, "network"), size) < FEW_PASSES:
        return quick
    return _widest(size, {**asked, "cell": "lstm"})


def _widest(size: Size, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The widest layer within two bounds.

    The weights see nine (GRU) or eight tokens each in the time; the width grows with the cube root of the text.
    """
    shape = {"num_layers": 1, "embedding_size": 256 if size.vocabulary > 1000 else 64, **asked}
    widest = 260 * (size.tokens / 130_000) ** (1 / 3)
    for hidden in reversed(WIDTHS):
        tied = {"embedding_size": hidden} if shape.get("tie_weights") and "embedding_size" not in asked else {}
        wide = {**shape, "hidden_size": hidden, **tied, **asked}
        checked = build(DecoderShape, wide, "network")
        most_weights = (size.read / TOKENS_PER_WEIGHT[checked.cell]) ** 0.5
        if hidden <= widest and _weights(checked, size) <= most_weights:
            break
    return wide


def _training(size: Size, shape: DecoderShape, passes: float, given: Mapping[str, Any]) -> dict[str, Any]:
    """Dropout grows with the passes over the text: none up to 7, 0.14 at 9, 0.37 at 100, and four tenths of it on the
    recurrent matrices. A GRU learns best at a higher rate of Muon.
    """
    curve, beginning = 0.1 + 0.22 * log10(max(passes, 1e-9) / 6), 0.08 * (passes - 7)
    dropout = round(min(0.5, max(0.0, min(curve, beginning))), 2)
    chosen = {
        "matrix_rate": 0.03 if shape.cell == "gru" else 0.02,
        "batch_size": size.machine.rows,
        "dropout": dropout,
        "input_dropout": dropout,
        "recurrent_dropout": 0.0 if shape.cell == "mingru" else round(0.4 * dropout, 2),
        "precision": size.machine.precision,
        "threads": size.machine.threads,
        "validations": int(min(20, max(3, round(2 * size.minutes)))),
    }
    return {**chosen, **given}


def _passes(size: Size, shape: DecoderShape, budget: BudgetSpec, asked: TrainingSpec) -> float:
    """How often the text will about be read: what the budget says, or what fits in the time."""
    if budget.epochs is not None:
        return budget.epochs
    if budget.steps is not None:
        return budget.steps * asked.batch_size * asked.sequence_length / size.tokens
    return _passes_in_time(shape, size)


def _passes_in_time(shape: DecoderShape, size: Size) -> float:
    return size.read / _weights(shape, size) / size.tokens


def _weights(shape: DecoderShape, size: Size) -> int:
    """Weights that take part in a step: all but the embedding, of which a token takes one row."""
    spec = DecoderSpec(**shape.model_dump(), vocabulary_size=size.vocabulary)
    return parameter_count(NetworkSpec(decoder=spec)) - spec.vocabulary_size * spec.embedding_size


def _reasons(size: Size, recipe: Recipe, passes: float, settings: Settings) -> list[str]:
    network, training = recipe.writer, recipe.training
    time = f"{size.minutes:g} min" if recipe.budget.minutes else f"{size.minutes:g} min, the usual time,"
    width = f"as wide as {size.tokens:,} tokens, {size.vocabulary:,} of them different, and {time} allow"
    dropout = f"for about {passes:.1f} passes over the text"
    machine = ", this processor's fastest"
    return [
        f"network: {network.cell} {network.num_layers} x {network.hidden_size}, embedding "
        f"{network.embedding_size or 'one-hot'}: {'as asked' if settings['network'] else width}.",
        f"training: {training.optimizer}, {training.batch_size} rows of {training.sequence_length} steps; dropout "
        f"{training.dropout:g}{', as asked' if 'dropout' in settings['training'] else ' ' + dropout}, "
        f"{training.recurrent_dropout:g} of the connections from step to step; "
        f"{training.precision}{'' if 'precision' in settings['training'] else machine}, on {training.threads} threads.",
    ]
