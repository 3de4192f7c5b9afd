"""What a linear classifier of texts counts."""

from typing import Self

from pydantic import Field, model_validator

from unspool.specs.base import Spec
from unspool.specs.data import TokenKind


class LinearSpec(Spec):
    """A linear classifier, whose features are runs of tokens.

    Attributes:
        order: is the number of tokens of the longest runs that are counted; shorter ones are counted too.
        max_features: is the maximum number of different runs; those in most texts are kept.
        labels: is the number of labels.
        tokenizer: is the kind of the tokens that are counted, whose tokenizer is in `counts_tokenizer.json`; none where
            they are those that the network reads.
        vocabulary_size: is the number of these tokens, the special ones included; none where there is no such file.
    """

    order: int = Field(ge=1, le=12)
    max_features: int = Field(ge=1)
    labels: int = Field(ge=2, le=1_000_000)
    tokenizer: TokenKind | None = None
    vocabulary_size: int | None = Field(None, ge=5, le=2_000_000)

    @model_validator(mode="after")
    def _a_tokenizer_has_a_size(self) -> Self:
        if (self.tokenizer is None) != (self.vocabulary_size is None):
            raise ValueError("a tokenizer of the counts needs a vocabulary_size, and no tokenizer has none")
        return self
