"""How to train, and the whole recipe of a run."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from unspool.specs.base import Spec
from unspool.specs.data import DataSpec, TaskName
from unspool.specs.network import DecoderShape, EncoderShape, HeadShape


class BudgetSpec(Spec):
    """How long to train: exactly one of the three.

    Attributes:
        minutes: wall time, everything included.
        epochs: passes over the training text.
        steps: updates of the weights.
    """

    minutes: float | None = Field(None, gt=0)
    epochs: float | None = Field(None, gt=0)
    steps: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(value is not None for value in (self.minutes, self.epochs, self.steps)) != 1:
            raise ValueError("give exactly one of minutes, epochs and steps")
        return self


class TrainingSpec(Spec):
    """The settings of training.

    Attributes:
        batch_size: rows that are read side by side.
        sequence_length: time steps through which the loss is propagated back.
        optimizer: `muon` updates the cells' matrices by Muon and the rest by AdamW; `adamw` all by AdamW.
        learning_rate: the highest rate of AdamW.
        matrix_rate: the highest rate of Muon.
        weight_decay: on the cells' matrices.
        warmup: the share of the budget in which the rate rises.
        final_rate: the share of the highest rate at which the run ends.
        clip: the highest norm of the gradient.
        dropout: locked dropout between layers and on the output (Gal and Ghahramani, 2016).
        input_dropout: locked dropout on the embedded input.
        recurrent_dropout: of the recurrent matrices' entries (Merity et al., 2018); `mingru` has none of these.
        word_dropout: the share of a classified text's tokens that are shown as `<unk>`.
        label_smoothing: the share of a target's probability that is spread over all tokens or labels (Szegedy et al.,
            2016).
        class_weights: what the loss of each label counts, in their order; true weighs them inversely to how often they
            come, false all alike.
        unfreeze: how the layers of a model that a classifier starts from learn: `at-once`, or `gradual`, from the head
            down one more layer each epoch (Howard and Ruder, 2018, section 3.3), or each so many updates.
        teacher_forcing: the share of the inputs of a decoder that are the true tokens; the others are its own guesses.
        scheduled_sampling: that share falls to `teacher_forcing` in a straight line (Bengio et al., 2015).
        averaged: how many of the last best weights are averaged at the end, where that is better than the best.
        reset_probability: of a row's return to the initial state at the start of a window.
        precision: of the products on the CPU; `bfloat16` keeps weights and sums in float32.
        threads: of the products; 0 takes what the machine offers.
        settled_threads: how many of them a run of minutes last found to be the fastest; 0 where it does not choose, and
            uses all.
        validations: how often the held-out text is scored.
        patience: validations without a new best after which the run ends early.
        seed: of weights, dropout, resets and order.
    """

    batch_size: int = Field(32, ge=1, le=65536)
    sequence_length: int = Field(64, ge=1, le=65536)
    optimizer: Literal["adamw", "muon"] = "muon"
    learning_rate: float = Field(4e-3, gt=0)
    matrix_rate: float = Field(0.02, gt=0)
    weight_decay: float = Field(0.01, ge=0)
    warmup: float = Field(0.03, ge=0, lt=1)
    final_rate: float = Field(0.01, ge=0, le=1)
    clip: float = Field(1.0, gt=0)
    dropout: float = Field(0.1, ge=0, lt=1)
    input_dropout: float = Field(0.1, ge=0, lt=1)
    recurrent_dropout: float = Field(0.0, ge=0, lt=1)
    word_dropout: float = Field(0.0, ge=0, lt=1)
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    teacher_forcing: float = Field(1.0, ge=0, le=1)
    scheduled_sampling: bool = False
    averaged: int = Field(1, ge=1, le=100)
    class_weights: bool | tuple[Annotated[float, Field(gt=0)], ...] = False
    unfreeze: Literal["at-once", "gradual"] | Annotated[int, Field(ge=1)] = "at-once"
    reset_probability: float = Field(0.02, ge=0, le=1)
    precision: Literal["float32", "bfloat16"] = "float32"
    threads: int = Field(0, ge=0, le=1024)
    settled_threads: int = Field(0, ge=0, le=1024)
    validations: int = Field(8, ge=1, le=10_000)
    patience: int = Field(4, ge=1, le=10_000)
    seed: int = Field(0, ge=0, lt=2**63)

    @field_validator("unfreeze", mode="before")
    @classmethod
    def _one_rule_for_all_kinds(cls, value: Any) -> Any:
        if value in ("at-once", "gradual") or (type(value) is int and value >= 1):
            return value
        raise ValueError("must be at-once, gradual, or a number of updates, at least 1")


class Recipe(Spec):
    """All settings of one run, resolved: what `recipe.toml` holds.

    Attributes:
        task: what the model does.
        data: the sources, their split, the tokenizer.
        network: the sizes of the decoder; none without one.
        encoder: those of a text encoder, and how the decoder uses it; none without one.
        head: what reads labels; none without one.
        training: rates, regularisation, seed.
        budget: how long.
        started_from: the model folder whose weights the run began with.
    """

    task: TaskName = "language"
    data: DataSpec
    network: DecoderShape | None = None
    encoder: EncoderShape | None = None
    head: HeadShape | None = None
    training: TrainingSpec
    budget: BudgetSpec
    started_from: str | None = None

    @property
    def writer(self) -> DecoderShape:
        """The sizes of a decoder that must be there."""
        assert self.network is not None, "what only classifies has no decoder"
        return self.network
