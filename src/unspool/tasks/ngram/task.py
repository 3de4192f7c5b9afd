"""Counting, beside training: a Markov chain of high order predicts each token of a text from the few before it.

sources -> tokenizer, ids -> counts -> Kneser-Ney -> bits per byte
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from unspool.arrays import Arrays
from unspool.data.corpus import Corpus, open_corpus
from unspool.data.tokens import open_part
from unspool.decode.boundaries import has_line_ends
from unspool.engines.base import SequenceNetwork
from unspool.errors import UsageError
from unspool.folder.card import Card
from unspool.folder.model_folder import ModelFolder
from unspool.specs.base import build
from unspool.specs.network import NetworkSpec, NgramSpec
from unspool.tasks.base import CountedTask, Plan
from unspool.tasks.language.copying import Copying
from unspool.tasks.language.evaluation import held_out_figures
from unspool.tasks.language.job import describe_corpus, warnings_of
from unspool.tasks.language.task import LANGUAGE_FIGURES, check_columns, language_summary, prepare_text, with_documents
from unspool.tasks.mixing import LONGEST
from unspool.tasks.ngram.counts import write_counts
from unspool.tasks.ngram.specs import NgramConfig, NgramDataSpec, NgramRecipe
from unspool.tasks.opening import decoder_tokenizer, read_decoder_tokenizer
from unspool.tasks.settings import Settings
from unspool.text.tokenizer import Tokenizer
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
        command="unspool generate {name}",
        python='print(unspool.load("{name}").generate("..."))',
    )

    def card_of(self, config: NgramConfig) -> Card:
        """Return the words of the card; a model of documents is asked for some of them."""
        return with_documents(self.card, config.by_document)

    def check(self, settings: Settings) -> None:
        """Refuse settings that cannot be, before anything is read."""
        super().check(settings)
        check_columns(settings)

    def name(self, settings: Settings) -> str:
        """Return the name of a model of the embedded corpus."""
        return "python-reference-ngram"

    def prepare(self, folder: ModelFolder, settings: Settings, callback: Callback) -> Plan[NgramRecipe, NgramConfig]:
        """Learn the tokenizer, write the ids, choose the order."""
        spec, make = build(NgramDataSpec, settings["data"], "data"), None
        if spec.tokenizer_from is not None:
            taken = read_decoder_tokenizer(Path(spec.tokenizer_from))
            spec, make = with_tokenizer(spec, taken, settings), lambda pieces: taken
        tokenizer, findings = prepare_text(folder.training, spec, make, callback.on_encoded)
        findings.keep(folder.training)
        folder.write_tokenizer(tokenizer)
        shape = {"order": LONGEST[tokenizer.kind], **settings["network"]}
        recipe = build(NgramRecipe, {"data": spec, "network": shape}, "recipe")
        ngram = NgramSpec(**recipe.network.model_dump(), vocabulary_size=tokenizer.vocabulary_size)
        part = open_part(folder.training, "training", verify=False)
        config = NgramConfig(
            by_document=spec.by_document,
            multiline=spec.by_document and has_line_ends(tokenizer, np.flatnonzero(part.counts)),
            tokenizer=tokenizer.kind,
            network=NetworkSpec(kind="ngram", ngram=ngram),
        )
        return Plan(recipe, config, [f"n-grams of {ngram.order} tokens are counted."])

    def open(self, folder: ModelFolder, recipe: NgramRecipe, config: NgramConfig, verify: bool) -> "CountedText":
        """Open the text in the model folder."""
        return CountedText(open_corpus(folder.training, verify), recipe, config, folder)

    def count(self, folder: ModelFolder, config: NgramConfig) -> Arrays:
        """Count the training part of the text."""
        from unspool.engines.ngram.counts import counts_of, documents_of
        from unspool.engines.ngram.model import build_model

        spec = config.network.ngram
        assert spec is not None
        counts = counts_of(documents_of(open_part(folder.training, "training")), spec.order, spec.vocabulary_size)
        write_counts(folder, counts)
        return build_model(counts, spec.min_count).to_arrays()

    def summary(self, figures: Mapping[str, Any]) -> str:
        """Return the closing figures in a sentence."""
        measured = f": {language_summary(figures)}" if "nats_per_token" in figures else "."  # those of a file are not
        return f"{figures['ngrams']:,} n-grams{measured}"


def with_tokenizer(spec: NgramDataSpec, taken: Tokenizer, settings: Settings) -> NgramDataSpec:
    """Return the data with the kind of a tokenizer that is taken over.

    Raises:
        UsageError: another kind is requested, or a limit of its vocabulary.
    """
    requested = settings["data"].get("tokenizer", taken.kind)
    if requested != taken.kind or spec.vocabulary_limit:
        received = f"tokenizer={requested}" if requested != taken.kind else f"vocabulary_limit={spec.vocabulary_limit}"
        raise UsageError(
            f"a tokenizer that is taken from a model stays as it is, of the kind {taken.kind}. Received: {received}.",
            "leave one of them out.",
        )
    return spec.changed(tokenizer=taken.kind)


class CountedText:
    """The text of a Markov chain. See `tasks.base.Measured`."""

    def __init__(self, corpus: Corpus, recipe: NgramRecipe, config: NgramConfig, folder: ModelFolder) -> None:
        self._corpus, self._config, self._folder, self._data = corpus, config, folder, recipe.data
        self.description = describe_corpus(corpus, recipe.data)
        self.warnings = warnings_of(corpus)

    def figures(self, network: SequenceNetwork) -> dict[str, Any]:
        """Compute carried and fresh figures on the held-out part, and how much of what is generated is copied."""
        held_out, by_document = self._corpus.validation, self._config.by_document
        figures = held_out_figures(network, held_out).closing()
        tokenizer = decoder_tokenizer(self._folder, self._config)
        copying = Copying(network, tokenizer, self._folder, by_document, self._data)
        return figures | copying.closing(held_out)
