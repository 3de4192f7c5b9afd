"""The settings of a classifier's run, and the config of a classifier."""

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from unspool.specs.base import Option, setting
from unspool.specs.data import MAX_LENGTH, DataSpec
from unspool.specs.linear import LinearSpec
from unspool.specs.recipe import TrainingRecipe
from unspool.specs.shapes import EncoderShape, HeadShape
from unspool.specs.training import TextHeadTrainingSpec
from unspool.tasks.labelling.specs import LABEL, LabellingConfig
from unspool.tasks.language.specs import TEXT

LOWERCASE = Option(
    "Data", synonyms=("lower", "uncased", "case"), default="on for words of captions and of classified texts"
)


class ClassificationDataSpec(DataSpec):
    """Texts with labels, each from a column of a table.

    Attributes:
        text: names the column of a table that holds the text; several columns are joined with a space.
        label: names the column that holds the label of the text.
        lowercase: reads words in lower case, with tokenizer `word` alone.
        max_length: cuts a text after this many tokens in training; left out, it cuts hardly any.
    """

    reading: ClassVar[tuple[str, ...]] = ("text", "label", *DataSpec.reading)

    text: tuple[str, ...] = setting((), TEXT)
    label: str | None = setting(None, LABEL)
    lowercase: bool = setting(False, LOWERCASE)
    max_length: int | None = setting(None, MAX_LENGTH, ge=1, le=100_000)

    @model_validator(mode="after")
    def _labels_have_texts(self) -> Self:
        if self.label is not None and not self.text:
            raise ValueError("label needs text, the column of the texts (or columns of numbers, or of pictures)")
        if self.lowercase and "tokenizer" in self.model_fields_set and self.tokenizer != "word":
            raise ValueError(f"lowercase is for tokenizer word, and the tokenizer is {self.tokenizer}")
        return self


class ClassificationRecipe(TrainingRecipe):
    """All settings of the run of a classifier. See `Recipe`."""

    task: Literal["classification"] = "classification"
    data: ClassificationDataSpec
    encoder: EncoderShape
    head: HeadShape
    training: TextHeadTrainingSpec


class ClassificationConfig(LabellingConfig):
    """The description of a classifier of texts. See `LabellingConfig`.

    Attributes:
        counts: describes the linear classifier that its network is mixed with; none where there is none.
    """

    task: Literal["classification"] = "classification"
    counts: LinearSpec | None = None

    @model_validator(mode="after")
    def _the_same_labels(self) -> Self:
        if self.counts is not None and self.counts.labels != len(self.labels):
            raise ValueError(f"counts must be of {len(self.labels)} labels, and are of {self.counts.labels}")
        return self
