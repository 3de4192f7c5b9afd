"""The settings and the config that classifiers of every kind have."""

from typing import Self

from pydantic import model_validator

from unspool.specs.base import Option
from unspool.specs.config import Config

LABEL = Option("Tables", common=True, synonyms=("class", "labels", "y"), metavar="COL")


class LabellingConfig(Config):
    """The description of a classifier. See `Config`.

    Attributes:
        labels: are the names of the labels, in the order of the head's scores.
    """

    labels: tuple[str, ...]

    @model_validator(mode="after")
    def _every_score_has_a_name(self) -> Self:
        head = self.network.head
        if head is None or len(self.labels) != head.labels or len(set(self.labels)) != head.labels:
            count = head.labels if head else 0
            raise ValueError(f"labels must be {count} different names, one for each of the head's scores")
        return self
