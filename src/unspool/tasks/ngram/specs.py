"""The settings of a Markov chain's run, and the config of such a model."""

from typing import Literal

from unspool.specs.base import Option, setting
from unspool.specs.config import Config
from unspool.specs.recipe import Recipe
from unspool.specs.shapes import NgramShape
from unspool.tasks.language.specs import TextDataSpec


class NgramDataSpec(TextDataSpec):
    """A text that is counted. See `TextDataSpec`.

    Attributes:
        tokenizer_from: takes the tokenizer of another model, so that the counts of both can be merged.
    """

    tokenizer_from: str | None = setting(
        None, Option("Data", synonyms=("vocabulary-from", "same-tokenizer", "tokenizer-of"), metavar="DIR", path=True)
    )


class NgramRecipe(Recipe):
    """All settings of the run of a Markov chain. See `Recipe`."""

    task: Literal["ngram"] = "ngram"
    data: NgramDataSpec
    network: NgramShape


class NgramConfig(Config):
    """The description of a Markov chain. See `Config`.

    Attributes:
        by_document: says whether it learnt where documents end.
        multiline: says whether these have several lines, as files have; if not, a line is a document.
    """

    task: Literal["ngram"] = "ngram"
    by_document: bool = False
    multiline: bool = False
