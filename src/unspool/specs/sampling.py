"""How to choose the next token, and when to stop."""

from typing import Any, Self

from pydantic import field_validator, model_validator

from unspool.specs.base import Option, Spec, setting


class BeamSpec(Spec):
    """The settings of beam search.

    Attributes:
        beams: keeps this many hypotheses for each text; 1 is greedy search.
        n_best: returns this many hypotheses for each text, the best first.
        length_penalty: divides a log-probability by the length to this power: 0 is off, 1 is the mean per token.
        max_new_tokens: limits the tokens of a hypothesis; 0 allows three times those of the source, plus 20.
    """

    beams: int = setting(
        5, Option("Search", True, ("-b",), ("beam", "beam-size", "beam-width", "num-beams")), ge=1, le=1000
    )
    n_best: int = setting(
        1, Option("Search", True, ("-n",), ("nbest", "best", "alternatives", "num-samples", "top")), ge=1, le=1000
    )
    length_penalty: float = setting(1.0, Option("Search", synonyms=("alpha", "normalize", "penalty")), ge=0, le=10)
    max_new_tokens: int = setting(
        0, Option("Search", False, ("--max-tokens",), ("length", "max-length", "limit")), ge=0, le=1_000_000
    )

    @model_validator(mode="after")
    def _no_more_than_there_are(self) -> Self:
        if self.n_best > self.beams:
            raise ValueError(f"n_best must be at most beams ({self.beams}), and it is {self.n_best}")
        return self


class SamplingSpec(Spec):
    """The settings of generation. The defaults leave the network's distribution at temperature 0.8.

    Attributes:
        max_new_tokens: ends a sample after this many tokens.
        temperature: divides the logits; 0 always takes the likeliest token, 1 keeps the network's own probabilities.
        top_k: draws from the k likeliest tokens only (Fan et al., 2018); 0 is off.
        top_p: draws from the likeliest tokens that together reach this probability (Holtzman et al., 2020); 1 is off.
        min_p: draws from tokens at least this fraction as likely as the likeliest (Nguyen et al., 2024); 0 is off.
        typical_p: draws from the tokens whose nll is closest to the entropy, which together reach this probability
            (Meister et al., 2023); 1 is off.
        repetition_penalty: divides the positive logits, and multiplies the negative ones, of every token
            in the prompt or the generated text (Keskar et al., 2019); 1 is off.
        frequency_penalty: subtracts this from a token's logit each time the token was generated; 0 is off.
        presence_penalty: subtracts this once from the logit of every token that was generated; 0 is off.
        stop: ends a sample before this text.
        seed: makes samples repeatable: sample i, counted from 0, draws with seed + i; none takes a fresh seed.
        num_samples: generates this many samples from each prompt.
        ignore_eos: never generates `<eos>`, so that a sample does not end with the document.
        max_copy: never generates a span of more characters than this that stands verbatim in the training text, which
            must be in the model folder; where every continuation would, the sample ends. 0 is off.
    """

    max_new_tokens: int = setting(
        200,
        Option("Length", True, ("--max-tokens",), ("length", "max-length", "num-tokens", "tokens", "limit", "words")),
        ge=0,
        le=100_000_000,
    )
    temperature: float = setting(
        0.8, Option("Sampling", True, ("-t", "--temp"), ("creativity", "randomness", "diversity", "heat")), ge=0
    )
    top_k: int = setting(0, Option("Sampling", True, ("-k",), ("topk",)), ge=0)
    top_p: float = setting(1.0, Option("Sampling", True, (), ("nucleus", "topp")), gt=0, le=1)
    min_p: float = setting(0.0, Option("Sampling", synonyms=("minp",)), ge=0, le=1)
    typical_p: float = setting(1.0, Option("Sampling", synonyms=("typical",)), gt=0, le=1)
    repetition_penalty: float = setting(
        1.0, Option("Penalties", synonyms=("repetition", "repeat", "repeat-penalty", "no-repeat")), ge=1e-6, le=1e6
    )
    frequency_penalty: float = setting(0.0, Option("Penalties", synonyms=("frequency",)), ge=-1e6, le=1e6)
    presence_penalty: float = setting(0.0, Option("Penalties", synonyms=("presence",)), ge=-1e6, le=1e6)
    stop: tuple[str, ...] = setting(
        (), Option("Length", True, (), ("end", "until", "stop-sequence", "stop-at"), escapes=True)
    )
    seed: int | None = setting(None, Option("Sampling", True, (), ("random-seed", "random-state")), ge=0, lt=2**63)
    num_samples: int = setting(
        1, Option("Sampling", True, ("-n",), ("samples", "count", "number", "n", "n-best")), ge=1, le=100_000
    )
    ignore_eos: bool = setting(False, Option("Length", synonyms=("endless", "no-eos", "continue")))
    max_copy: int = setting(
        0,
        Option("Sampling", synonyms=("no-copy", "copy", "copying", "verbatim", "plagiarism", "memorised")),
        ge=0,
        le=1_000_000,
    )

    @field_validator("stop", mode="before")
    @classmethod
    def _one_or_several(cls, stop: Any) -> Any:
        """Take a text for one stop string."""
        return (stop,) if isinstance(stop, str) else stop
