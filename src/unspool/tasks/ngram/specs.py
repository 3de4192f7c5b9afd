"""The settings of a Markov chain's run, and the config of such a model."""

from typing import Literal

from unspool.specs.config import Config
from unspool.specs.recipe import Recipe
from unspool.specs.shapes import NgramShape
from unspool.tasks.language.specs import TextDataSpec


class NgramRecipe(Recipe):
    """All settings of the run of a Markov chain. See `Recipe`."""

    task: Literal["ngram"] = "ngram"
    data: TextDataSpec
    network: NgramShape


class NgramConfig(Config):
    """The description of a Markov chain. See `Config`.

    Attributes:
        by_document: says whether it learnt where documents end.
    """

    task: Literal["ngram"] = "ngram"
    by_document: bool = False
