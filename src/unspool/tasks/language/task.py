"""Language modelling, many to many and aligned: a decoder learns to predict each token of a text from those before.

sources -> tokenizer, ids -> windows or documents -> bits per byte
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from unspool.data.corpus import open_corpus, prepare_corpus
from unspool.data.findings import Findings
from unspool.engines.base import Machine, SequenceNetwork
from unspool.engines.initial import extended_weights
from unspool.engines.mixture import Mixture
from unspool.engines.registry import build_mixture
from unspool.errors import UsageError
from unspool.folder.card import Card
from unspool.folder.model_folder import ModelFolder
from unspool.specs.base import build
from unspool.specs.network import DecoderSpec, NetworkSpec, NgramSpec
from unspool.specs.shapes import DecoderShape, NgramShape
from unspool.tasks.base import Plan, TrainedTask
from unspool.tasks.language.evaluation import open_text
from unspool.tasks.language.job import LanguageJob
from unspool.tasks.language.specs import LanguageConfig, LanguageRecipe, TextDataSpec
from unspool.tasks.mixing import LONGEST, least_count
from unspool.tasks.opening import decoder_tokenizer
from unspool.tasks.pretrained import Pretrained
from unspool.tasks.recipe import Size, choose, filled, usual_minutes
from unspool.tasks.settings import Settings
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import make_tokenizer
from unspool.training.callback import Callback
from unspool.training.phases import Phases

LANGUAGE_FIGURES = (
    "On the held-out part of the text; figures without `fresh` carry the state through it, `fresh` ones start from the "
    "initial state, where a prompt starts. `copied_20` is the share of generated characters in spans of at least 20 "
    "that stand verbatim in the training text, `longest_copy` the length of the longest span; `held_out` says the same "
    "of held-out text. Where the training text is large, `unspool evaluate --copying` measures them."
)
PRETRAINED_RATES = {"learning_rate": 2e-3, "matrix_rate": 0.01}  # half of what an untrained network takes


class Language(TrainedTask[LanguageRecipe, LanguageConfig]):
    """Trains language models. See `tasks.base.Task`."""

    recipe, config = LanguageRecipe, LanguageConfig
    card = Card(
        tag="text-generation",
        kind="language model",
        caution="It generates text in the style of what it learnt from, and knows nothing else; what it generates is "
        "not to be taken as fact.",
        figures=LANGUAGE_FIGURES,
        command='unspool generate {name} --prompt "..."',
        python='print(unspool.load("{name}").generate("..."))',
    )
    accepts_pretrained = reusable = True

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
        shape = {"order": LONGEST[tokenizer.kind], "min_count": least_count(tokens), **settings["network"]}
        ngrams = {name: shape[name] for name in NgramShape.model_fields}
        chosen = {**choice.sections, "network": choice.network.changed(**ngrams)}
        recipe = build(LanguageRecipe, {"data": spec, "started_from": started_from, **chosen}, "recipe")
        config = _config(recipe, tokenizer)
        seed = recipe.training.seed
        weights = extended_weights(config.network, seed, pretrained.weights) if pretrained else None
        return Plan(recipe, config, choice.reasons, weights)

    def open(self, folder: ModelFolder, recipe: LanguageRecipe, config: LanguageConfig, verify: bool) -> "LanguageJob":
        """Open the text in the model folder."""
        tokenizer = decoder_tokenizer(folder, config)
        corpus = open_corpus(folder.training, verify)
        return LanguageJob(corpus, recipe, config, tokenizer, folder)

    def finish(
        self,
        folder: ModelFolder,
        recipe: LanguageRecipe,
        config: LanguageConfig,
        network: SequenceNetwork,
        phases: Phases,
    ) -> SequenceNetwork:
        """Count the text beside the network, and write what is mixed with it where that predicts better."""
        job = self.open(folder, recipe, config, verify=False)
        if job.divided is None:  # nothing was held back: it is not wanted, or the text is too short
            return network
        phases.begin("counting", "the text was counted, and the counts were tried beside the network,")
        beside = job.count_beside(network, _ngram(recipe, config))
        if beside is None:
            folder.write_config(config)
            return network
        folder.write_counts(beside.arrays)
        mixed = config.network.model_copy(update={"ngram": beside.spec})
        folder.write_config(config.changed(network=mixed))
        return build_mixture(network, beside.spec, beside.arrays)

    def remark(self, model: SequenceNetwork) -> str:
        """Say what was counted."""
        if not isinstance(model, Mixture):
            return ""
        return (
            f"Beside the network, n-grams of {model.counts.order} tokens are counted; a gate weighs the predictions of "
            "both at each step."
        )

    def summary(self, figures: Mapping[str, Any]) -> str:
        """Return the closing figures in a sentence."""
        return language_summary(figures)


def check_columns(settings: Settings) -> None:
    """Refuse a column of a table where there is no table.

    Raises:
        UsageError: a column is named, and no source.
    """
    if settings["data"].get("text") and not settings["data"].get("sources"):
        raise UsageError("--text names a column, and there is no table.", "name a .csv, .tsv or .jsonl file.")


def language_summary(figures: Mapping[str, Any]) -> str:
    """Return the closing figures of a model of text in a sentence."""
    alone = ""
    if "network_nats_per_token" in figures:
        network, counts = (figures[f"{name}_nats_per_token"] for name in ("network", "counts"))
        alone = f"; the network alone {network:.4f}, the counts alone {counts:.4f}"
    return (
        f"{figures['bits_per_character']:.4f} bits per character on the held-out text, carried through it "
        f"({figures['nats_per_token']:.4f} nats per token{alone}), "
        f"{figures['fresh_bits_per_character']:.4f} from fresh starts."
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


def _ngram(recipe: LanguageRecipe, config: LanguageConfig) -> NgramSpec:
    """Describe the n-grams that are counted beside the network."""
    assert config.network.decoder is not None
    shape = recipe.network.model_dump(include=set(NgramShape.model_fields))
    return NgramSpec(**shape, vocabulary_size=config.network.decoder.vocabulary_size)


def _config(recipe: LanguageRecipe, tokenizer: Tokenizer) -> LanguageConfig:
    shape: Mapping[str, Any] = recipe.network.model_dump(include=set(DecoderShape.model_fields))
    decoder = DecoderSpec(**shape, vocabulary_size=tokenizer.vocabulary_size)
    return LanguageConfig(
        by_document=recipe.data.by_document,
        tokenizer=tokenizer.kind,
        network=NetworkSpec(decoder=decoder),
    )
