"""Classification: many to one, a text is wound into states, and a head reads a label off them.

rows -> a tokenizer, ids, numbers of labels -> texts of like length side by side -> nats per label; accuracy
"""

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np

from unspool.arrays import Arrays, IntArray
from unspool.data.labelled import (
    Labelled,
    LabelledBatches,
    Row,
    label_counts,
    label_names,
    label_numbers,
    open_labelled,
    read_labelled,
    write_labelled,
)
from unspool.data.sources import describe_sources
from unspool.decode.classification import label_probabilities
from unspool.engines.base import Classifies, Machine
from unspool.engines.initial import extended_weights
from unspool.errors import UsageError
from unspool.evaluate.labels import classification_figures
from unspool.folder.model_folder import Config, ModelFolder
from unspool.specs.base import build
from unspool.specs.data import DataSpec
from unspool.specs.network import HeadShape, HeadSpec, NetworkSpec, encoder_shape, text_encoder
from unspool.specs.training import Recipe, TrainingSpec
from unspool.tasks.base import Plan
from unspool.tasks.pretrained import Pretrained
from unspool.tasks.recipe import Settings, budget_spec
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import make_tokenizer

SHORT = 40.0  # characters; shorter texts are read by character
LONGEST = 256  # tokens that are learnt from
SHOWN = 30  # labels
UNEVEN = 10  # times as frequent as the rarest is worth a warning
VALIDATION_ROWS = 4096
VALIDATIONS = 10
QUICK = 10_000_000  # tokens that are read in the usual minutes; fewer are read some epochs long
WORDS: Settings = {
    "encoder": {"encoder_size": 128, "encoder_embedding": 200},
    "head": {"pooling": "attention"},
    "training": {"dropout": 0.5, "input_dropout": 0.5, "word_dropout": 0.5},
    "budget": {"epochs": 8},
}
CHARACTERS: Settings = {
    "encoder": {"encoder_size": 256, "encoder_embedding": 64},
    "head": {"pooling": "max"},
    "training": {"dropout": 0.3, "input_dropout": 0.1},
    "budget": {"epochs": 20},
}
TRAINING = {"batch_size": 32, "optimizer": "adamw", "learning_rate": 2e-3, "label_smoothing": 0.1, "weight_decay": 0.01}
WITHOUT: dict[str, str] = {
    "attention": "none",
    "decoder_input": "previous",
}  # what an encoder says where nothing is written
STARTED = {"learning_rate": 2e-3}


class Classification:
    """The task. See `tasks.base.Task`."""

    hint = "classify"

    def check(self, settings: Settings) -> None:
        """Refuse what cannot be, before anything is read."""
        spec = _data(settings)
        if spec.label_column is None or not spec.sources:
            missing = "no table" if spec.label_column is not None else "no --label"
            raise UsageError(
                f"a classifier learns from a table with --text and --label. Received: {missing}.",
                "name a .csv, .tsv, .jsonl or .parquet file, and two of its columns.",
            )
        asked = settings["encoder"]
        decoders = [*settings["network"], *(name for name, value in WITHOUT.items() if asked.get(name, value) != value)]
        if decoders:
            raise UsageError(
                f"a classifier has no decoder. Received: {', '.join(decoders)}.",
                "choose its sizes with --encoder-size, --encoder-embedding, --encoder-layers and --encoder-cell.",
            )
        _recipe(settings, spec, WORDS, None, Machine("float32", 1))

    def plan(
        self,
        folder: ModelFolder,
        settings: Settings,
        machine: Machine,
        start: Pretrained | None,
        on_bytes: Callable[[int], None],
    ) -> Plan:
        """Learn the tokenizer, write the ids and labels, choose the sizes."""
        if start is None and settings["training"].get("unfreeze", "at-once") != "at-once":
            raise UsageError(
                f"unfreeze is for the layers of another model. Received: unfreeze={settings['training']['unfreeze']}, "
                "and no model.",
                "name the model with --from, or leave it out.",
            )
        spec = _data(settings)
        rows, held_out = read_labelled(spec)
        if "tokenizer" not in settings["data"]:
            spec = spec.changed(tokenizer="char" if np.mean([len(text) for text, _ in rows]) < SHORT else "word")
        if spec.tokenizer == "word" and "lowercase" not in settings["data"]:
            spec = spec.changed(lowercase=start is None or start.has_vectors)
        texts = [text for text, _ in rows]
        if start is not None and spec.lowercase:
            start = start.lowercased(texts)
        tokenizer = (
            start.tokenizer_for(texts)
            if start
            else make_tokenizer(spec.tokenizer, texts, spec.vocabulary_limit, spec.lowercase)
        )
        folder.write_tokenizer(tokenizer)
        labels = label_names(rows)
        write_labelled(folder.training, "training", tokenizer, rows, labels, on_bytes)
        write_labelled(folder.training, "validation", tokenizer, held_out, labels, on_bytes)
        shape = CHARACTERS if tokenizer.kind == "char" else WORDS
        tokens = len(open_labelled(folder.training, "training", len(labels), verify=False).texts.tokens)
        if not settings["budget"] and tokens * shape["budget"]["epochs"] <= QUICK:
            settings = {**settings, "budget": shape["budget"]}
        recipe = _recipe(settings, spec, shape, start, machine)
        recipe = recipe.changed(training=_resolved(recipe.training, rows, labels))
        config = _config(recipe, tokenizer, labels)
        weights = None
        if start is not None:
            weights = extended_weights(config.network, recipe.training.seed, _as_encoder(start.weights))
        return Plan(recipe, config, _reasons(recipe), weights)

    def open(self, folder: ModelFolder, recipe: Recipe, config: Config, verify: bool) -> "ClassificationJob":
        """The rows, as they lie in the model folder."""
        count = len(config.labels)
        parts = [open_labelled(folder.training, name, count, verify) for name in ("training", "validation")]
        return ClassificationJob(parts[0], parts[1], recipe, config.labels, folder.read_tokenizer(config))

    def summary(self, figures: Mapping[str, Any]) -> str:
        """The closing figures in a sentence."""
        return (
            f"{figures['accuracy']:.1%} of the held-out texts get their label; macro F1 {figures['macro_f1']:.4f}, "
            f"{figures['nats_per_label']:.4f} nats per label."
        )


class ClassificationJob:
    """Texts with labels that are learnt. See `tasks.base.Job`."""

    tokens_per_character, unit = 1.0, "label"

    def __init__(
        self, training: Labelled, validation: Labelled, recipe: Recipe, labels: tuple[str, ...], tokenizer: Tokenizer
    ) -> None:
        self._validation, self._labels, self._tokenizer = validation, labels, tokenizer
        asked = recipe.training
        self.batches = LabelledBatches(
            training, asked.batch_size, recipe.data.max_length, asked.word_dropout, asked.seed
        )
        counts = label_counts(training.labels, labels)
        self.description = (
            f"rows: {describe_sources(recipe.data.sources)}: {len(training.labels):,} to learn, "
            f"{len(validation.labels):,} held out; {len(labels)} labels: {_shares(counts, labels)}."
        )
        self.warnings = _warnings(counts, labels, recipe)

    def validate(self, network: Classifies) -> float:
        """Nats per label."""
        return float(self._measured(network, VALIDATION_ROWS)["nats_per_label"])

    def sample(self, network: Classifies) -> str:
        """A held-out text, and what it is taken for."""
        text = self._validation.texts.document(0)
        found = label_probabilities(network, [text], len(self._labels))[0]
        return f"{self._labels[found.argmax()]} ({found.max():.0%}): {self._tokenizer.decode(text)}"

    def figures(self, network: Classifies) -> dict[str, Any]:
        """Accuracy, macro F1, nats per label."""
        return self._measured(network, len(self._validation.labels))

    def _measured(self, network: Classifies, most: int) -> dict[str, Any]:
        chosen = np.linspace(0, len(self._validation.labels) - 1, min(most, len(self._validation.labels))).astype(int)
        texts = [self._validation.texts.document(number) for number in chosen]
        found = label_probabilities(network, texts, len(self._labels))
        figures = classification_figures(found, self._validation.labels[chosen], self._labels, 0.0).to_dict()
        return {name: figures[name] for name in ("accuracy", "macro_f1", "nats_per_label")}


def _data(settings: Settings) -> DataSpec:
    return build(DataSpec, {"max_length": LONGEST, **settings["data"]}, "data")


def _recipe(settings: Settings, data: DataSpec, base: Settings, start: Pretrained | None, machine: Machine) -> Recipe:
    chosen = {"precision": machine.precision, "threads": machine.threads, "validations": VALIDATIONS}
    training = {**TRAINING, **base["training"], **(STARTED if start else {}), **chosen, **settings["training"]}
    encoder = {**base["encoder"], **WITHOUT, **settings["encoder"]}
    if start is not None:
        read = start.config.network.decoder
        assert read is not None
        encoder = {
            **WITHOUT,
            "encoder_cell": read.cell,
            "encoder_layers": read.num_layers,
            "encoder_size": read.hidden_size,
            "encoder_embedding": read.embedding_size,
            "bidirectional": False,
        }
    return Recipe(
        task="classification",
        data=data,
        encoder=encoder_shape(encoder),
        head=build(HeadShape, {**base["head"], **settings["head"]}, "head"),
        training=build(TrainingSpec, training, "training"),
        budget=budget_spec(settings),
        started_from=None if start is None else str(start.path),
    )


def _resolved(training: TrainingSpec, rows: Sequence[Row], labels: tuple[str, ...]) -> TrainingSpec:
    """With the weights of the labels, and the updates of an epoch, in place of the words for them."""
    weights = training.class_weights
    if weights is True:
        counts = label_counts(label_numbers(rows, labels), labels)
        weights = tuple((len(rows) / len(labels) / counts).tolist())
    elif isinstance(weights, tuple) and len(weights) != len(labels):
        raise UsageError(
            f"class_weights must be one for each of the {len(labels)} labels. Received: {len(weights)}.",
            "give as many, or true for weights inverse to how often a label comes.",
        )
    epoch = ceil(len(rows) / training.batch_size)
    return training.changed(
        class_weights=weights, unfreeze=epoch if training.unfreeze == "gradual" else training.unfreeze
    )


def _as_encoder(weights: Arrays) -> Arrays:
    """What a language model reads with, by the names of an encoder."""
    parts = ("decoder.embedding.", "decoder.cell.")
    return {name.replace("decoder", "encoder", 1): array for name, array in weights.items() if name.startswith(parts)}


def _config(recipe: Recipe, tokenizer: Tokenizer, labels: tuple[str, ...]) -> Config:
    shape, head = recipe.encoder, recipe.head
    assert shape is not None
    assert head is not None
    encoder = text_encoder(shape, tokenizer.vocabulary_size)
    return Config(
        task="classification",
        by_document=True,
        tokenizer=recipe.data.tokenizer,
        labels=labels,
        network=NetworkSpec(encoder=encoder, head=HeadSpec(labels=len(labels), pooling=head.pooling)),
    )


def _shares(counts: IntArray, labels: Sequence[str]) -> str:
    """How often each label comes, the commonest first."""
    order = np.argsort(-counts, kind="stable")[:SHOWN].tolist()
    shown = [f"{labels[number]} {counts[number]:,} ({counts[number] / counts.sum():.1%})" for number in order]
    return ", ".join(shown) + (f" and {len(labels) - SHOWN} rarer" if len(labels) > SHOWN else "")


def _warnings(counts: IntArray, labels: Sequence[str], recipe: Recipe) -> list[str]:
    most, least = int(counts.argmax()), int(counts.argmin())
    if counts[most] < UNEVEN * counts[least] or recipe.training.class_weights:
        return []
    return [
        f"warning: {labels[most]} comes {counts[most] / counts[least]:,.0f} times as often as {labels[least]}, which "
        "may never be said. --class-weights lets rare labels count more."
    ]


def _reasons(recipe: Recipe) -> list[str]:
    shape, head, training = recipe.encoder, recipe.head, recipe.training
    assert shape is not None
    assert head is not None
    both = ", from both ends" if shape.bidirectional else ""
    return [
        f"network: {recipe.data.tokenizer} tokens; {shape.encoder_cell} encoder {shape.encoder_layers} x "
        f"{shape.encoder_size}{both}, embedding {shape.encoder_embedding or 'one-hot'}; {head.pooling} pooling.",
        f"training: {training.optimizer}, {training.batch_size} texts; dropout {training.dropout:g}, on the input "
        f"{training.input_dropout:g}, of words {training.word_dropout:g}, label smoothing "
        f"{training.label_smoothing:g}; {training.precision}, on {training.threads} threads.",
    ]
