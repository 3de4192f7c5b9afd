"""What models that classify texts have in common, with a head or by Bayes' rule.

Shapes: N texts, C labels.
"""

from collections.abc import Sequence
from typing import Any

from unspool.arrays import FloatArray
from unspool.decode.classification import Classifier
from unspool.evaluate.influence import Influence
from unspool.models.base import Inspection, Model, given
from unspool.tasks.classification.influence import inspect_influence, text_influence
from unspool.text.incoming import clean_text, clean_texts
from unspool.text.tokenizer import Tokenizer


class LabellingModel(Model):
    """A model that predicts the label of a text.

    Attributes:
        tokenizer: encodes the texts.
    """

    tokenizer: Tokenizer

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that the model can predict."""
        raise NotImplementedError

    @property
    def _classifier(self) -> Classifier:
        """What computes the probabilities of the labels."""
        raise NotImplementedError

    def classify(self, texts: str | Sequence[str]) -> str | list[str]:
        """Return the likeliest label of one text, or of several, in order."""
        found = self.probabilities(texts).argmax(axis=1)
        labels = [self.labels[index] for index in found]
        return labels[0] if isinstance(texts, str) else labels

    def probabilities(self, texts: str | Sequence[str]) -> FloatArray:
        """Compute the probability of each label for N texts: [N, C] float64 in the order of `labels`; rows sum to 1."""
        return self._classifier.probabilities(clean_texts(texts))

    def influence(self, text: str) -> Influence:
        """Measure what each word of a text (or character, with tokenizer `char`) contributes to its likeliest label."""
        return text_influence(self._classifier.probabilities, self.labels, clean_text(text), self.tokenizer.kind)

    def inspect(self, texts: str | Sequence[str], **settings: Any) -> Inspection:
        """Show what led to the classification of each text.

        Raises:
            UsageError: a setting is given, and there are none.
        """
        given(self.config.task, None, settings)
        clean = clean_texts(texts)
        return Inspection(*inspect_influence(clean, [self.influence(text) for text in clean]))
