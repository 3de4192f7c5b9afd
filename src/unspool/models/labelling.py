"""What models have in common that tell the label of a text: with a head, or by Bayes' rule."""

from collections.abc import Sequence
from typing import Any

from unspool.arrays import FloatArray
from unspool.decode.classification import Classifier
from unspool.evaluate.influence import Influence
from unspool.models.base import Inspection, Model, given
from unspool.tasks.classification.influence import inspect_influence, text_influence
from unspool.text.tokenizer import Tokenizer


class LabellingModel(Model):
    """A model that tells which of some labels a text has.

    Attributes:
        tokenizer: encodes the texts.
    """

    tokenizer: Tokenizer

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that a text may have."""
        raise NotImplementedError

    @property
    def classifier(self) -> Classifier:
        """What tells the probabilities of the labels."""
        raise NotImplementedError

    def classify(self, texts: str | Sequence[str]) -> str | list[str]:
        """The likeliest label of one text, or of several, in order."""
        found = self.probabilities([texts] if isinstance(texts, str) else texts).argmax(axis=1)
        labels = [self.labels[number] for number in found]
        return labels[0] if isinstance(texts, str) else labels

    def probabilities(self, texts: Sequence[str]) -> FloatArray:
        """The probability of each label of each text, in the order of `labels`: [N, C] float64, rows sum to 1."""
        return self.classifier.probabilities(texts)

    def influence(self, text: str) -> Influence:
        """What each word, or of a model of characters each character, does for the likeliest label of a text."""
        return text_influence(self.probabilities, self.labels, text, self.tokenizer.kind)

    def inspect(self, texts: Sequence[str], **settings: Any) -> Inspection:
        """Show what moves the classification of each text.

        Raises:
            UsageError: a setting is given, and there are none.
        """
        given(self.config.task, None, settings)
        return Inspection(*inspect_influence(texts, [self.influence(text) for text in texts]))
