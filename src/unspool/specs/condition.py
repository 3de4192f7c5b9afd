"""What the columns of a table hold that a model depends on: labels, or numbers with their scale."""

from typing import Literal, Self

from pydantic import Field, model_validator

from unspool.specs.base import Spec

ConditionKind = Literal["auto", "labels", "numbers"]


class NumbersSpec(Spec):
    """One column of numbers in the table that a model learnt from.

    Attributes:
        name: is the name of the column.
        mean: is the mean of the numbers in the training rows.
        deviation: is their standard deviation; the network reads (number - mean) / deviation.
    """

    name: str
    mean: float = 0.0
    deviation: float = Field(1.0, gt=0)


class ConditionSpec(NumbersSpec):
    """One column of the table that a model learnt from: its labels, or the scale of its numbers.

    Attributes:
        labels: are the labels that the model knows, in order; a column of numbers has none.
        counts: are the numbers of training rows with each label.
    """

    labels: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _labels_are_counted(self) -> Self:
        if len(self.labels) != len(self.counts) or len(set(self.labels)) != len(self.labels):
            raise ValueError("labels must be different, and each must have its count")
        return self
