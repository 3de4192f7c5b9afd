"""What the data of every task have: where examples come from, how they are split, and how text becomes tokens.

Each task adds what only its own data have, in `tasks/NAME/specs.py`.
"""

from typing import ClassVar, Literal

from unspool.specs.base import Option, Spec, setting

TokenizerName = Literal["char", "word", "bpe", "byte"]

MAX_LENGTH = Option("Data", synonyms=("max-tokens", "max-len", "truncate", "length"))


class DataSpec(Spec):
    """The sources of a text, their split and their tokenizer.

    Attributes:
        sources: names files, folders, tables, or `-` for standard input.
        validation: names a file to hold out; then nothing is held out of the sources.
        validation_split: holds out this fraction of the examples for validation.
        encoding: sets the encoding of all files; `auto` reads UTF-8, and UTF-16 or UTF-32 with a byte order mark.
        suffixes: selects the files of a folder by their ending.
        tokenizer: sets what a token is: a character, a word, a byte pair or a byte.
        vocabulary_limit: keeps at most this many tokens, the most frequent ones; 0 leaves it to the tokenizer.
    """

    reading: ClassVar[tuple[str, ...]] = ("encoding",)  # the settings that `unspool evaluate` takes too
    naming: ClassVar[tuple[str, ...]] = ()  # those of them that name data as `sources` does

    sources: tuple[str, ...] = setting((), Option(hidden=True, path=True))
    validation: tuple[str, ...] = setting(
        (), Option("Data", synonyms=("held-out", "test", "dev", "valid", "val"), metavar="FILE", path=True)
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
