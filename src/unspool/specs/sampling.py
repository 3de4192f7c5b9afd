"""How to choose the next token, and when to stop."""

from typing import Self

from pydantic import Field, model_validator

from unspool.specs.base import Spec


class BeamSpec(Spec):
    """The settings of translation by beam search.

    Attributes:
        beams: translations that are followed at once; 1 always takes the likeliest token.
        n_best: how many of them to give.
        length_penalty: the log-probability is divided by the length to this power: 0 is off, 1 the mean per token.
        max_new_tokens: the most tokens of a translation; 0 takes three times the source's, and 20 more.
    """

    beams: int = Field(5, ge=1, le=1000)
    n_best: int = Field(1, ge=1, le=1000)
    length_penalty: float = Field(1.0, ge=0, le=10)
    max_new_tokens: int = Field(0, ge=0, le=1_000_000)

    @model_validator(mode="after")
    def _no_more_than_there_are(self) -> Self:
        if self.n_best > self.beams:
            raise ValueError(f"n_best must be at most beams ({self.beams}), and it is {self.n_best}")
        return self


class SamplingSpec(Spec):
    """The settings of generation. The defaults leave the network's distribution at temperature 0.8.

    Attributes:
        max_new_tokens: the most tokens to write for one sample.
        temperature: divides the logits; 0 always takes the likeliest token, 1 draws fairly.
        top_k: only the k likeliest tokens may be drawn; 0 is off.
        top_p: only the likeliest tokens that together reach this probability (Holtzman et al., 2020); 1 is off.
        min_p: only tokens at least this share as likely as the likeliest (Nguyen et al., 2024); 0 is off.
        typical_p: only the tokens whose nll is nearest the entropy, up to this probability
            (Meister et al., 2023); 1 is off.
        repetition_penalty: divides the positive logits, and multiplies the negative ones, of every token
            that stands in the prompt or was written (Keskar et al., 2019); 1 is off.
        frequency_penalty: is taken off a token's logit for each time it was written.
        presence_penalty: is taken off the logit of a token that was written at all.
        stop: texts that end a sample; they are not part of it.
        seed: sample i draws with seed + i; none takes a fresh seed.
        num_samples: how many samples to write from one prompt.
        ignore_eos: go on after the end of a document, by never writing `<eos>`.
    """

    max_new_tokens: int = Field(200, ge=0, le=100_000_000)
    temperature: float = Field(0.8, ge=0)
    top_k: int = Field(0, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    min_p: float = Field(0.0, ge=0, le=1)
    typical_p: float = Field(1.0, gt=0, le=1)
    repetition_penalty: float = Field(1.0, ge=1e-6, le=1e6)
    frequency_penalty: float = Field(0.0, ge=-1e6, le=1e6)
    presence_penalty: float = Field(0.0, ge=-1e6, le=1e6)
    stop: tuple[str, ...] = ()
    seed: int | None = Field(None, ge=0, lt=2**63)
    num_samples: int = Field(1, ge=1, le=100_000)
    ignore_eos: bool = False
