"""How a model goes on learning while it reads."""

from unspool.specs.base import Option, Spec, setting


class AdaptationSpec(Spec):
    """How a model goes on learning while it reads, a window of text at a time: scored first, then learnt.

    Attributes:
        learning_rate: sets the learning rate of AdamW, which updates all weights.
        window: learns so many tokens with one update.
        pull: moves the weights back by this fraction of the way to those of before after each update (Krause et al.,
            2018), which bounds how far they get.
    """

    learning_rate: float = setting(
        5e-4, Option("Adaptation", flags=("--lr",), synonyms=("rate", "step-size", "eta")), gt=0
    )
    window: int = setting(32, Option("Adaptation", synonyms=("bptt", "sequence-length", "segment")), ge=1, le=4096)
    pull: float = setting(0.005, Option("Adaptation", synonyms=("decay", "weight-decay", "lambda")), ge=0, lt=1)


class ReadingSpec(AdaptationSpec):
    """How a model reads more, and keeps what it learns.

    Attributes:
        epochs: reads the text this many times.
        minutes: stops after this many minutes, wherever it is.
    """

    epochs: int = setting(3, Option("Budget", common=True, synonyms=("epoch", "passes", "n-epochs")), ge=1, le=1000)
    minutes: float = setting(
        5.0, Option("Budget", common=True, flags=("-m",), synonyms=("time", "duration", "max-time")), gt=0
    )
