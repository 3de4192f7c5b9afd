"""Where examples come from, how they are split, and how their text becomes tokens: what the data of every task have.

Each task adds what only its own data have, in `tasks/NAME/specs.py`.
"""

from typing import ClassVar, Literal

from unspool.specs.base import Option, Spec, setting

TokenizerName = Literal["char", "word", "bpe", "byte"]

MAX_LENGTH = Option("Data", synonyms=("max-tokens", "max-len", "truncate", "length"))


class DataSpec(Spec):
    """The sources of a text, their split and their tokenizer.

    Attributes:
        sources: files, folders, tables or `-` for standard input.
        validation: files that are held out; then nothing is held out of the sources.
        validation_split: the fraction of the examples that is held out, above 0 and below 1.
        encoding: of every source; `auto` reads UTF-8, and UTF-16 or UTF-32 that begins with a byte order mark.
        suffixes: the endings of the files of a folder that are read.
        tokenizer: what a token is: `char`, `word`, `bpe` or `byte`.
        vocabulary_limit: the largest number of tokens to keep, most frequent first; 0 leaves it to the tokenizer.
    """

    reading: ClassVar[tuple[str, ...]] = ("encoding",)  # the settings that `unspool evaluate` takes too

    sources: tuple[str, ...] = setting((), Option(hidden=True))
    validation: tuple[str, ...] = setting(
        (), Option("Data", synonyms=("held-out", "test", "dev", "valid", "val"), metavar="FILE")
    )
    validation_split: float = setting(
        0.1, Option("Data", synonyms=("validation-fraction", "split", "held-out-fraction", "test-size")), gt=0, lt=1
    )
    encoding: str = setting("auto", Option("Data", synonyms=("charset", "codec"), metavar="NAME"))
    suffixes: tuple[str, ...] = setting(
        (".txt", ".md"), Option("Data", synonyms=("extension", "extensions", "endings", "glob"), metavar=".EXT")
    )
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
