"""Models that give examples labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

from unspool.arrays import FloatArray
from unspool.decode.classification import Classifier
from unspool.display.reprs import Displayed, Rows, values_of
from unspool.evaluate.influence import Influence
from unspool.models.base import Model, given
from unspool.models.explained import Inspection
from unspool.tasks.labelling.influence import inspect_influence, text_influence
from unspool.text.incoming import clean_texts, warn_of_unknown
from unspool.text.tokenizer import Tokenizer


@dataclass(frozen=True, repr=False)
class Classification(Displayed):
    """What a model says of one example.

    Attributes:
        label: is the likeliest one.
        probability: is that of the label, 0 to 1.
        probabilities: are those of all labels, by name.
        influence: says what moved the decision, where the model can tell.
    """

    label: str
    probability: float
    probabilities: dict[str, float]
    influence: Influence | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, for JSON; without the influence where there is none."""
        return values_of(self)


class LabellingModel(Model):
    """A model that predicts the label of an example; the class of each task says what an example is."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that the model can predict."""
        raise NotImplementedError

    @cached_property
    def _classifier(self) -> Classifier:
        """What computes the probabilities of the labels."""
        raise NotImplementedError

    def _listed(self, examples: Any) -> tuple[Any, bool]:
        """Return some examples as the classifier takes them, and whether a single one was given."""
        raise NotImplementedError

    @overload
    def classify(self, examples: str) -> str: ...

    @overload
    def classify(self, examples: Any) -> str | list[str]: ...

    def classify(self, examples: Any) -> str | list[str]:
        """Return the likeliest label of one example, or of several, in order."""
        listed, single = self._listed(examples)
        found = self._classifier.probabilities(listed).argmax(axis=1)
        labels = [self.labels[index] for index in found]
        return labels[0] if single else labels

    def probabilities(self, examples: Any) -> FloatArray:
        """Compute the probability of each label for N examples.

        Returns:
            [N, C] float64 in the order of `labels`; rows sum to 1. A single example is 1 row.
        """
        return self._classifier.probabilities(self._listed(examples)[0])

    def classifications(self, examples: Any, influence: bool = False) -> Rows[Classification]:
        """Say of one example, or of several, in order, how probable each label is.

        Args:
            examples: are as for `classify`; a single one has one answer, too.
            influence: also measures what moved each decision, for which parts of the example are left out in turn.

        Raises:
            WrongModelError: the influence is asked for, and the model cannot tell.
        """
        listed, labels = self._listed(examples)[0], self.labels
        able: Any = self  # a model that cannot tell says so by itself
        found = Rows[Classification]()
        for example, row in zip(listed, self._classifier.probabilities(listed).tolist(), strict=True):
            best = max(range(len(labels)), key=row.__getitem__)
            moved = able.influence(example) if influence else None
            found.append(Classification(labels[best], row[best], dict(zip(labels, row, strict=True)), moved))
        return found

    def component_probabilities(self, examples: Any) -> dict[str, FloatArray]:
        """Compute the same by each component of a model that is a mixture.

        Returns:
            `network` and `counts`, [N, C] each; nothing where the model is no mixture.
        """
        return {}


class TextLabellingModel(LabellingModel):
    """A model that predicts the label of a text.

    Attributes:
        tokenizer: encodes the texts.
    """

    tokenizer: Tokenizer

    def influence(self, text: str) -> Influence:
        """Measure what each word of a text (or character, with tokenizer `char`) contributes to its likeliest label.

        Of a mixture, that is the label that the mixture finds likeliest.
        """
        (clean,), _ = self._listed(text)
        return self._influence(clean)

    def _influence(self, clean: str) -> Influence:
        return text_influence(self._classifier.probabilities, self.labels, clean, self.tokenizer.kind)

    def inspect(self, texts: str | Sequence[str], **settings: Any) -> Inspection:
        """Show what led to the classification of each text.

        Raises:
            UsageError: a setting is given, and there are none.
        """
        given(self.config.task, None, settings)
        clean, _ = self._listed(texts)
        return Inspection(*inspect_influence({"text": clean}, [self._influence(text) for text in clean]))

    def _listed(self, examples: Any) -> tuple[list[str], bool]:
        texts = clean_texts(examples)
        warn_of_unknown(self.tokenizer, texts, "read")
        return texts, isinstance(examples, str)
