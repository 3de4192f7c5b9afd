"""Classification of rows of numbers, one to one: an encoder maps a row to a state, and a head predicts its label.

rows -> scaled numbers, indices of labels -> batches -> nats per label; accuracy
"""

from dataclasses import replace
from math import ceil

from unspool.arrays import FloatArray
from unspool.data.findings import Findings
from unspool.data.labelled import LabelledPart, divide_labelled, label_names, open_labels, write_labels
from unspool.data.sources import Sources, describe_sources
from unspool.data.vector_rows import Table, read_vectors
from unspool.data.vectors import learn_scales, open_vectors, shown_row, unscaled, write_vectors
from unspool.engines.base import Machine
from unspool.errors import UsageError
from unspool.folder.card import Card
from unspool.folder.model_folder import ModelFolder
from unspool.specs.base import build
from unspool.specs.network import HeadSpec, NetworkSpec, VectorEncoderSpec
from unspool.specs.shapes import VectorEncoderShape
from unspool.specs.training import BudgetSpec, VectorTrainingSpec
from unspool.tasks.base import Plan
from unspool.tasks.labelling.job import LabellingJob
from unspool.tasks.labelling.task import LabellingTask, training_note, with_weights
from unspool.tasks.pretrained import Pretrained
from unspool.tasks.recipe import budget_spec
from unspool.tasks.settings import Settings
from unspool.tasks.vectors.specs import VectorConfig, VectorDataSpec, VectorRecipe
from unspool.training.callback import Callback

MAX_SHOWN = 8  # numbers of a row that is shown
STEPS, EPOCHS = 1000, 20  # the usual budget: as many updates of the weights, or passes over many rows
TRAINING = {
    "batch_size": 32,
    "optimizer": "adamw",
    "learning_rate": 2e-3,
    "dropout": 0.5,
    "input_dropout": 0.0,
    "validations": 10,
    "patience": 10,
    "precision": "float32",
    "threads": 1,
}


class VectorClassification(LabellingTask[VectorRecipe, VectorConfig]):
    """Trains classifiers of rows of numbers. See `tasks.base.Task`."""

    recipe, config = VectorRecipe, VectorConfig
    noun = "rows"
    card = Card(
        tag="tabular-classification",
        kind="classifier of rows of numbers",
        caution="It gives every row one of the labels that it learnt, also a row that none of them fits; a number that "
        "is missing is read as the mean of its column.",
        figures="On the held-out rows; `macro_f1` is the mean of the labels' F1.",
        command="unspool classify {name} --file rows.csv",
        python='print(unspool.load("{name}").classify([{numbers}]))',
    )

    def card_of(self, config: VectorConfig) -> Card:
        """Return the words of the card, with the means of the columns in its line of Python."""
        means = ", ".join(f"{spec.mean:g}" for spec in config.features)
        return self.card._replace(python=self.card.python.replace("{numbers}", means))

    def check(self, settings: Settings) -> None:
        """Refuse settings that cannot be, before anything is read."""
        super().check(settings)
        data = settings["data"]
        if data.get("label") is None or not data.get("sources"):
            missing = "no table" if data.get("label") is not None else "no --label"
            raise UsageError(
                f"a classifier of numbers learns from a table with --label and --features. Received: {missing}.",
                "name a .csv, .tsv, .jsonl or .parquet file, and its columns.",
            )

    def plan(
        self,
        folder: ModelFolder,
        settings: Settings,
        machine: Machine,
        pretrained: Pretrained | None,
        callback: Callback,
    ) -> Plan[VectorRecipe, VectorConfig]:
        """Read the columns, learn their scales, write numbers and labels, choose the sizes."""
        spec = build(VectorDataSpec, settings["data"], "data")
        findings = Findings()
        table = labelled_vectors(spec.sources, spec, findings)
        spec = spec.changed(features=table.names)
        rows, held_out = divide_labelled(
            table.rows,
            labelled_vectors(spec.validation, spec, findings).rows if spec.validation else None,
            spec.split,
            findings.added_to(describe_sources(spec.sources)),
            findings,
        )
        findings.keep(folder.training)
        labels = label_names(rows)
        features = learn_scales([row.item for row in rows], table.names)
        for name, part in (("training", rows), ("validation", held_out)):
            write_vectors(folder.training, name, [row.item for row in part], features)
            write_labels(folder.training, name, part, labels)
        training = build(VectorTrainingSpec, {**TRAINING, **settings["training"]}, "training")
        training = with_weights(training, open_labels(folder.training, "training", len(labels)), labels)
        encoder = build(VectorEncoderShape, settings["encoder"], "encoder")
        budget = budget_spec(settings) if settings["budget"] else _usual_budget(len(rows), training.batch_size)
        recipe = VectorRecipe(data=spec, encoder=encoder, training=training, budget=budget)
        network = NetworkSpec(
            encoder=VectorEncoderSpec(numbers=len(features), hidden_size=encoder.encoder_size),
            head=HeadSpec(labels=len(labels)),
        )
        notes = [
            f"network: {encoder.encoder_size} hidden units read {len(features)} numbers.",
            training_note(training, "rows", f"{training.dropout:g}, of numbers {training.feature_dropout:g}"),
        ]
        return Plan(recipe, VectorConfig(labels=labels, features=features, network=network), notes)

    def open(self, folder: ModelFolder, recipe: VectorRecipe, config: VectorConfig, verify: bool) -> LabellingJob:
        """Open the rows in the model folder."""
        training = open_rows(folder, "training", config, recipe.training.feature_dropout)
        validation = open_rows(folder, "validation", config)
        held_out = open_vectors(folder.training, "validation", len(config.features), len(validation))

        def show(index: int) -> str:
            return _shown(unscaled(held_out.values[index], config.features), config)

        where = f"rows: {describe_sources(recipe.data.sources)}"
        return LabellingJob(training, validation, recipe.training, config.labels, where, show)


def labelled_vectors(names: tuple[str, ...], spec: VectorDataSpec, findings: Findings) -> Table:
    """Read the rows of tables, with the settings of the spec."""
    assert spec.label is not None
    return read_vectors(Sources(names, spec, tables=True, findings=findings), spec.features, spec.label, findings)


def open_rows(folder: ModelFolder, name: str, config: VectorConfig, dropout: float = 0.0) -> LabelledPart:
    """Open one part of the rows in a model folder.

    Args:
        folder: is that of the model.
        name: is that of the part.
        config: describes the model.
        dropout: is the rate at which numbers are replaced by the mean of their column in training.

    Raises:
        ModelFolderError: they are missing or damaged.
    """
    labels = open_labels(folder.training, name, len(config.labels))
    vectors = open_vectors(folder.training, name, len(config.features), len(labels))
    return LabelledPart(replace(vectors, dropout=dropout), labels)


def _shown(row: FloatArray, config: VectorConfig) -> str:
    numbers = shown_row(row, config.features)
    return " ".join(numbers[:MAX_SHOWN]) + (" ..." if len(numbers) > MAX_SHOWN else "")


def _usual_budget(rows: int, batch_size: int) -> BudgetSpec:
    """Return the budget of a run that none is requested for: some updates, or more where these are a few passes."""
    epoch = ceil(rows / batch_size)
    return BudgetSpec(steps=STEPS) if epoch * EPOCHS <= STEPS else BudgetSpec(epochs=EPOCHS)
