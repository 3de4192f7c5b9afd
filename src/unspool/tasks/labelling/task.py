"""What the tasks that train classifiers have in common, whatever they classify."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from unspool.arrays import IntArray
from unspool.data.labelled import label_counts
from unspool.errors import UsageError
from unspool.specs.recipe import TrainingRecipe
from unspool.specs.training import HeadTrainingSpec
from unspool.tasks.base import TrainedTask
from unspool.tasks.labelling.specs import LabellingConfig

R = TypeVar("R", bound=TrainingRecipe)
C = TypeVar("C", bound=LabellingConfig)
H = TypeVar("H", bound=HeadTrainingSpec)


class LabellingTask(TrainedTask[R, C]):
    """Trains classifiers. See `tasks.base.Task`.

    Attributes:
        noun: is what the examples are called.
    """

    noun: ClassVar[str] = "examples"

    def summary(self, figures: Mapping[str, Any]) -> str:
        """Return the closing figures in a sentence."""
        names = {"network": "the network alone", "counts": "counts"}
        apart = [
            f"{named} {figures[f'{one}_accuracy']:.1%}" for one, named in names.items() if f"{one}_accuracy" in figures
        ]
        shown = f" ({', '.join(apart)})" if apart else ""
        return (
            f"{figures['accuracy']:.1%} of the held-out {self.noun} get the right label{shown}; macro F1 "
            f"{figures['macro_f1']:.4f}, {figures['nats_per_label']:.4f} nats per label."
        )


def with_weights(training: H, indices: IntArray, labels: tuple[str, ...]) -> H:
    """Replace class weights of true by numbers, inverse to the frequency of the labels.

    Args:
        training: are the settings.
        indices: are those of the labels of the examples to learn, [N].
        labels: are the names of the C labels.

    Raises:
        UsageError: there are weights of another number than labels.
    """
    weights = training.class_weights
    if weights is True:
        counts = label_counts(indices, labels)
        weights = tuple((len(indices) / len(labels) / counts).tolist())
    elif isinstance(weights, tuple) and len(weights) != len(labels):
        raise UsageError(
            f"class_weights must be one for each of the {len(labels)} labels. Received: {len(weights)}.",
            "give as many, or true for weights inverse to the frequency of the labels.",
        )
    return training.changed(class_weights=weights)


def training_note(training: HeadTrainingSpec, noun: str, dropout: str) -> str:
    """Say how a classifier is trained.

    Args:
        training: are the settings.
        noun: is what a batch consists of.
        dropout: says how much of what is dropped.
    """
    return (
        f"training: {training.optimizer}, {training.batch_size} {noun}; dropout {dropout}, label smoothing "
        f"{training.label_smoothing:g}; {training.precision}, on {training.threads} threads."
    )
