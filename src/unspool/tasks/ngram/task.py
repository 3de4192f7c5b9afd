"""Counting, beside training: a Markov chain of high order predicts each token of a text from the few before it.

sources -> tokenizer, ids -> counts -> Kneser-Ney -> bits per byte
"""

from collections.abc import Mapping
from typing import Any

from unspool.arrays import Arrays
from unspool.data.corpus import Corpus, open_corpus
from unspool.data.tokens import open_part
from unspool.engines.base import SequenceNetwork
from unspool.folder.card import Card
from unspool.folder.model_folder import ModelFolder
from unspool.specs.base import build
from unspool.specs.network import NetworkSpec, NgramSpec
from unspool.tasks.base import CountedTask, Plan
from unspool.tasks.language.evaluation import held_out_figures
from unspool.tasks.language.job import describe_corpus, warnings_of
from unspool.tasks.language.specs import TextDataSpec
from unspool.tasks.language.task import LANGUAGE_FIGURES, check_columns, language_summary, prepare_text
from unspool.tasks.mixing import LONGEST
from unspool.tasks.ngram.specs import NgramConfig, NgramRecipe
from unspool.tasks.settings import Settings
from unspool.training.callback import Callback


class Ngram(CountedTask[NgramRecipe, NgramConfig]):
    """Counts the n-grams of a text. See `tasks.base.CountedTask`."""

    recipe, config = NgramRecipe, NgramConfig
    card = Card(
        tag="text-generation",
        kind="Markov chain",
        caution="It generates text of runs that it has read, and knows nothing else; what it generates is not to be "
        "taken as fact.",
        figures=LANGUAGE_FIGURES,
        command='unspool generate {name} --prompt "..."',
        python='print(unspool.load("{name}").generate("..."))',
    )

    def check(self, settings: Settings) -> None:
        """Refuse settings that cannot be, before anything is read."""
        super().check(settings)
        check_columns(settings)

    def name(self, settings: Settings) -> str:
        """Return the name of a model of the embedded corpus."""
        return "python-reference-ngram"

    def prepare(self, folder: ModelFolder, settings: Settings, callback: Callback) -> Plan[NgramRecipe, NgramConfig]:
        """Learn the tokenizer, write the ids, choose the order."""
        spec = build(TextDataSpec, settings["data"], "data")
        tokenizer, findings = prepare_text(folder.training, spec, on_bytes=callback.on_encoded)
        findings.keep(folder.training)
        folder.write_tokenizer(tokenizer)
        shape = {"order": LONGEST[tokenizer.kind], **settings["network"]}
        recipe = build(NgramRecipe, {"data": spec, "network": shape}, "recipe")
        ngram = NgramSpec(**recipe.network.model_dump(), vocabulary_size=tokenizer.vocabulary_size)
        config = NgramConfig(
            by_document=spec.by_document, tokenizer=spec.tokenizer, network=NetworkSpec(kind="ngram", ngram=ngram)
        )
        return Plan(recipe, config, [f"n-grams of {ngram.order} tokens are counted."])

    def open(self, folder: ModelFolder, recipe: NgramRecipe, config: NgramConfig, verify: bool) -> "CountedText":
        """Open the text in the model folder."""
        return CountedText(open_corpus(folder.training, verify), recipe)

    def count(self, folder: ModelFolder, config: NgramConfig) -> Arrays:
        """Count the training part of the text."""
        from unspool.engines.ngram.engine import counted

        assert config.network.ngram is not None
        return counted(config.network.ngram, open_part(folder.training, "training"))

    def summary(self, figures: Mapping[str, Any]) -> str:
        """Return the closing figures in a sentence."""
        return f"{figures['ngrams']:,} n-grams: {language_summary(figures)}"


class CountedText:
    """The text of a Markov chain. See `tasks.base.Measured`."""

    def __init__(self, corpus: Corpus, recipe: NgramRecipe) -> None:
        self._corpus = corpus
        self.description = describe_corpus(corpus, recipe.data)
        self.warnings = warnings_of(corpus)

    def figures(self, network: SequenceNetwork) -> dict[str, Any]:
        """Compute carried and fresh figures on the held-out part."""
        return held_out_figures(network, self._corpus.validation).closing()
