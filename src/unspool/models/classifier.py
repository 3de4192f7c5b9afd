"""Models with a head: they classify texts, rows of numbers, pictures."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from unspool.arrays import FloatArray
from unspool.data.findings import Findings
from unspool.data.labelled import LabelledPart
from unspool.data.labelled_texts import encoded_texts, open_labelled
from unspool.decode.classification import NetworkClassifier
from unspool.engines.linear.mixture import open_mixture
from unspool.errors import ModelFolderError, UsageError
from unspool.evaluate.influence import Influence
from unspool.evaluate.labels import ClassificationFigures
from unspool.folder.model_folder import ModelFolder
from unspool.models.base import Model, given, measuring, model_classes, wrong_model
from unspool.models.explained import Description
from unspool.models.labelling import LabellingModel, TextLabellingModel
from unspool.tasks.classification.counts import open_texts, read_counts_tokenizer
from unspool.tasks.classification.specs import ClassificationConfig, ClassificationDataSpec
from unspool.tasks.classification.task import Classification, labelled_rows
from unspool.tasks.labelling.confusion import CLASSIFIES, accuracy_lead, classification_page, classification_text
from unspool.tasks.labelling.evaluation import Examples, Reading, evaluate_labelled
from unspool.tasks.labelling.report import Classified, Explained, classified, labelling_sections
from unspool.tasks.labelling.specs import LabellingConfig
from unspool.tasks.opening import encoder_tokenizer
from unspool.tasks.reporting.whole import OwnReport
from unspool.text.incoming import count_unknown

if TYPE_CHECKING:
    from typing import Unpack

    from unspool.models.method_keywords import ClassificationEvaluationKeywords


def _tells_likelihoods(kind: type[Model]) -> bool:
    return hasattr(kind, "score") and not issubclass(kind, HeadModel)


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

    @property
    def classes_(self) -> Any:
        """The labels as an array, as scikit-learn has them."""
        return np.array(self.labels)

    def predict(self, examples: Any) -> Any:
        """Return the likeliest label of each of N examples as an array, as scikit-learn does."""
        return self.classes_[self.predict_proba(examples).argmax(axis=1)]

    def predict_proba(self, examples: Any) -> FloatArray:
        """Compute the probability of each label for N examples. See `probabilities`."""
        return self.probabilities(examples)

    def score(self, examples: Any, labels: Any = None) -> float:
        """Return the fraction of N examples whose likeliest label is the right one, as scikit-learn does.

        Args:
            examples: are as for `classify`.
            labels: are the N right ones.

        Raises:
            UsageError: there are no labels, or not one for each example: how likely a text is, other models tell.
        """
        if labels is None:
            raise wrong_model(self, "score", *(kind for kind in model_classes() if _tells_likelihoods(kind)))
        predicted, right = self.predict(examples), [str(label) for label in labels]
        if len(predicted) != len(right):
            raise UsageError(
                f"each example needs a label. Received: {len(predicted)} examples, {len(right)} labels.",
                "give as many of both.",
            )
        return float(np.mean(predicted == np.array(right)))

    def describe(self, figures: ClassificationFigures) -> Description:
        """Show the figures of each label, the confusion matrix, and the labels that the model does not know."""
        return Description(classification_text(figures, self.noun), classification_page(figures, self.noun))

    @cached_property
    def _classifier(self) -> NetworkClassifier:
        """The classifier of the network's head."""
        raise NotImplementedError

    def _held_out(self, folder: ModelFolder) -> LabelledPart:
        """Open the examples that were held out."""
        raise NotImplementedError

    def _explained(self, folder: ModelFolder, one: Classified) -> Explained:
        """Return how held-out examples are shown and explained."""
        raise NotImplementedError

    def own_report(self, folder: ModelFolder, events: Sequence[dict[str, Any]]) -> OwnReport:
        """Return what the report shows of the model's task alone."""
        try:
            one = classified(self._classifier, self._held_out(folder))
        except ModelFolderError:  # a copy of the folder has no examples
            return OwnReport(CLASSIFIES)
        sections = labelling_sections(one, self.noun, self._explained(folder, one))
        return OwnReport(CLASSIFIES, accuracy_lead(one.figures, self.noun), sections)


class TextClassifier(HeadModel, TextLabellingModel):
    """A model that predicts the label of a text."""

    config: ClassificationConfig
    noun = Classification.noun

    def __init__(self, folder: ModelFolder, config: ClassificationConfig, network: Any) -> None:
        super().__init__(folder, config, network)
        self.tokenizer = encoder_tokenizer(folder, config, config.tokenizer)
        self._mixed = open_mixture(network, config.counts, folder.read_counts()) if config.counts else network
        self._encoded = partial(encoded_texts, self.tokenizer, counted=read_counts_tokenizer(folder, config.counts))

    @cached_property
    def _classifier(self) -> NetworkClassifier:
        """The classifier of the network's head, mixed with counts where there are any."""
        return NetworkClassifier(self._mixed, self.labels, self._encoded)

    def component_probabilities(self, examples: Any) -> dict[str, FloatArray]:
        """Compute the probabilities of the labels by the network and by the counts that it is mixed with."""
        return self._by_component(self._listed(examples)[0])

    def _by_component(self, texts: list[str]) -> dict[str, FloatArray]:
        return {name: one.probabilities(texts) for name, one in self._classifier.components.items()}

    def _influence(self, clean: str) -> Influence:
        found = super()._influence(clean)
        place, apart = self.labels.index(found.label), self._by_component([clean])
        return replace(found, components={name: float(rows[0, place]) for name, rows in apart.items()})

    @property
    def mixed(self) -> bool:
        """Whether the predictions of the network are mixed with those of counts."""
        return bool(self._classifier.components)

    @measuring
    def evaluate(
        self, data: Any = None, **settings: "Unpack[ClassificationEvaluationKeywords]"
    ) -> ClassificationFigures:
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
        sources = self._encoded([row.item for row in rows])
        count_unknown(sources.ids, "read")
        return Examples(rows, sources)

    def _held_out(self, folder: ModelFolder) -> LabelledPart:
        return open_texts(folder, "validation", self.config)

    def _explained(self, folder: ModelFolder, one: Classified) -> Explained:
        texts, _ = open_labelled(folder.training, "validation", len(self.labels), verify=False)

        def show(index: int) -> str:
            return self.tokenizer.decode(texts.document(index))

        return Explained(show, lambda index: self.influence(show(index)))
