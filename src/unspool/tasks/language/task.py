"""Language modelling, many to many and aligned: a decoder learns to predict each token of a text from those before.

sources -> tokenizer, ids -> windows or documents -> bits per byte
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from unspool.data.corpus import open_corpus, prepare_corpus
from unspool.data.findings import Findings
from unspool.data.tokens import Part
from unspool.decode.boundaries import has_line_ends
from unspool.engines.base import Machine
from unspool.engines.initial import extended_weights
from unspool.errors import UsageError
from unspool.folder.card import Card
from unspool.folder.model_folder import ModelFolder
from unspool.specs.base import build
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.shapes import DecoderShape
from unspool.tasks.base import Plan
from unspool.tasks.language.evaluation import open_text
from unspool.tasks.language.job import LanguageJob
from unspool.tasks.language.specs import LanguageConfig, LanguageRecipe, TextDataSpec
from unspool.tasks.mixed_task import MixedTask, parts_summary
from unspool.tasks.mixing import chosen_shape
from unspool.tasks.opening import decoder_tokenizer
from unspool.tasks.pretrained import Pretrained
from unspool.tasks.recipe import Size, choose, filled, usual_minutes
from unspool.tasks.settings import Settings
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import make_tokenizer
from unspool.training.callback import Callback

LANGUAGE_FIGURES = (
    "On the held-out part of the text; figures without `fresh` carry the state through it, `fresh` ones start from the "
    "initial state, where a prompt starts. `copied_20` is the share of generated characters in spans of at least 20 "
    "that stand verbatim in the training text, `longest_copy` the length of the longest span, and where it is from; "
    "`held_out` says the same of held-out text. Where the training text is large, `unspool evaluate --copying` "
    "measures them."
)
PRETRAINED_RATES = {"learning_rate": 2e-3, "matrix_rate": 0.01}  # half of what an untrained network takes


class Language(MixedTask[LanguageRecipe, LanguageConfig]):
    """Trains language models. See `tasks.base.Task`."""

    recipe, config = LanguageRecipe, LanguageConfig
    card = Card(
        tag="text-generation",
        kind="language model",
        caution="It generates text in the style of what it learnt from, and knows nothing else; what it generates is "
        "not to be taken as fact.",
        figures=LANGUAGE_FIGURES,
        command="unspool generate {name}",
        python='print(unspool.load("{name}").generate("..."))',
    )
    accepts_pretrained = reusable = True

    def card_of(self, config: LanguageConfig) -> Card:
        """Return the words of the card; a model of documents is asked for some of them."""
        return with_documents(self.card, config.by_document)

    def check(self, settings: Settings) -> None:
        """Refuse settings that cannot be, before anything is read."""
        super().check(settings)
        check_columns(settings)

    def name(self, settings: Settings) -> str:
        """Return the name of a model of the embedded corpus."""
        return "python-reference"

    def plan(
        self,
        folder: ModelFolder,
        settings: Settings,
        machine: Machine,
        pretrained: Pretrained | None,
        callback: Callback,
    ) -> Plan[LanguageRecipe, LanguageConfig]:
        """Learn the tokenizer, write the ids, choose the sizes."""
        spec = build(TextDataSpec, settings["data"], "data")
        make = pretrained.tokenizer_for if pretrained else None
        tokenizer, findings = prepare_text(folder.training, spec, make, callback.on_encoded)
        findings.keep(folder.training)
        folder.write_tokenizer(tokenizer)
        part = open_corpus(folder.training, verify=False).training
        tokens = len(part.tokens)
        if part.starts is not None:
            machine = filled(machine, len(part.starts) - 1, tokens)
        size = Size(tokens, tokenizer.vocabulary_size, usual_minutes(settings), machine)
        if pretrained:
            settings = {**settings, "training": {**PRETRAINED_RATES, **settings["training"]}}
        choice = choose(LanguageRecipe, size, settings, pretrained.config.network.decoder if pretrained else None)
        started_from = str(pretrained.path) if pretrained else None
        ngrams = chosen_shape(tokenizer.kind, tokens, settings["network"])
        chosen = {**choice.sections, "network": choice.network.changed(**ngrams)}
        recipe = build(LanguageRecipe, {"data": spec, "started_from": started_from, **chosen}, "recipe")
        config = _config(recipe, tokenizer, part)
        seed = recipe.training.seed
        weights = extended_weights(config.network, seed, pretrained.weights) if pretrained else None
        return Plan(recipe, config, choice.reasons, weights)

    def open(self, folder: ModelFolder, recipe: LanguageRecipe, config: LanguageConfig, verify: bool) -> "LanguageJob":
        """Open the text in the model folder."""
        tokenizer = decoder_tokenizer(folder, config)
        corpus = open_corpus(folder.training, verify)
        return LanguageJob(corpus, recipe, config, tokenizer, folder)

    def summary(self, figures: Mapping[str, Any]) -> str:
        """Return the closing figures in a sentence."""
        return language_summary(figures)


def with_documents(card: Card, by_document: bool) -> Card:
    """Return the words of a card, with a command that suits a model of documents if it is one."""
    return card._replace(command=f"{card.command} -n 8") if by_document else card


def check_columns(settings: Settings) -> None:
    """Refuse a column of a table where there is no table.

    Raises:
        UsageError: a column is named, and no source.
    """
    if settings["data"].get("text") and not settings["data"].get("sources"):
        raise UsageError("--text names a column, and there is no table.", "name a .csv, .tsv or .jsonl file.")


def language_summary(figures: Mapping[str, Any]) -> str:
    """Return the closing figures of a model of text in a sentence."""
    return (
        f"{figures['bits_per_character']:.4f} bits per character on the held-out text, carried through it; lower is "
        f"better. From fresh starts it is {figures['fresh_bits_per_character']:.4f}. In nats per token: "
        f"{figures['nats_per_token']:.4f}{parts_summary(figures)}."
    )


def prepare_text(
    folder: Path,
    spec: TextDataSpec,
    make: Callable[[Iterator[str]], Tokenizer] | None = None,
    on_bytes: Callable[[int], None] = lambda size: None,
) -> tuple[Tokenizer, Findings]:
    """Read the text that a spec names, and write both parts of it as ids. See `prepare_corpus`.

    Args:
        folder: receives the files; it exists.
        spec: names the text, and says how it is read.
        make: learns a tokenizer from the training part; none makes the one that the spec describes.
        on_bytes: receives the number of bytes that have been read so far.

    Returns:
        the tokenizer, and what was found in the text.
    """
    findings = Findings()
    text = open_text(spec.sources, spec, findings)
    held_out = open_text(spec.validation, spec, findings) if spec.validation else None
    make = make or (lambda pieces: make_tokenizer(spec.tokenizer, pieces, spec.vocabulary_limit))
    return prepare_corpus(folder, text, held_out, spec.split, make, on_bytes), findings


def _config(recipe: LanguageRecipe, tokenizer: Tokenizer, part: Part) -> LanguageConfig:
    shape: Mapping[str, Any] = recipe.network.model_dump(include=set(DecoderShape.model_fields))
    decoder = DecoderSpec(**shape, vocabulary_size=tokenizer.vocabulary_size)
    return LanguageConfig(
        by_document=recipe.data.by_document,
        multiline=recipe.data.by_document and has_line_ends(tokenizer, np.flatnonzero(part.counts)),
        tokenizer=tokenizer.kind,
        network=NetworkSpec(decoder=decoder),
    )
