"""Models that classify texts."""

from functools import cached_property
from typing import Any

from unspool.decode.classification import Classifier, NetworkClassifier
from unspool.evaluate.labels import ClassificationFigures
from unspool.folder.model_folder import ModelFolder
from unspool.models.base import Report, given, measuring
from unspool.models.labelling import LabellingModel
from unspool.tasks.classification.confusion import classification_page, classification_text
from unspool.tasks.classification.evaluation import evaluate_classification
from unspool.tasks.classification.specs import ClassificationConfig, ClassificationDataSpec
from unspool.tasks.opening import encoder_tokenizer


class TextClassifier(LabellingModel):
    """A model that predicts the label of a text."""

    config: ClassificationConfig

    def __init__(self, folder: ModelFolder, config: ClassificationConfig, network: Any) -> None:
        super().__init__(folder, config, network)
        self.tokenizer = encoder_tokenizer(folder, config, config.tokenizer)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that the model can predict."""
        return self.config.labels

    @cached_property
    def _classifier(self) -> Classifier:
        """The classifier of the network's head."""
        return NetworkClassifier(self.network, self.tokenizer, self.config.labels)

    def report(self, figures: ClassificationFigures) -> Report:
        """Show the figures of each label, the confusion matrix, and the labels that the model does not know."""
        return Report(classification_text(figures), classification_page(figures))

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
        return self.read_folder(lambda folder: evaluate_classification(self._classifier, folder, chosen))
