"""The settings of a language model's run, and the config of such a model."""

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from unspool.specs.base import Option, Spec, setting
from unspool.specs.config import Config
from unspool.specs.data import DataSpec
from unspool.specs.recipe import TrainingRecipe
from unspool.specs.shapes import CountedDecoderShape
from unspool.specs.training import WindowTrainingSpec

TEXT = Option("Tables", common=True, synonyms=("column", "texts"), metavar="COL")
LINES = Option("Data", common=True, synonyms=("by-line", "per-line"))


class TextDataSpec(DataSpec):
    """A text that is learnt as one stream, or as documents; without any source, the Python language reference.

    Attributes:
        lines: reads every line as a document of its own.
        documents: says what is a document: a `line`, as `lines` does, or a `file`.
        separator: divides each file into documents at this text, such as an empty line: `\\n\\n`.
        text: names the column of a table that holds the text; several columns are joined with a space. Each row is a
            document. Without a header row, the columns of a .csv or .tsv are numbered from 1.
    """

    reading: ClassVar[tuple[str, ...]] = ("lines", "documents", "separator", "text", *DataSpec.reading)

    lines: bool = setting(False, LINES)
    documents: Literal["line", "file"] | None = setting(
        None, Option("Data", synonyms=("document", "per-file", "by-file", "files"))
    )
    separator: str | None = setting(
        None,
        Option("Data", synonyms=("document-separator", "split-on", "divider", "delimit"), metavar="TEXT", escapes=True),
    )
    text: tuple[str, ...] = setting((), TEXT)

    @property
    def dividing(self) -> str | None:
        """The separator of documents (see `data.documents.read_documents`); none for a stream, or rows of a table."""
        if self.separator is not None:
            return self.separator
        return "\n" if self.lines or self.documents == "line" else "" if self.documents == "file" else None

    @property
    def by_document(self) -> bool:
        """Whether the text is a set of documents rather than one stream."""
        return self.dividing is not None or bool(self.text)

    @model_validator(mode="after")
    def _one_kind_of_document(self) -> Self:
        given = [
            name
            for name, value in (
                ("lines", self.lines),
                ("documents", self.documents),
                ("separator", self.separator),
                ("text", self.text),
            )
            if value
        ]
        if (len(given) > 1 and given != ["lines", "documents"]) or (self.lines and self.documents == "file"):
            raise ValueError(f"only one of {', '.join(given)} can say what a document is")
        if self.describes_tables and not self.text:
            raise ValueError("delimiter and header are for tables: name the column of the texts with text")
        if self.separator == "":
            raise ValueError("separator must have at least one character")
        return self


class TextEvaluationSpec(Spec):
    """What is measured of a model of texts besides its likelihoods. They are settings of an evaluation alone.

    Attributes:
        copying: generates some text, and measures how much of it stands verbatim in the training text, beside the same
            of text that was held out.
        adapt: also reads the text with a model that goes on learning while it reads, and compares the figures.
        keystrokes: types the beginning of the text, 8,000 characters, and counts the keys that completion saves.
    """

    copying: bool = setting(
        False, Option("Figures", common=True, synonyms=("copies", "memorised", "memorization", "verbatim"))
    )
    adapt: bool = setting(
        False, Option("Adaptation", synonyms=("dynamic", "dynamic-evaluation", "online", "adaptive", "learn"))
    )
    keystrokes: bool = setting(
        False, Option("Completion", synonyms=("completion", "typing", "keys", "autocomplete", "suggestions"))
    )


class LanguageRecipe(TrainingRecipe):
    """All settings of the run of a language model. See `Recipe`."""

    task: Literal["language"] = "language"
    data: TextDataSpec
    network: CountedDecoderShape
    training: WindowTrainingSpec


class LanguageConfig(Config):
    """The description of a language model. See `Config`.

    Attributes:
        by_document: says whether it learnt where documents end.
        multiline: says whether these have several lines, as files have; if not, a line is a document.
    """

    task: Literal["language"] = "language"
    by_document: bool = False
    multiline: bool = False
