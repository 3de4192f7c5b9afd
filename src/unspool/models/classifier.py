"""Models with a head: they classify texts, rows of numbers, pictures."""

from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any, ClassVar

from unspool.arrays import FloatArray
from unspool.data.findings import Findings
from unspool.data.labelled import LabelledPart
from unspool.data.labelled_texts import WrittenTexts, encoded_texts, open_labelled
from unspool.decode.classification import NetworkClassifier
from unspool.engines.linear.mixture import open_mixture
from unspool.evaluate.labels import ClassificationFigures
from unspool.folder.model_folder import ModelFolder
from unspool.models.base import Report, given, measuring
from unspool.models.labelling import LabellingModel, TextLabellingModel
from unspool.tasks.classification.specs import ClassificationConfig, ClassificationDataSpec
from unspool.tasks.classification.task import Classification, labelled_rows
from unspool.tasks.labelling.confusion import classification_page, classification_text
from unspool.tasks.labelling.evaluation import Examples, Reading, evaluate_labelled
from unspool.tasks.labelling.specs import LabellingConfig
from unspool.tasks.opening import encoder_tokenizer


class HeadModel(LabellingModel):
    """A model whose network has a head.

    Attributes:
        noun: is what its examples are called.
    """

    config: LabellingConfig
    noun: ClassVar[str]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that the model can predict."""
        return self.config.labels

    def report(self, figures: ClassificationFigures) -> Report:
        """Show the figures of each label, the confusion matrix, and the labels that the model does not know."""
        return Report(classification_text(figures, self.noun), classification_page(figures, self.noun))


class TextClassifier(HeadModel, TextLabellingModel):
    """A model that predicts the label of a text."""

    config: ClassificationConfig
    noun = Classification.noun

    def __init__(self, folder: ModelFolder, config: ClassificationConfig, network: Any) -> None:
        super().__init__(folder, config, network)
        self.tokenizer = encoder_tokenizer(folder, config, config.tokenizer)
        self._mixed = open_mixture(network, config.counts, folder.read_counts()) if config.counts else network

    @cached_property
    def _classifier(self) -> NetworkClassifier:
        """The classifier of the network's head, mixed with counts where there are any."""
        return NetworkClassifier(self._mixed, self.labels, partial(encoded_texts, self.tokenizer))

    def component_probabilities(self, texts: str | Sequence[str]) -> dict[str, FloatArray]:
        """Compute the probability of each label by each of the two that the model is a mixture of.

        Returns:
            `network` and `counts`, [N, C] each, as `probabilities` has them; nothing where there are no counts.
        """
        listed = self._listed(texts)[0]
        return {name: one.probabilities(listed) for name, one in self._classifier.components.items()}

    @measuring
    def evaluate(self, data: Any = None, **settings: Any) -> ClassificationFigures:
        """Measure the model on the rows of a table, or on those that were held out.

        Args:
            data: names tables, or is given as to `unspool.train`; none means the held-out rows in the model folder.
            **settings: are fields of `ClassificationDataSpec`, such as `text` and `label`, where the columns have other
                names than in training.

        Raises:
            UsageError: a setting means nothing to a classifier.
            DataError: a table cannot be read.
            ModelFolderError: the held-out rows are gone.
        """
        chosen = given(self.config.task, data, settings, ClassificationDataSpec)
        reading = Reading(self._read, self._held_out, "no row has a text and a label")
        return self.read_folder(lambda folder: evaluate_labelled(self._classifier, folder, chosen, reading)).figures

    def _read(self, spec: ClassificationDataSpec, findings: Findings) -> Examples:
        rows = labelled_rows(spec.sources, spec, findings)
        return Examples(rows, encoded_texts(self.tokenizer, [row.item for row in rows]))

    def _held_out(self, folder: ModelFolder) -> LabelledPart:
        part, labels = open_labelled(folder.training, "validation", len(self.labels))
        return LabelledPart(WrittenTexts(part), labels)
