"""The settings of a conditional model's run, and the config of such a model."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from unspool.specs.base import Option, setting
from unspool.specs.condition import ConditionKind, ConditionSpec
from unspool.specs.config import Config
from unspool.specs.data import FILE, MAX_LENGTH
from unspool.specs.recipe import TrainingRecipe
from unspool.specs.shapes import ConditionEncoderShape, CountedSourceDecoderShape
from unspool.specs.training import MixedTrainingSpec
from unspool.tasks.language.specs import TextDataSpec


class ConditionalDataSpec(TextDataSpec):
    """Texts that depend on labels or numbers, each from a column of their table.

    Attributes:
        condition: names a column of labels or numbers that the text depends on; with `lines` and other documents of
            plain texts, `file` is the name of the file that they are in.
        condition_kind: sets what these columns hold: `labels`, `numbers`, or `auto`, which is numbers where at least
            nine cells in ten are numbers and more than 20 differ.
        max_length: leaves out texts of more tokens; left out, it keeps nearly all.
    """

    reading: ClassVar[tuple[str, ...]] = ("condition", *TextDataSpec.reading)

    condition: tuple[str, ...] = setting(
        (), Option("Tables", common=True, synonyms=("given", "conditions", "conditional"), metavar="COL")
    )
    condition_kind: ConditionKind = setting("auto", Option("Tables", synonyms=("kind", "condition-type")))
    max_length: int | None = setting(None, MAX_LENGTH, ge=1, le=100_000)

    @model_validator(mode="after")
    def _conditions_have_texts(self) -> Self:
        if len(set(self.condition)) != len(self.condition):
            raise ValueError("the columns of condition must be different")
        if self.condition and not self.by_document:
            raise ValueError("condition needs text, the column that holds the texts")
        if self.dividing is not None and self.condition != (FILE,):
            raise ValueError(f"the documents of a text can depend on {FILE!r} alone, the name of the file they are in")
        return self


class ConditionalRecipe(TrainingRecipe):
    """All settings of the run of a conditional model. See `Recipe`."""

    task: Literal["conditional"] = "conditional"
    data: ConditionalDataSpec
    network: CountedSourceDecoderShape
    encoder: ConditionEncoderShape
    training: MixedTrainingSpec


class ConditionalConfig(Config):
    """The description of a conditional model. See `Config`.

    Attributes:
        conditions: say what its texts depend on, one for each column.
        multiline: says whether these have several lines, as files have; if not, a line is a text.
    """

    by_document: ClassVar[bool] = True
    task: Literal["conditional"] = "conditional"
    multiline: bool = False
    conditions: tuple[ConditionSpec, ...] = Field(min_length=1)
