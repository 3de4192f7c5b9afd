"""The settings of a language model's run, and what such a model is."""

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from unspool.specs.base import Option, setting
from unspool.specs.config import Config
from unspool.specs.data import DataSpec
from unspool.specs.recipe import Recipe
from unspool.specs.shapes import DecoderShape
from unspool.specs.training import WindowTrainingSpec

TEXT = Option("Tables", common=True, synonyms=("column", "texts"), metavar="COL")
LINES = Option("Data", common=True, synonyms=("by-line", "per-line", "documents"))


class TextDataSpec(DataSpec):
    """A text that is learnt as one stream, or as documents; without any source, the Python language reference.

    Attributes:
        lines: every line is a document of its own.
        text: the column of a table that holds the text; more columns may be given, which are joined with a space. Each
            row is a document. Columns have names, or numbers from 1 where a .csv or .tsv has no row of names.
    """

    reading: ClassVar[tuple[str, ...]] = ("lines", "text", *DataSpec.reading)

    lines: bool = setting(False, LINES)
    text: tuple[str, ...] = setting((), TEXT)

    @property
    def by_document(self) -> bool:
        """Whether the text is a set of documents rather than one endless stream."""
        return self.lines or bool(self.text)

    @model_validator(mode="after")
    def _one_kind_of_document(self) -> Self:
        if self.lines and self.text:
            raise ValueError("lines and text exclude each other: a table's rows are the documents")
        return self


class LanguageRecipe(Recipe):
    """All settings of the run of a language model. See `Recipe`."""

    task: Literal["language"] = "language"
    data: TextDataSpec
    network: DecoderShape
    training: WindowTrainingSpec


class LanguageConfig(Config):
    """What a language model is.

    Attributes:
        by_document: whether it learnt where documents end.
    """

    task: Literal["language"] = "language"
    by_document: bool = False
