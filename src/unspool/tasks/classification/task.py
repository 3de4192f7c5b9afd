"""Classification, many to one: an encoder reads a text, and a head predicts its label from the states.

rows -> tokenizer, ids, indices of labels -> batches of texts of similar length -> nats per label; accuracy
"""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np

from unspool.arrays import Arrays
from unspool.data.findings import Findings
from unspool.data.labelled import (
    LabelledText,
    divide_labelled,
    label_counts,
    label_indices,
    label_names,
    open_labelled,
    read_labelled,
    write_labelled,
)
from unspool.data.limit import with_limit
from unspool.data.sources import Sources, describe_sources
from unspool.engines.base import Machine
from unspool.engines.initial import extended_weights
from unspool.errors import UsageError
from unspool.folder.card import Card
from unspool.folder.model_folder import ModelFolder
from unspool.specs.base import build
from unspool.specs.network import HeadSpec, NetworkSpec, text_encoder
from unspool.specs.shapes import EncoderShape, HeadShape
from unspool.specs.training import HeadTrainingSpec
from unspool.tasks.base import Plan, Task
from unspool.tasks.classification.job import ClassificationJob
from unspool.tasks.classification.specs import ClassificationConfig, ClassificationDataSpec, ClassificationRecipe
from unspool.tasks.opening import encoder_tokenizer
from unspool.tasks.pretrained import Pretrained
from unspool.tasks.recipe import budget_spec
from unspool.tasks.settings import Settings
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import make_tokenizer
from unspool.training.callback import Callback

SHORT = 40.0  # characters; shorter texts are read by character
USUAL_LENGTH = 256  # tokens that are read of a text, unless many have more
VALIDATIONS = 10
QUICK = 10_000_000  # tokens that fit in the usual minutes; if the epochs hold fewer, they are the budget
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
PRETRAINED_RATES = {"learning_rate": 2e-3}


class Classification(Task[ClassificationRecipe, ClassificationConfig]):
    """Trains classifiers. See `tasks.base.Task`."""

    recipe, config = ClassificationRecipe, ClassificationConfig
    card = Card(
        tag="text-classification",
        kind="classifier",
        caution="It gives every text one of the labels that it learnt, also a text that none of them fits.",
        figures="On the held-out rows; `macro_f1` is the mean of the labels' F1.",
        command='unspool classify {name} "..."',
        python='print(unspool.load("{name}").classify("..."))',
    )
    accepts_pretrained = True

    def check(self, settings: Settings) -> None:
        """Refuse settings that cannot be, before anything is read."""
        super().check(settings)
        data = settings["data"]
        if data.get("label") is None or not data.get("sources"):
            missing = "no table" if data.get("label") is not None else "no --label"
            raise UsageError(
                f"a classifier learns from a table with --text and --label. Received: {missing}.",
                "name a .csv, .tsv, .jsonl or .parquet file, and two of its columns.",
            )

    def plan(
        self,
        folder: ModelFolder,
        settings: Settings,
        machine: Machine,
        pretrained: Pretrained | None,
        callback: Callback,
    ) -> Plan[ClassificationRecipe, ClassificationConfig]:
        """Learn the tokenizer, write the ids and labels, choose the sizes."""
        if pretrained is None and settings["training"].get("unfreeze", "at-once") != "at-once":
            raise UsageError(
                f"unfreeze is for the layers of another model. Received: unfreeze={settings['training']['unfreeze']}, "
                "and no model.",
                "name the model with --from, or leave it out.",
            )
        spec = build(ClassificationDataSpec, settings["data"], "data")
        findings = Findings()
        rows, held_out = divide_labelled(
            labelled_rows(spec.sources, spec, findings),
            labelled_rows(spec.validation, spec, findings) if spec.validation else None,
            spec.split,
            findings.added_to(describe_sources(spec.sources)),
            findings,
        )
        findings.keep(folder.training)
        if "tokenizer" not in settings["data"]:
            spec = spec.changed(tokenizer="char" if np.mean([len(row.text) for row in rows]) < SHORT else "word")
        if spec.tokenizer == "word" and "lowercase" not in settings["data"]:
            spec = spec.changed(lowercase=pretrained is None or pretrained.has_vectors)
        texts = [row.text for row in rows]
        if pretrained is not None and spec.lowercase:
            pretrained = pretrained.lowercased(texts)
        tokenizer = (
            pretrained.tokenizer_for(texts)
            if pretrained
            else make_tokenizer(spec.tokenizer, texts, spec.vocabulary_limit, spec.lowercase)
        )
        folder.write_tokenizer(tokenizer)
        labels = label_names(rows)
        write_labelled(folder.training, "training", tokenizer, rows, labels, callback.on_encoded)
        write_labelled(folder.training, "validation", tokenizer, held_out, labels, callback.on_encoded)
        shape = CHARACTERS if tokenizer.kind == "char" else WORDS
        examples = open_labelled(folder.training, "training", len(labels), verify=False)
        spec = with_limit(spec, examples.lengths, USUAL_LENGTH)
        tokens = len(examples.text.tokens)
        if not settings["budget"] and tokens * shape["budget"]["epochs"] <= QUICK:
            settings = {**settings, "budget": shape["budget"]}
        recipe = _recipe(settings, spec, shape, pretrained, machine)
        recipe = recipe.changed(training=_resolved(recipe.training, rows, labels))
        config = _config(recipe, tokenizer, labels)
        weights = None
        if pretrained is not None:
            weights = extended_weights(config.network, recipe.training.seed, _as_encoder(pretrained.weights))
        return Plan(recipe, config, _reasons(recipe), weights)

    def open(
        self, folder: ModelFolder, recipe: ClassificationRecipe, config: ClassificationConfig, verify: bool
    ) -> "ClassificationJob":
        """Open the rows in the model folder."""
        count = len(config.labels)
        parts = [open_labelled(folder.training, name, count, verify) for name in ("training", "validation")]
        tokenizer = encoder_tokenizer(folder, config, config.tokenizer)
        return ClassificationJob(parts[0], parts[1], recipe, config.labels, tokenizer)

    def summary(self, figures: Mapping[str, Any]) -> str:
        """Return the closing figures in a sentence."""
        return (
            f"{figures['accuracy']:.1%} of the held-out texts get the right label; macro F1 {figures['macro_f1']:.4f}, "
            f"{figures['nats_per_label']:.4f} nats per label."
        )


def labelled_rows(names: tuple[str, ...], spec: ClassificationDataSpec, findings: Findings) -> list[LabelledText]:
    """Read the rows of tables, with the settings of the spec."""
    assert spec.label is not None
    return read_labelled(Sources(names, spec, tables=True, findings=findings), spec.text, spec.label)


def _recipe(
    settings: Settings, data: ClassificationDataSpec, base: Settings, pretrained: Pretrained | None, machine: Machine
) -> ClassificationRecipe:
    chosen = {"precision": machine.precision, "threads": machine.threads, "validations": VALIDATIONS}
    training = {
        **TRAINING,
        **base["training"],
        **(PRETRAINED_RATES if pretrained else {}),
        **chosen,
        **settings["training"],
    }
    encoder = {**base["encoder"], **settings["encoder"]}
    if pretrained is not None:
        decoder = pretrained.config.network.decoder
        assert decoder is not None
        encoder = {
            "encoder_cell": decoder.cell,
            "encoder_layers": decoder.num_layers,
            "encoder_size": decoder.hidden_size,
            "encoder_embedding": decoder.embedding_size,
            "bidirectional": False,
        }
    return ClassificationRecipe(
        data=data,
        encoder=build(EncoderShape, encoder, "encoder"),
        head=build(HeadShape, {**base["head"], **settings["head"]}, "head"),
        training=build(HeadTrainingSpec, training, "training"),
        budget=budget_spec(settings),
        started_from=None if pretrained is None else str(pretrained.path),
    )


def _resolved(training: HeadTrainingSpec, rows: Sequence[LabelledText], labels: tuple[str, ...]) -> HeadTrainingSpec:
    """Replace class weights of true, and an unfreezing that is gradual, by numbers."""
    weights = training.class_weights
    if weights is True:
        counts = label_counts(label_indices(rows, labels), labels)
        weights = tuple((len(rows) / len(labels) / counts).tolist())
    elif isinstance(weights, tuple) and len(weights) != len(labels):
        raise UsageError(
            f"class_weights must be one for each of the {len(labels)} labels. Received: {len(weights)}.",
            "give as many, or true for weights inverse to the frequency of the labels.",
        )
    epoch = ceil(len(rows) / training.batch_size)
    return training.changed(
        class_weights=weights, unfreeze=epoch if training.unfreeze == "gradual" else training.unfreeze
    )


def _as_encoder(weights: Arrays) -> Arrays:
    """Take the embedding and layers of a language model, by the names that an encoder has for them."""
    parts = ("decoder.embedding.", "decoder.cell.")
    return {name.replace("decoder", "encoder", 1): array for name, array in weights.items() if name.startswith(parts)}


def _config(recipe: ClassificationRecipe, tokenizer: Tokenizer, labels: tuple[str, ...]) -> ClassificationConfig:
    encoder = text_encoder(recipe.encoder, tokenizer.vocabulary_size)
    return ClassificationConfig(
        tokenizer=recipe.data.tokenizer,
        labels=labels,
        network=NetworkSpec(encoder=encoder, head=HeadSpec(labels=len(labels), pooling=recipe.head.pooling)),
    )


def _reasons(recipe: ClassificationRecipe) -> list[str]:
    encoder, head, training = recipe.encoder, recipe.head, recipe.training
    both = ", bidirectional" if encoder.bidirectional else ""
    return [
        f"network: {recipe.data.tokenizer} tokens; {encoder.encoder_cell} encoder {encoder.encoder_layers} x "
        f"{encoder.encoder_size}{both}, embedding {encoder.encoder_embedding or 'one-hot'}; {head.pooling} pooling.",
        f"training: {training.optimizer}, {training.batch_size} texts; dropout {training.dropout:g}, on the input "
        f"{training.input_dropout:g}, of words {training.word_dropout:g}, label smoothing "
        f"{training.label_smoothing:g}; {training.precision}, on {training.threads} threads.",
    ]
