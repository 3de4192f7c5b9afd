"""Classification, many to one: an encoder reads a text, and a head predicts its label from the states.

rows -> tokenizer, ids, indices of labels -> batches of texts of similar length -> nats per label; accuracy
"""

from math import ceil

from unspool.arrays import Arrays, IntArray
from unspool.data.findings import Findings
from unspool.data.labelled import Labelled, LabelledPart, divide_labelled, label_names, part_of
from unspool.data.labelled_texts import WrittenTexts, open_labelled, read_labelled, write_labelled
from unspool.data.limit import limit_warnings, with_limit
from unspool.data.sources import Sources, describe_sources
from unspool.data.tokens import unknown_warnings
from unspool.engines.base import Classifies, Machine
from unspool.engines.initial import extended_weights
from unspool.engines.linear.mixture import MixedClassifier
from unspool.errors import UsageError
from unspool.folder.card import Card
from unspool.folder.model_folder import COUNTS_TOKENIZER, ModelFolder
from unspool.specs.base import build
from unspool.specs.linear import LinearSpec
from unspool.specs.network import HeadSpec, NetworkSpec, text_encoder
from unspool.specs.shapes import EncoderShape, HeadShape
from unspool.specs.training import TextHeadTrainingSpec
from unspool.tasks.base import Plan
from unspool.tasks.classification.counts import (
    MINIMUM_ROWS,
    are_short,
    counts_reason,
    counts_tokenizer,
    describe_counts,
    learning_rows,
    linear_spec,
    no_counts,
    open_texts,
    weighing_rows,
    with_counts,
)
from unspool.tasks.classification.specs import ClassificationConfig, ClassificationDataSpec, ClassificationRecipe
from unspool.tasks.labelling.job import LabellingJob
from unspool.tasks.labelling.task import LabellingTask, training_note, with_weights
from unspool.tasks.opening import encoder_tokenizer
from unspool.tasks.pretrained import Pretrained
from unspool.tasks.recipe import budget_spec
from unspool.tasks.settings import Settings
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import make_tokenizer
from unspool.training.callback import Callback
from unspool.training.phases import Phases

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


class Classification(LabellingTask[ClassificationRecipe, ClassificationConfig]):
    """Trains classifiers of texts. See `tasks.base.Task`."""

    noun = "texts"

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
        """Learn the tokenizer, write the ids and labels, choose the sizes.

        Raises:
            UsageError: layers are to be unfrozen, and there is no model that they are of; a setting breaks its rule.
            DataError: the rows cannot be read, or cannot be divided.
        """
        if pretrained is None and settings["training"].get("unfreeze", "at-once") != "at-once":
            raise UsageError(
                f"unfreeze is for the layers of another model. Received: unfreeze={settings['training']['unfreeze']}, "
                "and no model.",
                "name the model with --from, or leave it out.",
            )
        spec, rows, held_out = _divided(folder, settings, pretrained)
        texts = [row.item for row in rows]
        if pretrained is not None and spec.lowercase:
            pretrained = pretrained.lowercased(texts)
        tokenizer = _tokenizer(spec, texts, pretrained)
        folder.write_tokenizer(tokenizer)
        counts = settings["training"].get("counts", True) and len(rows) >= MINIMUM_ROWS
        counted = counts_tokenizer(texts, tokenizer, settings["data"].get("lowercase", True)) if counts else None
        if counted is not None:
            folder.write_tokenizer(counted, COUNTS_TOKENIZER)
        labels = label_names(rows)
        for part, some in (("training", rows), ("validation", held_out)):
            write_labelled(folder.training, part, tokenizer, some, labels, callback.on_encoded, counted)
        shape = CHARACTERS if tokenizer.kind == "char" else WORDS
        learnt, indices = open_labelled(folder.training, "training", len(labels), verify=False)
        spec = with_limit(spec, learnt.lengths - 1, USUAL_LENGTH)
        tokens = len(learnt.tokens)
        if not settings["budget"] and tokens * shape["budget"]["epochs"] <= QUICK:
            settings = {**settings, "budget": shape["budget"]}
        recipe = _recipe(settings, spec, shape, pretrained, machine)
        recipe = recipe.changed(training=_resolved(recipe.training, indices, labels))
        config = _config(recipe, tokenizer, labels, linear_spec(tokenizer, counted, len(labels)) if counts else None)
        weights = None
        if pretrained is not None:
            weights = extended_weights(config.network, recipe.training.seed, _as_encoder(pretrained.weights))
        if config.counts is not None:
            folder.write_counts(no_counts(config.counts))
        return Plan(recipe, config, _reasons(recipe, config), weights)

    def open(
        self, folder: ModelFolder, recipe: ClassificationRecipe, config: ClassificationConfig, verify: bool
    ) -> LabellingJob:
        """Open the rows in the model folder."""
        settings = recipe.training
        texts, labels = open_labelled(folder.training, "training", len(config.labels), verify)
        held_out = open_labelled(folder.training, "validation", len(config.labels), verify)[0]
        lengths = texts.lengths - 1  # without <eos>
        limit = recipe.data.max_length or int(lengths.max())
        cut = int((lengths > limit).sum())
        tokenizer = encoder_tokenizer(folder, config, config.tokenizer)
        learnt, weighing = LabelledPart(WrittenTexts(texts, limit, settings.word_dropout), labels), None
        if config.counts is not None:
            learnt, weighing = (part_of(learnt, rows(labels)) for rows in (learning_rows, weighing_rows))
        return LabellingJob(
            learnt,
            open_texts(folder, "validation", config),
            settings,
            config.labels,
            f"rows: {describe_sources(recipe.data.sources)}",
            lambda index: tokenizer.decode(held_out.document(index)),
            f"; {cut:,} longer than {limit} tokens are cut" if cut else "",
            [*limit_warnings(cut, len(labels), limit, "cut"), *unknown_warnings(held_out)],
            weighing,
        )

    def finish(
        self,
        folder: ModelFolder,
        recipe: ClassificationRecipe,
        config: ClassificationConfig,
        network: Classifies,
        phases: Phases,
    ) -> Classifies:
        """Fit the counts, weigh network and counts, and write them."""
        if config.counts is None:
            return network
        phases.begin("counting", "a linear classifier of the same texts was fitted and weighed")
        mixed = with_counts(folder, recipe, config, network)
        folder.write_counts(mixed.to_arrays())
        return mixed if mixed.components else network

    def remark(self, model: Classifies) -> str:
        """Say what was counted, and how both are weighed."""
        return describe_counts(model) if isinstance(model, MixedClassifier) else ""


def labelled_rows(names: tuple[str, ...], spec: ClassificationDataSpec, findings: Findings) -> list[Labelled[str]]:
    """Read the rows of tables, with the settings of the spec."""
    assert spec.label is not None
    return read_labelled(Sources(names, spec, tables=True, findings=findings), spec.text, spec.label)


def _divided(
    folder: ModelFolder, settings: Settings, pretrained: Pretrained | None
) -> tuple[ClassificationDataSpec, list[Labelled[str]], list[Labelled[str]]]:
    """Read the rows, hold some out, keep what was found in them, and choose the kind of tokens that suits them."""
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
        spec = spec.changed(tokenizer="char" if are_short([row.item for row in rows]) else "word")
    if spec.tokenizer == "word" and "lowercase" not in settings["data"]:
        spec = spec.changed(lowercase=pretrained is None or pretrained.has_vectors)
    return spec, rows, held_out


def _tokenizer(spec: ClassificationDataSpec, texts: list[str], pretrained: Pretrained | None) -> Tokenizer:
    """Extend the tokenizer of the model that training starts from by the texts, or make one of them."""
    if pretrained is not None:
        return pretrained.tokenizer_for(texts)
    return make_tokenizer(spec.tokenizer, texts, spec.vocabulary_limit, spec.lowercase)


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
        training=build(TextHeadTrainingSpec, training, "training"),
        budget=budget_spec(settings),
        started_from=None if pretrained is None else str(pretrained.path),
    )


def _resolved(training: TextHeadTrainingSpec, indices: IntArray, labels: tuple[str, ...]) -> TextHeadTrainingSpec:
    """Replace class weights of true, and an unfreezing that is gradual, by numbers."""
    epoch = ceil(len(indices) / training.batch_size)
    unfreeze = epoch if training.unfreeze == "gradual" else training.unfreeze
    return with_weights(training, indices, labels).changed(unfreeze=unfreeze)


def _as_encoder(weights: Arrays) -> Arrays:
    """Take the embedding and layers of a language model, by the names that an encoder has for them."""
    parts = ("decoder.embedding.", "decoder.cell.")
    return {name.replace("decoder", "encoder", 1): array for name, array in weights.items() if name.startswith(parts)}


def _config(
    recipe: ClassificationRecipe, tokenizer: Tokenizer, labels: tuple[str, ...], counts: LinearSpec | None
) -> ClassificationConfig:
    encoder = text_encoder(recipe.encoder, tokenizer.vocabulary_size)
    return ClassificationConfig(
        tokenizer=tokenizer.kind,
        labels=labels,
        network=NetworkSpec(encoder=encoder, head=HeadSpec(labels=len(labels), pooling=recipe.head.pooling)),
        counts=counts,
    )


def _reasons(recipe: ClassificationRecipe, config: ClassificationConfig) -> list[str]:
    encoder, head, training = recipe.encoder, recipe.head, recipe.training
    both = ", bidirectional" if encoder.bidirectional else ""
    return [
        f"network: {recipe.data.tokenizer} tokens; {encoder.encoder_cell} encoder {encoder.encoder_layers} x "
        f"{encoder.encoder_size}{both}, embedding {encoder.encoder_embedding or 'one-hot'}; {head.pooling} pooling.",
        training_note(
            training,
            "texts",
            f"{training.dropout:g}, on the input {training.input_dropout:g}, of words {training.word_dropout:g}",
        ),
        *([counts_reason(config.counts)] if recipe.training.counts else []),
    ]
