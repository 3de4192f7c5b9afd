"""Translation, many to many and shifted: an encoder reads a source, and a decoder generates the target from its state.

pairs -> two tokenizers, ids -> batches of pairs of similar length -> nats per token; translations by beam search
"""

from collections.abc import Mapping
from typing import Any

from unspool.data.findings import Findings
from unspool.data.limit import with_limit
from unspool.data.pairs import (
    Pair,
    Tokenizers,
    describe_pairs,
    divide_pairs,
    keep_pairs,
    kept_pairs,
    open_pairs,
    read_pairs,
    write_pairs,
)
from unspool.engines.base import Machine
from unspool.errors import UsageError
from unspool.folder.card import Card
from unspool.folder.model_folder import ModelFolder
from unspool.specs.base import build
from unspool.specs.network import DecoderSpec, NetworkSpec, text_encoder
from unspool.specs.shapes import AttentionDecoderShape, CountedAttentionDecoderShape, EncoderShape
from unspool.specs.training import AttentionTrainingSpec
from unspool.tasks.base import Plan
from unspool.tasks.mixed_task import MixedTask, parts_summary
from unspool.tasks.mixing import chosen_shape
from unspool.tasks.opening import decoder_tokenizer, encoder_tokenizer
from unspool.tasks.pretrained import Pretrained
from unspool.tasks.recipe import budget_spec, usual_minutes
from unspool.tasks.settings import Settings
from unspool.tasks.translation.job import TranslationJob
from unspool.tasks.translation.specs import TranslationConfig, TranslationDataSpec, TranslationRecipe
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import make_tokenizer
from unspool.training.callback import Callback

SOURCE_TOKENIZER = "source_tokenizer.json"
USUAL_LENGTH = 100  # tokens of a side, unless many are longer
VOCABULARY = 8000
DATES_BUDGET = {"minutes": 1.0}
SMALL_TEXT = 3_000_000  # characters of all targets up to which the smaller network is enough
LARGE: Settings = {
    "network": {"cell": "gru", "hidden_size": 512, "embedding_size": 256},
    "encoder": {"encoder_size": 256, "encoder_embedding": 256},
}
SMALL: Settings = {
    "network": {"cell": "gru", "hidden_size": 256, "embedding_size": 64},
    "encoder": {"encoder_size": 128, "encoder_embedding": 64},
}
TRAINING = {"batch_size": 64, "averaged": 4, "learning_rate": 2e-3, "input_dropout": 0.2, "label_smoothing": 0.1}


class Translation(MixedTask[TranslationRecipe, TranslationConfig]):
    """Trains translators. See `tasks.base.Task`."""

    recipe, config = TranslationRecipe, TranslationConfig
    card = Card(
        tag="translation",
        kind="translation model",
        caution="It translates texts like those it learnt from; it translates others badly, and gives no warning.",
        figures="On the held-out pairs; `greedy_exact` is the fraction of the first 500 whose greedy translation "
        "equals the reference, letter by letter.",
        command='unspool translate {name} "..."',
        python='print(unspool.load("{name}").translate("..."))',
    )

    def check(self, settings: Settings) -> None:
        """Refuse settings that cannot be, before anything is read."""
        super().check(settings)
        spec = _data(settings)
        if (spec.sources or spec.validation) and spec.source is None:
            raise UsageError(
                "a table of pairs needs --source and --target. Received: neither.", "name the two columns."
            )
        if spec.source is not None and not spec.sources:
            raise UsageError("--source and --target name columns, and there is no table.", "name a table.")

    def name(self, settings: Settings) -> str:
        """Return the name of a model of the dates that Unspool generates."""
        return "dates"

    def plan(
        self,
        folder: ModelFolder,
        settings: Settings,
        machine: Machine,
        pretrained: Pretrained | None,
        callback: Callback,
    ) -> Plan[TranslationRecipe, TranslationConfig]:
        """Learn the tokenizers, write the ids, choose the sizes."""
        settings, spec = _with_budget(settings), _data(settings)
        findings = Findings()
        pairs, held_out = all_pairs(spec, findings), _held_out(spec, findings)
        where = findings.added_to(describe_pairs(spec.sources, spec.files))
        pairs, held_out = divide_pairs(pairs, held_out, spec.split, where)
        findings.keep(folder.training)
        tokenizers = _tokenizers(spec, pairs)
        folder.write_tokenizer(tokenizers[1])
        if not spec.joint_vocabulary:
            folder.write_tokenizer(tokenizers[0], SOURCE_TOKENIZER)
        write_pairs(folder.training, "training", tokenizers, pairs, callback.on_encoded)
        write_pairs(folder.training, "validation", tokenizers, held_out, callback.on_encoded)
        keep_pairs(folder.training, held_out)
        training = open_pairs(folder.training, "training", verify=False)
        spec = with_limit(spec, training.examples.lengths, USUAL_LENGTH)
        shape = SMALL if training.target.characters < SMALL_TEXT and spec.tokenizer == "char" else LARGE
        recipe = _recipe(settings, spec, shape, machine, usual_minutes(settings))
        ngrams = chosen_shape(tokenizers[1].kind, len(training.target.tokens), settings["network"])
        recipe = recipe.changed(network=recipe.network.changed(**ngrams))
        return Plan(recipe, _config(recipe, tokenizers), _reasons(recipe))

    def open(
        self, folder: ModelFolder, recipe: TranslationRecipe, config: TranslationConfig, verify: bool
    ) -> "TranslationJob":
        """Open the pairs in the model folder."""
        tokenizers = read_tokenizers(folder, config)
        limit = recipe.data.max_length
        parts = [open_pairs(folder.training, name, limit, verify) for name in ("training", "validation")]
        return TranslationJob(parts[0], parts[1], kept_pairs(folder.training), recipe, tokenizers)

    def summary(self, figures: Mapping[str, Any]) -> str:
        """Return the closing figures in a sentence."""
        return (
            f"{figures['bits_per_character']:.4f} bits per character on the held-out pairs "
            f"({figures['nats_per_token']:.4f} nats per token{parts_summary(figures)}); {figures['greedy_exact']:.1%} "
            "of their greedy translations are the reference, letter by letter."
        )


def read_tokenizers(folder: ModelFolder, config: TranslationConfig) -> Tokenizers:
    """Read the tokenizers of sources and targets; a joint one is returned twice.

    Raises:
        ModelFolderError: a file is missing, damaged, or does not fit the network.
    """
    target = decoder_tokenizer(folder, config)
    if config.source_tokenizer is None:
        return encoder_tokenizer(folder, config, config.tokenizer), target
    return encoder_tokenizer(folder, config, config.source_tokenizer, SOURCE_TOKENIZER), target


def all_pairs(spec: TranslationDataSpec, findings: Findings) -> list[Pair]:
    """Read the pairs of the sources, or generate dates where there are none."""
    return read_pairs(spec.sources, spec, spec.columns, spec.files, findings)


def _held_out(spec: TranslationDataSpec, findings: Findings) -> list[Pair] | None:
    """Read the pairs of files that are held out; none without such files."""
    files = spec.validation_files
    if files is None and not spec.validation:
        return None
    return read_pairs(spec.validation, spec, spec.columns, files, findings)


def _data(settings: Settings) -> TranslationDataSpec:
    """Read dates by character, and other pairs by byte pair, unless a tokenizer is requested."""
    spec = build(TranslationDataSpec, settings["data"], "data")
    return spec if "tokenizer" in settings["data"] else spec.changed(tokenizer="char" if spec.made else "bpe")


def _with_budget(settings: Settings) -> Settings:
    """Set a shorter budget than usual for dates, unless one is requested."""
    return {**settings, "budget": settings["budget"] or DATES_BUDGET} if _data(settings).made else settings


def _tokenizers(spec: TranslationDataSpec, pairs: list[Pair]) -> Tokenizers:
    limit = spec.vocabulary_limit or (0 if spec.tokenizer == "char" else VOCABULARY)

    def learn(*sides: int) -> Tokenizer:
        return make_tokenizer(spec.tokenizer, (pair[side] for side in sides for pair in pairs), limit)

    if spec.joint_vocabulary:
        both = learn(0, 1)
        return both, both
    return learn(0), learn(1)


def _recipe(
    settings: Settings, data: TranslationDataSpec, shape: Settings, machine: Machine, minutes: float
) -> TranslationRecipe:
    chosen = {
        "precision": machine.precision,
        "threads": machine.threads,
        "validations": int(min(20, max(4, round(2 * minutes)))),
    }
    smaller = {"dropout": 0.3} if shape is LARGE else {"dropout": 0.1, "label_smoothing": 0.0}
    return TranslationRecipe(
        data=data,
        network=build(CountedAttentionDecoderShape, {**shape["network"], **settings["network"]}, "network"),
        encoder=build(EncoderShape, {**shape["encoder"], **settings["encoder"]}, "encoder"),
        training=build(AttentionTrainingSpec, {**TRAINING, **smaller, **chosen, **settings["training"]}, "training"),
        budget=budget_spec(settings),
    )


def _config(recipe: TranslationRecipe, tokenizers: Tokenizers) -> TranslationConfig:
    encoder = text_encoder(recipe.encoder, tokenizers[0].vocabulary_size)
    shape = recipe.network.model_dump(include=set(AttentionDecoderShape.model_fields))
    decoder = DecoderSpec(**shape, vocabulary_size=tokenizers[1].vocabulary_size)
    return TranslationConfig(
        tokenizer=tokenizers[1].kind,
        source_tokenizer=None if recipe.data.joint_vocabulary else tokenizers[0].kind,
        network=NetworkSpec(encoder=encoder, decoder=decoder),
    )


def _reasons(recipe: TranslationRecipe) -> list[str]:
    encoder, decoder, training = recipe.encoder, recipe.network, recipe.training
    both = ", bidirectional" if encoder.bidirectional else ""
    return [
        f"network: {encoder.encoder_cell} encoder {encoder.encoder_layers} x {encoder.encoder_size}{both}; "
        f"{decoder.cell} decoder {decoder.num_layers} x {decoder.hidden_size}, attention {decoder.attention}.",
        f"training: {training.optimizer}, {training.batch_size} pairs; dropout {training.dropout:g}, label smoothing "
        f"{training.label_smoothing:g}; {training.precision}, on {training.threads} threads.",
    ]
