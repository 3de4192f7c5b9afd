"""The settings of a conditional model's run, and what such a model is."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from unspool.specs.base import Option, setting
from unspool.specs.condition import ConditionKind, ConditionSpec
from unspool.specs.config import Config
from unspool.specs.data import MAX_LENGTH
from unspool.specs.recipe import Recipe
from unspool.specs.shapes import ConditionEncoderShape, SourceDecoderShape
from unspool.specs.training import DecoderTrainingSpec
from unspool.tasks.language.specs import TextDataSpec

FILE = "file"  # the column of a text's lines that holds the name of their file


class ConditionalDataSpec(TextDataSpec):
    """Texts that depend on labels or numbers, each from a column of their table.

    Attributes:
        condition: the column that a text depends on, of labels or numbers; more columns may be given. With `lines`,
            `file` stands for the name of the file that a line is in.
        condition_kind: what these columns hold: `labels`, `numbers`, or `auto`: numbers where all cells are numbers and
            more than 20 differ.
        max_length: the largest number of tokens of a text; longer ones are left out.
    """

    reading: ClassVar[tuple[str, ...]] = ("condition", *TextDataSpec.reading)

    condition: tuple[str, ...] = setting(
        (), Option("Tables", common=True, synonyms=("given", "conditions", "conditional"), metavar="COL")
    )
    condition_kind: ConditionKind = setting("auto", Option("Tables", synonyms=("kind", "condition-type")))
    max_length: int = setting(100, MAX_LENGTH, ge=1, le=100_000)

    @model_validator(mode="after")
    def _conditions_have_texts(self) -> Self:
        if len(set(self.condition)) != len(self.condition):
            raise ValueError("the columns of condition must be different")
        if self.condition and not self.by_document:
            raise ValueError("condition needs text, the column that holds the texts")
        if self.lines and self.condition != (FILE,):
            raise ValueError(f"the lines of a text can depend on {FILE!r} alone, the name of the file they are in")
        return self


class ConditionalRecipe(Recipe):
    """All settings of the run of a conditional model. See `Recipe`."""

    task: Literal["conditional"] = "conditional"
    data: ConditionalDataSpec
    network: SourceDecoderShape
    encoder: ConditionEncoderShape
    training: DecoderTrainingSpec


class ConditionalConfig(Config):
    """What a conditional model is.

    Attributes:
        conditions: what its texts depend on, one entry for each column.
    """

    task: Literal["conditional"] = "conditional"
    conditions: tuple[ConditionSpec, ...] = Field(min_length=1)
