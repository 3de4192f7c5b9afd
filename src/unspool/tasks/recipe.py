"""Choose every setting that was not requested: from the size of the text, the budget and the machine.

docs/decisions/0003-default-recipe.md has the measurements behind the rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log10
from typing import Any, cast

from unspool.engines.base import Machine
from unspool.engines.parameters import stepped_weights
from unspool.specs.base import Spec, build
from unspool.specs.network import DecoderSpec
from unspool.specs.recipe import TrainingRecipe, sections
from unspool.specs.shapes import CellName, DecoderShape
from unspool.specs.training import BudgetSpec, TrainingSpec, WindowTrainingSpec
from unspool.tasks.settings import Settings

DEFAULT_MINUTES = 3.0  # the sizes are chosen for these when the budget is in steps or epochs, too

WIDTHS = tuple(range(128, 1025, 64))
TOKENS_PER_WEIGHT, GRU_TOKENS_PER_WEIGHT = 7.7, 9.0  # within the budget
FEW_PASSES = 8  # over the text
MAX_TEXTS, MIN_BATCHES = 256, 8  # texts in a batch; batches in an epoch
SLOW_RATE, FAST_RATE = 0.004, 0.032  # of AdamW: for all that is trained; for the embedding and the output alone
LARGE = 1000  # tokens of a vocabulary, most of which are rare
FAST_PASSES, FAST_RARE_PASSES = 220.0, 5.0  # up to which a text, and one of rare tokens, is learnt at the fast rate


@dataclass(frozen=True)
class Size:
    """The quantities that the choice depends on.

    Attributes:
        tokens: is the number of tokens of the training part.
        vocabulary: is the number of tokens in the vocabulary.
        minutes: is the time of training; for a budget in steps or epochs it is the usual one.
        machine: describes the computer that trains.
    """

    tokens: int
    vocabulary: int
    minutes: float
    machine: Machine

    def read(self, cell: CellName) -> float:
        """The product of weights and tokens that training a cell gets through in the minutes."""
        return 60 * self.minutes * self.machine.rate_of(cell)


def filled(machine: Machine, texts: int, tokens: int) -> Machine:
    """Return the machine with so many short texts in a batch that they hold as many tokens as its windows of a stream.

    Args:
        machine: describes the computer that trains.
        texts: is the number of texts, each of which starts from an initial state.
        tokens: is the number of tokens in all of them.
    """
    filling = round(machine.rows * WindowTrainingSpec().sequence_length * texts / tokens)
    if filling <= machine.rows:
        return machine
    return machine._replace(rows=max(1, min(MAX_TEXTS, texts // MIN_BATCHES, filling)))


def budget_spec(settings: Settings) -> BudgetSpec:
    """Return the requested budget, or three minutes."""
    return build(BudgetSpec, settings["budget"] or {"minutes": DEFAULT_MINUTES}, "budget")


def usual_minutes(settings: Settings) -> float:
    """Return the minutes that the sizes are chosen for: those of the budget, or the usual ones."""
    return budget_spec(settings).minutes or DEFAULT_MINUTES


@dataclass(frozen=True)
class Choice:
    """The choices for a decoder.

    Attributes:
        network: holds its sizes.
        training: says how it is trained.
        budget: says how long it is trained.
        reasons: explain the choice in a few lines.
    """

    network: DecoderShape
    training: TrainingSpec
    budget: BudgetSpec
    reasons: list[str]

    @property
    def sections(self) -> dict[str, Spec]:
        """The chosen sections of the recipe, by name."""
        return {"network": self.network, "training": self.training, "budget": self.budget}


def choose(recipe: type[TrainingRecipe], size: Size, settings: Settings, network: DecoderShape | None = None) -> Choice:
    """Choose the settings that were not requested.

    Args:
        recipe: says which settings the task has.
        size: holds the quantities that the choice depends on.
        settings: were requested, by section.
        network: has the sizes of the model that training starts from; none lets them be chosen.

    Raises:
        UsageError: a setting breaks its rule.
    """
    kinds = sections(recipe)
    requested = settings["network"]
    if network is None:
        shape = _shape(size, requested)
    else:
        shape = network.model_dump(include=set(DecoderShape.model_fields)) | requested
    checked = cast(DecoderShape, build(kinds["network"], shape, "network"))
    budget = budget_spec(settings)
    passes = _passes(size, checked, budget, settings["training"])
    values = _training(size, checked, passes, _share(size, checked), settings["training"])
    training = cast(TrainingSpec, build(kinds["training"], values, "training"))
    return Choice(checked, training, budget, _reasons(size, checked, training, budget, passes, settings))


def _shape(size: Size, requested: Mapping[str, Any]) -> dict[str, Any]:
    """Choose one layer, as wide as time and text allow; what was requested is kept.

    With a compiled recurrence a GRU reads more text in the time; an LSTM gains more from reading it again.
    """
    if "cell" in requested or not size.machine.compiled:
        return _widest(size, {"cell": "lstm", **requested})
    quick = _widest(size, {**requested, "cell": "gru"})
    if _passes_in_time(_decoder_shape(quick), size) < FEW_PASSES:
        return quick
    return _widest(size, {**requested, "cell": "lstm"})


def _widest(size: Size, requested: Mapping[str, Any]) -> dict[str, Any]:
    """Choose the widest layer within two bounds.

    The weights see nine (GRU) or eight tokens each in the time; the width grows with the cube root of the text. A layer
    that is tied to an embedding of a requested size has that size.
    """
    shape = {"num_layers": 1, "embedding_size": 256 if size.vocabulary > LARGE else 64, **requested}
    if shape.get("tie_weights") and "embedding_size" in requested:
        return {"hidden_size": shape["embedding_size"], **shape}
    max_width = 260 * (size.tokens / 130_000) ** (1 / 3)
    for hidden in reversed(WIDTHS):
        tied = {"embedding_size": hidden} if shape.get("tie_weights") else {}
        wide = {**shape, "hidden_size": hidden, **tied, **requested}
        checked = _decoder_shape(wide)
        tokens = GRU_TOKENS_PER_WEIGHT if checked.cell == "gru" else TOKENS_PER_WEIGHT
        max_weights = (size.read(checked.cell) / tokens) ** 0.5
        if hidden <= max_width and _weights(checked, size) <= max_weights:
            break
    if shape.get("tie_weights"):
        wide["embedding_size"] = wide["hidden_size"]
    return wide


def _decoder_shape(values: Mapping[str, Any]) -> DecoderShape:
    """Check the sizes alone, without the settings that only some decoders have."""
    return build(DecoderShape, {name: values[name] for name in DecoderShape.model_fields if name in values}, "network")


def _share(size: Size, shape: DecoderShape) -> float:
    """Return the number of weights as a fraction of that of the width that would be chosen, at most 1."""
    free = shape.model_dump(include=set(DecoderShape.model_fields) - {"hidden_size"})
    return min(1.0, _weights(shape, size) / _weights(_decoder_shape(_widest(size, free)), size))


def _training(
    size: Size, shape: DecoderShape, passes: float, share: float, requested: Mapping[str, Any]
) -> dict[str, Any]:
    """Choose dropout by the passes over the text: none up to 4.5, 0.08 at 7, 0.14 at 9, 0.37 at 100, and four tenths of
    it on the recurrent matrices. A network of fewer weights than the one that would be chosen has as much less, since
    it has less to learn the text by heart with.
    """
    curve, beginning = 0.1 + 0.22 * log10(max(passes, 1e-9) / 6), 0.03 * (passes - 4.5)
    dropout = round(share * min(0.5, max(0.0, min(curve, beginning))), 2)
    chosen = {
        **_optimizer(shape, passes >= (FAST_RARE_PASSES if size.vocabulary > LARGE else FAST_PASSES), requested),
        "batch_size": size.machine.rows,
        "dropout": dropout,
        "input_dropout": dropout,
        "recurrent_dropout": 0.0 if shape.cell == "mingru" else round(0.4 * dropout, 2),
        "precision": size.machine.precision,
        "threads": size.machine.threads,
        "validations": int(min(20, max(3, round(2 * size.minutes)))),
    }
    return {**chosen, **requested}


def _optimizer(shape: DecoderShape, by_heart: bool, requested: Mapping[str, Any]) -> dict[str, Any]:
    """Choose the optimizer and its rates: NorMuon of a GRU, whose rate is higher, and Muon of the others.

    Where AdamW has the embedding and the output of a GRU or an LSTM alone, it learns best at eight times the rate that
    it has for all, unless the text is read so often that it would learn it by heart.
    """
    optimizer = requested.get("optimizer", "normuon" if shape.cell == "gru" else "muon")
    fast = shape.cell in ("gru", "lstm") and optimizer != "adamw" and not by_heart
    return {
        "optimizer": optimizer,
        "learning_rate": FAST_RATE if fast else SLOW_RATE,
        "matrix_rate": 0.03 if shape.cell == "gru" else 0.02,
    }


def _passes(size: Size, shape: DecoderShape, budget: BudgetSpec, requested: Mapping[str, Any]) -> float:
    """Estimate how often the text will be read: what the budget says, or what fits in the time."""
    if budget.epochs is not None:
        return budget.epochs
    if budget.steps is not None:
        window = WindowTrainingSpec()
        rows = requested.get("batch_size", window.batch_size)
        return float(budget.steps * rows * requested.get("sequence_length", window.sequence_length) / size.tokens)
    return _passes_in_time(shape, size)


def _passes_in_time(shape: DecoderShape, size: Size) -> float:
    return size.read(shape.cell) / _weights(shape, size) / size.tokens


def _weights(shape: DecoderShape, size: Size) -> int:
    sizes: Mapping[str, Any] = shape.model_dump(include=set(DecoderShape.model_fields))
    return stepped_weights(DecoderSpec(**sizes, vocabulary_size=size.vocabulary))


def _reasons(
    size: Size, network: DecoderShape, training: TrainingSpec, budget: BudgetSpec, passes: float, settings: Settings
) -> list[str]:
    time = f"{size.minutes:g} min" if budget.minutes else f"{size.minutes:g} min, the usual time,"
    width = f"as wide as {size.tokens:,} tokens, {size.vocabulary:,} of them different, and {time} allow"
    dropout = f"for about {passes:.1f} passes over the text"
    machine = ", this processor's fastest"
    requested = settings["network"].keys() & DecoderShape.model_fields.keys()
    steps = f" of {training.sequence_length} steps" if isinstance(training, WindowTrainingSpec) else ""
    return [
        f"network: {network.cell} {network.num_layers} x {network.hidden_size}, embedding "
        f"{network.embedding_size or 'one-hot'}: {'as requested' if requested else width}.",
        f"training: {training.optimizer}, {training.batch_size} rows{steps}; dropout "
        f"{training.dropout:g}{', as requested' if 'dropout' in settings['training'] else ' ' + dropout}, "
        f"DropConnect {training.recurrent_dropout:g}; "
        f"{training.precision}{'' if 'precision' in settings['training'] else machine}, on {training.threads} threads.",
    ]
