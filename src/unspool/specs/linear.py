"""What a linear classifier of texts counts."""

from pydantic import Field

from unspool.specs.base import Spec


class LinearSpec(Spec):
    """A linear classifier, whose features are runs of tokens.

    Attributes:
        order: is the number of tokens of the longest runs that are counted; shorter ones are counted too.
        max_features: is the maximum number of different runs; those in most texts are kept.
        labels: is the number of labels.
    """

    order: int = Field(ge=1, le=12)
    max_features: int = Field(ge=1)
    labels: int = Field(ge=2, le=1_000_000)
