"""How a model goes on learning while it reads."""

from pydantic import Field

from unspool.specs.base import Option, Spec, setting


class AdaptationSpec(Spec):
    """How a model goes on learning while it reads, a window of text at a time: scored first, then learnt.

    Attributes:
        learning_rate: sets the learning rate of AdamW, which updates all weights.
        window: learns so many tokens with one update.
        pull: moves the weights back by this fraction of the way to those of before after each update (Krause et al.,
            2018), which bounds how far they get.
    """

    learning_rate: float = Field(5e-4, gt=0)
    window: int = Field(32, ge=1, le=4096)
    pull: float = Field(0.005, ge=0, lt=1)


class ReadingSpec(Spec):
    """How a model reads more, and keeps what it learns.

    Attributes:
        epochs: reads the text this many times.
        minutes: stops after this many minutes, wherever it is.
        learning_rate: sets the learning rate of AdamW at first; it falls to the end.
        seed: starts the random numbers of dropout and resets; the same seed gives the same weights.
    """

    epochs: int = setting(
        3, Option("Budget", common=True, synonyms=("epoch", "passes", "n-epochs", "times")), ge=1, le=1000
    )
    minutes: float = setting(
        5.0, Option("Budget", common=True, flags=("-m",), synonyms=("time", "duration", "max-time")), gt=0
    )
    learning_rate: float = setting(
        2e-3, Option("Training", flags=("--lr",), synonyms=("rate", "step-size", "eta")), gt=0, le=1
    )
    seed: int = setting(0, Option("Training", synonyms=("random-seed", "random-state")), ge=0, lt=2**63)
