"""Where the text comes from and how it becomes tokens."""

from typing import Literal, Self

from pydantic import Field, model_validator

from unspool.specs.base import Spec

TokenizerName = Literal["char", "word", "bpe", "byte"]


class DataSpec(Spec):
    """The sources of a text, its split and its tokenizer.

    Attributes:
        sources: files, folders or `-` for standard input; none means the embedded corpus.
        encoding: of every source; `auto` reads UTF-8, and UTF-16 or UTF-32 that start with a mark.
        suffixes: the files of a folder that are read.
        lines: every line is a document of its own.
        text_column: the column that holds the text of a table; each row is a document of its own.
        tokenizer: `char`, `word`, `bpe` or `byte`.
        vocabulary_limit: the most tokens to keep, likeliest first; 0 leaves it to the tokenizer.
        validation_fraction: the share at the end that is held out.
        validation_sources: held-out files; then nothing is held out of the sources.
    """

    sources: tuple[str, ...] = ()
    encoding: str = "auto"
    suffixes: tuple[str, ...] = (".txt", ".md")
    lines: bool = False
    text_column: str | None = None
    tokenizer: TokenizerName = "char"
    vocabulary_limit: int = Field(0, ge=0, le=2_000_000)
    validation_fraction: float = Field(0.1, gt=0, lt=1)
    validation_sources: tuple[str, ...] = ()

    @property
    def by_document(self) -> bool:
        """Whether the text is a set of documents rather than one endless stream."""
        return self.lines or self.text_column is not None

    @model_validator(mode="after")
    def _one_kind_of_document(self) -> Self:
        if self.lines and self.text_column is not None:
            raise ValueError("lines and text_column exclude each other: a table's rows are the documents")
        return self
