"""What the data of every task have: where examples come from, how they are split, and how text becomes tokens.

Each task adds what only its own data have, in `tasks/NAME/specs.py`.
"""

import re
from typing import ClassVar, Literal, NamedTuple

from pydantic import field_validator

from unspool.specs.base import Option, Spec, setting

TokenKind = Literal["char", "word", "bpe", "byte"]  # how tokens are joined to a text again
TokenizerName = Literal["char", "word", "whitespace", "bpe", "byte"]

MAX_LENGTH = Option(
    "Data", synonyms=("max-tokens", "max-len", "truncate", "length"), default="100 or 256, or what keeps 99 %"
)


FILE = "file"  # the column that stands for the name of the file that a document is in
DOCUMENTS = ("lines", "documents", "separator", "text")  # settings of which one says what a document is
DEFAULT_FRACTION = 0.1
SPLIT = re.compile(r"(end|random)(?::(0?\.\d+))?")
WRITTEN_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}


class Split(NamedTuple):
    """What is held out.

    Attributes:
        fraction: is that of the examples, above 0 and below 1.
        place: is `end` or `random`; none leaves it to the kind of the data.
    """

    fraction: float
    place: str | None


class SourcesSpec(Spec):
    """The sources of examples, and their split.

    Attributes:
        sources: names files, folders, archives, tables, or `-` for standard input.
        validation: names a file to hold out; then nothing is held out of the sources.
        validation_split: holds out this fraction of the examples for validation; or `end` or `random`, which say where,
            or both, as `end:0.2`. Rows, pairs, lines and other documents are held out at random, always the same ones;
            of a single text the end.
        encoding: sets the encoding of all files; `auto` reads UTF-8, and UTF-16 or UTF-32 with a byte order mark.
        suffixes: selects the files of a folder or an archive by their ending, in any case.
        delimiter: sets what is between two cells of a row: a character or `tab`; `auto` finds it.
        header: says whether the first row of a table holds the names of its columns; left out, it is found.
    """

    # the settings that `unspool evaluate` takes too
    reading: ClassVar[tuple[str, ...]] = ("encoding", "suffixes", "delimiter", "header")
    naming: ClassVar[tuple[str, ...]] = ()  # those of them that name data as `sources` does

    sources: tuple[str, ...] = setting((), Option(hidden=True, path=True))
    validation: tuple[str, ...] = setting(
        (), Option("Data", synonyms=("held-out", "test", "dev", "valid", "val"), metavar="FILE", path=True)
    )
    validation_split: str | float = setting(
        DEFAULT_FRACTION,
        Option(
            "Data",
            synonyms=("validation-fraction", "split", "held-out-fraction", "test-size"),
            metavar="FRACTION|end|random",
        ),
    )
    encoding: str = setting("auto", Option("Data", synonyms=("charset", "codec"), metavar="NAME"))
    suffixes: tuple[str, ...] = setting(
        (),
        Option(
            "Data",
            synonyms=("extension", "extensions", "endings", "glob"),
            metavar=".EXT",
            default=".txt .md; of tables .csv .tsv .jsonl .ndjson .json .parquet",
        ),
    )
    delimiter: str = setting(
        "auto", Option("Tables", synonyms=("separator", "sep", "delim", "dialect"), metavar="CHAR")
    )
    header: bool | None = setting(
        None, Option("Tables", synonyms=("names", "column-names", "first-row"), default="found from the first rows")
    )

    @property
    def split(self) -> Split:
        """What is held out of the sources."""
        if isinstance(self.validation_split, float):
            return Split(self.validation_split, None)
        place, _, fraction = self.validation_split.partition(":")
        return Split(float(fraction or DEFAULT_FRACTION), place)

    @property
    def describes_tables(self) -> bool:
        """Whether a setting says how tables are written."""
        return self.delimiter != "auto" or self.header is not None

    @property
    def separating(self) -> str | None:
        """The character between two cells of a row; none where it is to be found."""
        return None if self.delimiter == "auto" else WRITTEN_DELIMITERS.get(self.delimiter.lower(), self.delimiter)

    @field_validator("validation_split")
    @classmethod
    def _a_part_of_the_examples(cls, value: str | float) -> str | float:
        fraction = value if isinstance(value, float) else SPLIT.fullmatch(value)
        if isinstance(fraction, re.Match):
            fraction = float(fraction[2] or DEFAULT_FRACTION)
        if fraction is None or not 0 < fraction < 1:
            raise ValueError("must be above 0 and below 1, or end or random, or both as in end:0.2")
        return value

    @field_validator("delimiter")
    @classmethod
    def _one_character(cls, value: str) -> str:
        character = WRITTEN_DELIMITERS.get(value.lower(), value)
        if value != "auto" and (len(character) != 1 or character in '"\r\n'):
            raise ValueError("must be one character that is no quote and no line end, or tab")
        return value


class DataSpec(SourcesSpec):
    """The sources of texts, their split and their tokenizer.

    Attributes:
        tokenizer: sets what a token is: a character, a word, whatever stands between blanks (of texts whose words are
            divided already), a byte pair or a byte.
        vocabulary_limit: keeps at most this many tokens, the most frequent ones; 0 leaves it to the tokenizer.
    """

    tokenizer: TokenizerName = setting(
        "char",
        Option(
            "Data",
            common=True,
            synonyms=("tokens", "level", "unit"),
            default="char; of pairs bpe; of texts to classify word or char",
        ),
    )
    vocabulary_limit: int = setting(
        0, Option("Data", synonyms=("vocab", "vocabulary", "vocabulary-size", "max-vocab")), ge=0, le=2_000_000
    )
