"""What the texts of a conditional model depend on: labels or numbers, each from a column of its table."""

from typing import Literal, Self

from pydantic import Field, model_validator

from unspool.specs.base import Spec

ConditionKind = Literal["auto", "labels", "numbers"]


class ConditionSpec(Spec):
    """One column of the table that a model learnt from: its labels, or the scale of its numbers.

    Attributes:
        name: is the name of the column.
        labels: are the labels that the model knows, in order; a column of numbers has none.
        counts: are the numbers of training rows with each label.
        mean: is the mean of the numbers in the training rows.
        deviation: is their standard deviation; the network reads (number - mean) / deviation.
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
