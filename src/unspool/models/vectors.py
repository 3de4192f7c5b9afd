"""A model that classifies rows of numbers."""

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from warnings import warn

import numpy as np

from unspool.arrays import Arrays, FloatArray
from unspool.data.findings import Findings
from unspool.data.given_vectors import given_rows
from unspool.data.labelled import LabelledPart
from unspool.data.vectors import open_vectors, scaled_vectors, shown_row, unscaled
from unspool.decode.classification import NetworkClassifier
from unspool.errors import DataWarning
from unspool.evaluate.influence import Influence, influence
from unspool.evaluate.labels import ClassificationFigures
from unspool.folder.model_folder import ModelFolder
from unspool.models.base import given, measuring
from unspool.models.classifier import HeadModel
from unspool.models.explained import Inspection
from unspool.tasks.labelling.evaluation import Examples, Reading, evaluate_labelled
from unspool.tasks.labelling.influence import inspect_influence
from unspool.tasks.labelling.report import Classified, Explained
from unspool.tasks.vectors.specs import VectorConfig, VectorDataSpec
from unspool.tasks.vectors.task import VectorClassification, labelled_vectors, open_rows

if TYPE_CHECKING:
    from typing import Unpack

    from unspool.models.method_keywords import VectorClassificationEvaluationKeywords


class VectorClassifier(HeadModel):
    """A model that predicts the label of a row of numbers.

    A row is a dict of numbers by the name of their column, a sequence of numbers in the order of `features`, or a text
    such as `"alcohol=13.2, hue=1.04"`; several are a list of rows, an array [N, F] or a data frame. A number that is
    missing (None or NaN) is read as the mean of its column.
    """

    config: VectorConfig
    noun = VectorClassification.noun

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the columns that the model reads."""
        return tuple(spec.name for spec in self.config.features)

    @cached_property
    def _classifier(self) -> NetworkClassifier:
        """The classifier of the network's head."""
        return NetworkClassifier(self.network, self.labels, partial(scaled_vectors, self.config.features))

    def exported_weights(self) -> Arrays:
        """Return the weights that a network outside Unspool has: its first layer takes numbers as they are."""
        weights = super().exported_weights()
        means, deviations = (
            np.array([getattr(spec, name) for spec in self.config.features]) for name in ("mean", "deviation")
        )
        scaled = weights["encoder.linear.weight"] / deviations  # (W, F)
        bias = weights["encoder.linear.bias"] - scaled @ means  # (W)
        found = {"encoder.linear.weight": scaled, "encoder.linear.bias": bias}
        return weights | {name: array.astype(np.float32) for name, array in found.items()}

    def influence(self, row: Any) -> Influence:
        """Measure what each number of a row contributes to its likeliest label, by the mean of its column instead."""
        return self._influence(self._listed([row])[0][0])

    def inspect(self, rows: Any, **settings: Any) -> Inspection:
        """Show what led to the classification of each row.

        Raises:
            UsageError: a setting is given, and there are none.
        """
        given(self.config.task, None, settings)
        listed = self._listed(rows)[0]
        numbers = [
            {name: None if np.isnan(number) else float(number) for name, number in zip(self.features, row, strict=True)}
            for row in listed
        ]
        return Inspection(*inspect_influence({"row": numbers}, [self._influence(row) for row in listed]))

    @measuring
    def evaluate(
        self, data: Any = None, **settings: "Unpack[VectorClassificationEvaluationKeywords]"
    ) -> ClassificationFigures:
        """Measure the model on the rows of a table, or on those that were held out.

        Args:
            data: names tables, or is given as to `unspool.train`; none means the held-out rows in the model folder.
            **settings: are fields of `VectorDataSpec`, such as `features` and `label`, where the columns have other
                names than in training.

        Raises:
            UsageError: a setting means nothing to a classifier of numbers.
            DataError: a table cannot be read.
            ModelFolderError: the held-out rows are gone.
        """
        chosen = given(self.config.task, data, settings, VectorDataSpec)
        reading = Reading(self._read, self._held_out, "no row has a label and a number")
        return self.read_folder(lambda folder: evaluate_labelled(self._classifier, folder, chosen, reading)).figures

    def _read(self, spec: VectorDataSpec, findings: Findings) -> Examples:
        rows = labelled_vectors(spec.sources, spec, findings).rows
        return Examples(rows, scaled_vectors(self.config.features, [row.item for row in rows]))

    def _held_out(self, folder: ModelFolder) -> LabelledPart:
        return open_rows(folder, "validation", self.config)

    def _explained(self, folder: ModelFolder, one: Classified) -> Explained:
        specs, count = self.config.features, int(one.chosen[-1]) + 1
        rows = open_vectors(folder.training, "validation", len(specs), count)

        def row(index: int) -> FloatArray:
            return unscaled(rows.values[index], specs)

        return Explained(
            lambda index: " ".join(shown_row(row(index), specs)), lambda index: self._influence(row(index))
        )

    def _listed(self, examples: Any) -> tuple[FloatArray, bool]:
        rows, single = given_rows(examples, self.features)
        missing = int(np.isnan(rows).sum())
        if missing and not isinstance(examples, np.ndarray):  # in an array, NaN is what stands for it
            numbers = "1 number is" if missing == 1 else f"{missing:,} numbers are"
            warn(f"{numbers} missing, and read as the mean of the column.", DataWarning, stacklevel=3)
        return rows, single

    def _influence(self, row: FloatArray) -> Influence:
        usual = np.array([spec.mean for spec in self.config.features])  # (F)
        variants = np.where(np.eye(len(row) + 1, len(row), -1, dtype=bool), usual, row)  # (1 + F, F)
        first, *others = shown_row(row, self.config.features)
        parts = [first, *(f" {number}" for number in others)]
        return influence(self._classifier.probabilities(variants), self.labels, parts)
