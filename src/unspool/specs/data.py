"""Where the text comes from and how it becomes tokens."""

from typing import Literal, Self

from pydantic import Field, model_validator

from unspool.specs.base import Spec

TokenizerName = Literal["char", "word", "bpe", "byte"]
TaskName = Literal["language", "translation", "classification", "conditional"]
ConditionKind = Literal["auto", "labels", "numbers"]
PAIRED = (
    ("source_column", "target_column"),
    ("source_file", "target_file"),
    ("validation_source_file", "validation_target_file"),
)
LINE, FILE = "line", "file"  # the columns of a text whose lines are rows: the line itself, its file's name


class DataSpec(Spec):
    """The sources of a text, its split and its tokenizer.

    Attributes:
        sources: files, folders or `-` for standard input; none means the embedded corpus.
        encoding: of every source; `auto` reads UTF-8, and UTF-16 or UTF-32 that start with a mark.
        suffixes: the files of a folder that are read.
        lines: every line is a document of its own.
        text_column: the column that holds the text of a table; each row is a document of its own. Columns have names,
            or, of a .csv or .tsv without a row of names, numbers from 1. A quote in a .tsv is a character like others.
        further_columns: more columns of text, which follow the first with a space between.
        label_column: the column that holds what a text is to be classified as.
        source_column: the column of a table that holds what is to be translated.
        target_column: the one that holds its translation.
        condition_columns: the columns that a text is to depend on; of lines, `file`, the name of theirs.
        condition_kind: what these hold: `labels`, `numbers`, or `auto`, numbers where all are and more than 20 differ.
        source_file: a text to be translated, a sentence a line.
        target_file: its translation, line by line.
        validation_source_file: the same, held out; then nothing is held out of the others.
        validation_target_file: its translation.
        max_length: tokens that a source, target or conditioned text may have; longer ones are left out. Of a text to
            classify, so many are learnt from.
        joint_vocabulary: one tokenizer serves sources and targets.
        tokenizer: `char`, `word`, `bpe` or `byte`.
        lowercase: capitals are read as small letters, by words; for texts that are classified, as what is written needs
            its capitals.
        vocabulary_limit: the most tokens to keep, likeliest first; 0 leaves it to the tokenizer.
        validation_fraction: the share that is held out: of texts and pairs the end, of rows with labels or conditions
            some by chance.
        validation_sources: held-out files; then nothing is held out of the sources.
    """

    sources: tuple[str, ...] = ()
    encoding: str = "auto"
    suffixes: tuple[str, ...] = (".txt", ".md")
    lines: bool = False
    text_column: str | None = None
    further_columns: tuple[str, ...] = ()
    label_column: str | None = None
    source_column: str | None = None
    target_column: str | None = None
    condition_columns: tuple[str, ...] = ()
    condition_kind: ConditionKind = "auto"
    source_file: str | None = None
    target_file: str | None = None
    validation_source_file: str | None = None
    validation_target_file: str | None = None
    max_length: int = Field(100, ge=1, le=100_000)
    joint_vocabulary: bool = False
    tokenizer: TokenizerName = "char"
    lowercase: bool = False
    vocabulary_limit: int = Field(0, ge=0, le=2_000_000)
    validation_fraction: float = Field(0.1, gt=0, lt=1)
    validation_sources: tuple[str, ...] = ()

    @property
    def by_document(self) -> bool:
        """Whether the text is a set of documents rather than one endless stream."""
        return self.lines or self.text_column is not None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a table that are read."""
        line = LINE if self.lines and self.condition_columns else None
        texts = (self.text_column, line, *self.further_columns)
        named = (*texts, self.source_column, self.target_column, self.label_column)
        return (*(name for name in named if name is not None), *self.condition_columns)

    @model_validator(mode="after")
    def _pairs_are_whole(self) -> Self:
        for one, other in PAIRED:
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                raise ValueError(f"{one} and {other} belong together: give both, or none")
        if self.source_file is not None and (self.source_column or self.sources or self.validation_sources):
            raise ValueError("source_file and target_file are the data themselves: name no table beside them")
        return self

    @model_validator(mode="after")
    def _text_comes_first(self) -> Self:
        if self.text_column is None and (self.label_column is not None or self.further_columns):
            raise ValueError("label_column and further_columns need text_column, the column of the text itself")
        if self.lowercase and (self.label_column is None or self.tokenizer != "word"):
            raise ValueError("lowercase is for texts classified by words: give label_column and tokenizer word")
        return self

    @model_validator(mode="after")
    def _one_kind_of_document(self) -> Self:
        if self.lines and self.text_column is not None:
            raise ValueError("lines and text_column exclude each other: a table's rows are the documents")
        return self

    @model_validator(mode="after")
    def _conditions_have_texts(self) -> Self:
        if len(set(self.condition_columns)) != len(self.condition_columns):
            raise ValueError("condition_columns must be different")
        if self.condition_columns and not self.by_document:
            raise ValueError("condition_columns need text_column, the column that holds the texts")
        if self.condition_columns and self.label_column is not None:
            raise ValueError("condition_columns and label_column exclude each other: a text is written or classified")
        if self.condition_columns and self.lines and self.condition_columns != (FILE,):
            raise ValueError(f"the lines of a text can depend on {FILE!r} alone, the name of the file they are in")
        return self
