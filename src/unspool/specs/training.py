"""How a network is trained: what all have in common, and what decoders and heads add."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from unspool.specs.base import Option, Spec, setting

EngineName = Literal["torch", "keras"]
OptimizerName = Literal["adamw", "muon", "normuon"]
Precision = Literal["float32", "bfloat16"]
COUNTS = Option(
    "Training",
    synonyms=("linear", "bag-of-words", "tfidf", "ngrams", "mixture", "markov", "mix"),
    default="on; off where a text or a picture is the source",
    takes=("order", "min_count"),
)


class BudgetSpec(Spec):
    """How long to train: exactly one of the three.

    Attributes:
        minutes: trains for this many minutes of wall time, counted from the first update.
        epochs: trains for this many passes over the training examples instead.
        steps: trains for this many updates of the weights instead.
    """

    minutes: float | None = setting(
        None,
        Option(
            "Budget",
            common=True,
            flags=("-m",),
            synonyms=("time", "duration", "max-time", "hours", "seconds"),
            default="3",
        ),
        gt=0,
    )
    epochs: float | None = setting(None, Option("Budget", synonyms=("epoch", "passes", "n-epochs", "num-epochs")), gt=0)
    steps: int | None = setting(
        None, Option("Budget", synonyms=("iterations", "iters", "updates", "max-steps", "max-iters")), ge=1
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(value is not None for value in (self.minutes, self.epochs, self.steps)) != 1:
            raise ValueError("give exactly one of minutes, epochs and steps")
        return self


class TrainingSpec(Spec):
    """The settings of training that every network has.

    Attributes:
        engine: sets the engine that trains.
        batch_size: sets the number of rows in a batch.
        optimizer: `muon` updates the cells' matrices by Muon (Jordan, 2024) and the rest by AdamW, `normuon` does so
            gate by gate, with rows of equal size (Li et al., 2025), `adamw` updates all by AdamW (Loshchilov and
            Hutter, 2019).
        learning_rate: sets the peak learning rate of AdamW.
        matrix_rate: sets the peak learning rate of Muon and NorMuon.
        weight_decay: sets the decoupled weight decay of the cells' matrices.
        warmup: sets the fraction of the budget in which the learning rates rise.
        decay_from: sets the fraction of the budget at which the learning rates begin to fall, before which they stay at
            their peak after the warm-up (Hägele et al., 2024), and patience is not lost.
        final_rate: sets the fraction of the peak to which the learning rates fall by the end.
        clip: clips the norm of the gradient to this.
        dropout: sets the rate of variational dropout between layers and on the output (Gal and Ghahramani, 2016).
        input_dropout: sets the rate of variational dropout on the embedded input.
        recurrent_dropout: sets the rate of DropConnect on the recurrent matrices (Merity et al., 2018); `mingru` has no
            such matrices.
        label_smoothing: spreads this fraction of the target probability evenly over all tokens or labels (Szegedy et
            al., 2016).
        averaged: averages this many of the last best weights at the end, if the mean is better than the best.
        precision: sets the format of matrix products; with `bfloat16`, weights and sums stay in float32.
        threads: limits the threads of matrix products; 0 uses as many as the machine offers.
        settled_threads: tells how many of them a run of minutes last found to be the fastest; 0 where the run does not
            choose, and uses all.
        validations: scores the held-out examples this many times during the run.
        patience: ends the run early after this many validations without a new best.
        seed: starts the random numbers of weights, dropout, resets and order; the same seed gives the same weights.
    """

    engine: EngineName = setting(
        "torch",
        Option(
            "Training",
            synonyms=("backend", "framework", "device", "gpu", "cuda"),
            default="torch; keras where only that is installed; of --resume the one that began the run",
        ),
    )
    batch_size: int = setting(
        32,
        Option("Training", flags=("-b",), synonyms=("batch", "rows", "bs"), default="the fastest for the processor"),
        ge=1,
        le=65536,
    )
    optimizer: OptimizerName = setting(
        "muon",
        Option("Training", synonyms=("optim", "algorithm"), default="muon; of a gru that writes text normuon"),
    )
    learning_rate: float = setting(
        4e-3,
        Option(
            "Training",
            flags=("--lr",),
            synonyms=("rate", "step-size", "eta"),
            default="0.004; beside muon or normuon, of a gru or lstm that writes text, 0.032, unless that is "
            "read 800 times or more, or five times where more than 1,000 tokens differ",
        ),
        gt=0,
    )
    matrix_rate: float = setting(
        0.02, Option("Training", synonyms=("muon-rate", "muon-lr", "matrix-lr"), default="0.02; of a gru 0.03"), gt=0
    )
    weight_decay: float = setting(0.01, Option("Training", synonyms=("wd", "l2", "decay")), ge=0)
    warmup: float = setting(0.03, Option("Training", synonyms=("warmup-fraction", "warmup-steps")), ge=0, lt=1)
    decay_from: float = setting(
        0.0, Option("Training", synonyms=("decay-start", "hold", "stable", "constant", "plateau")), ge=0, lt=1
    )
    final_rate: float = setting(0.01, Option("Training", synonyms=("min-lr", "final-lr", "end-rate")), ge=0, le=1)
    clip: float = setting(
        1.0, Option("Training", synonyms=("grad-clip", "clip-norm", "gradient-clip", "max-grad-norm")), gt=0
    )
    dropout: float = setting(
        0.1,
        Option("Training", synonyms=("drop", "regularization"), default="by the passes over the text"),
        ge=0,
        lt=1,
    )
    input_dropout: float = setting(
        0.1, Option("Training", synonyms=("embedding-dropout",), default="as dropout"), ge=0, lt=1
    )
    recurrent_dropout: float = setting(
        0.0,
        Option("Training", synonyms=("dropconnect", "weight-dropout", "state-dropout"), default="0.4 of dropout"),
        ge=0,
        lt=1,
    )
    label_smoothing: float = setting(0.0, Option("Training", synonyms=("smoothing",)), ge=0, lt=1)
    averaged: int = setting(
        1,
        Option("Training", synonyms=("average", "averaging", "swa", "checkpoints"), default="1; of pairs 4"),
        ge=1,
        le=100,
    )
    precision: Precision = setting(
        "float32",
        Option(
            "Training",
            synonyms=("dtype", "amp", "bf16", "mixed-precision"),
            default="the fastest for the processor",
        ),
    )
    threads: int = setting(
        0, Option("Training", synonyms=("workers", "cores", "num-threads", "jobs", "cpus")), ge=0, le=1024
    )
    settled_threads: int = setting(0, Option(hidden=True), ge=0, le=1024)
    validations: int = setting(
        8,
        Option("Training", synonyms=("evals", "eval-interval", "validate"), default="by the minutes, 3 to 20"),
        ge=1,
        le=10_000,
    )
    patience: int = setting(4, Option("Training", synonyms=("early-stopping", "early-stop")), ge=1, le=10_000)
    seed: int = setting(0, Option("Training", common=True, synonyms=("random-seed", "random-state")), ge=0, lt=2**63)


class DecoderTrainingSpec(TrainingSpec):
    """The settings of training that a decoder adds.

    Attributes:
        teacher_forcing: sets the fraction of a decoder's inputs that are the true tokens; the others are sampled from
            its own predictions.
        scheduled_sampling: lowers that fraction linearly from 1 to `teacher_forcing` (Bengio et al., 2015).
    """

    teacher_forcing: float = setting(1.0, Option("Training", synonyms=("teacher-forcing-ratio", "forcing")), ge=0, le=1)
    scheduled_sampling: bool = setting(False, Option("Training", synonyms=("scheduled", "curriculum")))


class MixedTrainingSpec(DecoderTrainingSpec):
    """The settings of training of a decoder whose texts are counted, too.

    Attributes:
        counts: mixes the network with counted n-grams of the text where that helps.
    """

    counts: bool = setting(True, COUNTS)


class AttentionTrainingSpec(MixedTrainingSpec):
    """The settings of training of a decoder that may attend to its source, beside which counts help little.

    Attributes:
        counts: mixes the network with counted n-grams of the targets where that helps.
    """

    counts: bool = setting(False, COUNTS)


class WindowTrainingSpec(MixedTrainingSpec):
    """The settings of training of a decoder that reads a long text in windows.

    Attributes:
        sequence_length: backpropagates the loss through this many time steps.
        reset_probability: sets the probability that a row returns to the initial state at the start of a window.
    """

    sequence_length: int = setting(
        64,
        Option("Training", synonyms=("bptt", "window", "context", "block-size", "seq-length", "length")),
        ge=1,
        le=65536,
    )
    reset_probability: float = setting(
        0.02, Option("Training", synonyms=("reset", "resets", "state-reset")), ge=0, le=1
    )


class HeadTrainingSpec(TrainingSpec):
    """The settings of training that a network with a head adds.

    Attributes:
        class_weights: weighs the loss of each label inversely to its frequency; a recipe may instead give a weight for
            each label, in order.
    """

    class_weights: bool | tuple[Annotated[float, Field(gt=0)], ...] = setting(
        False, Option("Training", synonyms=("balanced", "weights", "class-weight", "balance"))
    )


class VectorTrainingSpec(HeadTrainingSpec):
    """The settings of training that a classifier of numbers adds.

    Attributes:
        feature_dropout: replaces this fraction of the numbers of a row by the mean of their column.
    """

    feature_dropout: float = setting(
        0.2, Option("Training", synonyms=("input-noise", "column-dropout", "masking")), ge=0, lt=1
    )


class TextHeadTrainingSpec(HeadTrainingSpec):
    """The settings of training that a classifier of texts adds.

    Attributes:
        word_dropout: replaces this fraction of a text's tokens by `<unk>`.
        unfreeze: sets when the layers of the model that a classifier starts from learn: `at-once`; `gradual`, one more
            each epoch from the head down (Howard and Ruder, 2018, section 3.3); or one more after this many updates.
        counts: mixes the network with a linear classifier of counted words, characters or pairs where that helps.
    """

    word_dropout: float = setting(0.0, Option("Training", synonyms=("token-dropout", "unk-rate")), ge=0, lt=1)
    unfreeze: Literal["at-once", "gradual"] | Annotated[int, Field(ge=1)] = setting(
        "at-once",
        Option("Training", synonyms=("freeze", "gradual-unfreezing", "frozen"), metavar="at-once|gradual|UPDATES"),
    )
    counts: bool = setting(True, COUNTS)

    @field_validator("unfreeze", mode="before")
    @classmethod
    def _one_rule_for_all_kinds(cls, value: Any) -> Any:
        if value in ("at-once", "gradual") or (type(value) is int and value >= 1):
            return value
        raise ValueError("must be at-once, gradual, or a number of updates, at least 1")
