"""What a conditional model's texts depend on: labels or numbers, each from a column of its table."""

from typing import Literal, Self

from pydantic import Field, model_validator

from unspool.specs.base import Spec

ConditionKind = Literal["auto", "labels", "numbers"]


class ConditionSpec(Spec):
    """One column of the table that a model learnt from: its labels, or the scale of its numbers.

    Attributes:
        name: of the column.
        labels: those it knows, in order; none of a column of numbers.
        counts: rows of the training part that have each label.
        mean: of the training part's numbers.
        deviation: their standard deviation, in which a number is measured from the mean.
    """

    name: str
    labels: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    mean: float = 0.0
    deviation: float = Field(1.0, gt=0)

    @model_validator(mode="after")
    def _labels_are_counted(self) -> Self:
        if len(self.labels) != len(self.counts) or len(set(self.labels)) != len(self.labels):
            raise ValueError("labels must be different, and each must have its count")
        return self
