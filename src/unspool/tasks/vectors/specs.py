"""The settings of the run of a classifier of numbers, and the config of such a classifier."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from unspool.specs.base import Option, setting
from unspool.specs.condition import NumbersSpec
from unspool.specs.data import SourcesSpec
from unspool.specs.recipe import TrainingRecipe
from unspool.specs.shapes import VectorEncoderShape
from unspool.specs.training import VectorTrainingSpec
from unspool.tasks.labelling.specs import LABEL, LabellingConfig


class VectorDataSpec(SourcesSpec):
    """Rows of numbers with labels, from the columns of a table.

    Attributes:
        features: names a column of numbers, or several with commas between them; left out, all other columns that hold
            numbers are read. A number that is missing is read as the mean of its column.
        label: names the column that holds the label of the row.
    """

    reading: ClassVar[tuple[str, ...]] = ("features", "label", *SourcesSpec.reading)

    features: tuple[str, ...] = setting(
        (), Option("Tables", common=True, synonyms=("feature", "numbers", "columns", "inputs", "x"), metavar="COL")
    )
    label: str | None = setting(None, LABEL)

    @model_validator(mode="after")
    def _something_to_predict_from(self) -> Self:
        if self.label is not None and self.label in self.features:
            raise ValueError("the label cannot be one of the features that it is predicted from")
        return self


class VectorRecipe(TrainingRecipe):
    """All settings of the run of a classifier of numbers. See `Recipe`."""

    task: Literal["vector-classification"] = "vector-classification"
    data: VectorDataSpec
    encoder: VectorEncoderShape
    training: VectorTrainingSpec


class VectorConfig(LabellingConfig):
    """The description of a classifier of numbers. See `LabellingConfig`.

    Attributes:
        features: are the columns that it reads, with their scales.
    """

    task: Literal["vector-classification"] = "vector-classification"
    features: tuple[NumbersSpec, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _every_number_has_a_column(self) -> Self:
        if len(self.features) != getattr(self.network.encoder, "numbers", 0):
            raise ValueError("features must be one for each number that the encoder reads")
        return self
