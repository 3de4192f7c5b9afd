"""Models that classify texts."""

from collections.abc import Sequence
from typing import Any

from unspool.arrays import FloatArray
from unspool.decode.classification import NetworkClassifier
from unspool.evaluate.influence import Influence
from unspool.evaluate.labels import ClassificationFigures
from unspool.folder.model_folder import ModelFolder
from unspool.models.base import Data, Inspection, Model, Report, given
from unspool.tasks.classification.confusion import confusion_page, confusion_text
from unspool.tasks.classification.evaluation import evaluate_classification
from unspool.tasks.classification.influence import inspect_influence, text_influence
from unspool.tasks.classification.specs import ClassificationConfig, ClassificationDataSpec
from unspool.tasks.opening import encoder_tokenizer


class TextClassifier(Model):
    """A model that predicts the label of a text."""

    config: ClassificationConfig

    def __init__(self, folder: ModelFolder, config: ClassificationConfig, network: Any) -> None:
        super().__init__(folder, config, network)
        self.tokenizer = encoder_tokenizer(folder, config, config.tokenizer)
        self._classifier = NetworkClassifier(network, self.tokenizer, config.labels)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that the model can predict."""
        return self.config.labels

    def classify(self, texts: str | Sequence[str]) -> str | list[str]:
        """Return the likeliest label of one text, or of several, in order."""
        found = self.probabilities([texts] if isinstance(texts, str) else texts).argmax(axis=1)
        labels = [self.labels[index] for index in found]
        return labels[0] if isinstance(texts, str) else labels

    def probabilities(self, texts: Sequence[str]) -> FloatArray:
        """Compute the probability of each label for N texts: [N, C] float64 in the order of `labels`; rows sum to 1."""
        return self._classifier.probabilities(texts)

    def influence(self, text: str) -> Influence:
        """Measure what each word of a text (or character, with tokenizer `char`) contributes to its likeliest label."""
        return text_influence(self.probabilities, self.labels, text, self.tokenizer.kind)

    def inspect(self, texts: Sequence[str], **settings: Any) -> Inspection:
        """Show what led to the classification of each text.

        Raises:
            UsageError: a setting is given, and there are none.
        """
        given(self.config.task, None, settings)
        return Inspection(*inspect_influence(texts, [self.influence(text) for text in texts]))

    def report(self, figures: ClassificationFigures) -> Report:
        """Show the confusion matrix."""
        return Report(confusion_text(figures), confusion_page(figures))

    def evaluate(self, data: Data = None, **settings: Any) -> ClassificationFigures:
        """Measure the model on the rows of a table, or on those that were held out.

        Args:
            data: names tables; none means the held-out rows in the model folder.
            **settings: are fields of `ClassificationDataSpec`, such as `text` and `label`, where the columns have other
                names than in training.

        Raises:
            UsageError: a setting means nothing to a classifier.
            DataError: a table cannot be read.
            ModelFolderError: the held-out rows are gone.
        """
        chosen = given(self.config.task, data, settings, ClassificationDataSpec)
        return evaluate_classification(self._classifier, self.tokenizer, self.folder, chosen)
