"""Models that label what they read."""

from typing import Any

from unspool.decode.classification import Classifier, NetworkClassifier
from unspool.evaluate.labels import ClassificationFigures
from unspool.folder.model_folder import ModelFolder
from unspool.models.base import Data, Report, given
from unspool.models.labelling import LabellingModel
from unspool.tasks.classification.confusion import confusion_page, confusion_text
from unspool.tasks.classification.evaluation import evaluate_classification
from unspool.tasks.classification.specs import ClassificationConfig, ClassificationDataSpec
from unspool.tasks.opening import encoder_tokenizer


class TextClassifier(LabellingModel):
    """A model that reads a text and gives it a label."""

    config: ClassificationConfig

    def __init__(self, folder: ModelFolder, config: ClassificationConfig, network: Any) -> None:
        super().__init__(folder, config, network)
        self.tokenizer = encoder_tokenizer(folder, config, config.tokenizer)
        self._classifier = NetworkClassifier(network, self.tokenizer, config.labels)

    @property
    def labels(self) -> tuple[str, ...]:
        """What the model may classify a text as."""
        return self.config.labels

    @property
    def classifier(self) -> Classifier:
        """The head, which reads the states of the encoder."""
        return self._classifier

    def report(self, figures: ClassificationFigures) -> Report:
        """Show which labels were taken for which."""
        return Report(confusion_text(figures), confusion_page(figures))

    def evaluate(self, data: Data = None, **settings: Any) -> ClassificationFigures:
        """Measure the model on the rows of a table, or on those that were held out.

        Args:
            data: names tables; none means the held-out rows, which lie in the model folder.
            **settings: are fields of `ClassificationDataSpec`, such as `text` and `label`, where the columns have other
                names than in training.

        Raises:
            UsageError: a setting means nothing to a classifier.
            DataError: a table cannot be read.
            ModelFolderError: the held-out rows are gone.
        """
        chosen = given(self.config.task, data, settings, ClassificationDataSpec)
        return evaluate_classification(self._classifier, self.tokenizer, self.folder, chosen)
