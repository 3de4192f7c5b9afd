"""How well examples of any kind are classified: accuracy, F1, the figures of each label and the confusion matrix.

An example whose right label the classifier does not know counts as wrong.

Shapes: N examples, C labels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from unspool.arrays import FloatArray, IntArray
from unspool.display.reprs import Displayed

Matrix = tuple[tuple[int, ...], ...]
CLOSING = ("accuracy", "macro_f1", "nats_per_label")  # the figures that close a run
UNKNOWN = -1  # the index of a right label that is none of the C labels


@dataclass(frozen=True, repr=False)
class LabelFigures(Displayed):
    """How well one label is predicted.

    Attributes:
        precision: is the fraction of the examples that it was predicted for which have it; 0 where it never was.
        recall: is the fraction of the examples that have it for which it was predicted; 0 where none has it.
        f1: is the harmonic mean of both.
        support: counts the examples that have it.
    """

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, repr=False)
class ClassificationFigures(Displayed):
    """What `unspool evaluate` reports for a classifier.

    Attributes:
        accuracy: is the fraction of examples whose likeliest label is the right one.
        macro_f1: is the mean of F1 over the labels that occur, right or predicted.
        nats_per_label: is the mean nll of the right labels; of labels that are not known there is none.
        rows: counts the examples.
        seconds: is the time that the classification took.
        labels: are the names of the C labels.
        per_label: holds the figures of each label, and of those that are not known.
        confusion: is the confusion matrix, [C, C]: row i counts by prediction the examples whose label is i. If some
            labels are not known, one row more counts their examples.
        unknown_labels: counts the examples of each label that the classifier does not know; none where it knows all.
        components: are the figures of what the classifier is a mixture of, by name; none where it is no mixture.
    """

    accuracy: float
    macro_f1: float
    nats_per_label: float | None
    rows: int
    seconds: float
    labels: tuple[str, ...]
    per_label: dict[str, LabelFigures]
    confusion: Matrix
    unknown_labels: dict[str, int] | None = None
    components: "dict[str, ClassificationFigures]" = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures that there are by name, for JSON; those of a component begin with its name."""
        found = {name: value for name, value in asdict(self).items() if value is not None and name != "components"}
        for component, figures in self.components.items():
            found |= {f"{component}_{name}": getattr(figures, name) for name in CLOSING}
        return found


def classification_figures(
    probabilities: FloatArray,
    truth: IntArray,
    labels: Sequence[str],
    seconds: float,
    unknown: Mapping[str, int] | None = None,
) -> ClassificationFigures:
    """Compare probabilities with the right labels.

    Args:
        probabilities: are those of N examples, [N, C], N at least 1.
        truth: holds the indices of the right labels, [N]; UNKNOWN stands for one that is not among the labels.
        labels: are the C names.
        seconds: is the time that the classification took.
        unknown: counts the examples of each label that is not among them.
    """
    count, unknown = len(labels), dict(unknown or {})
    matrix = confusion_matrix(truth, probabilities.argmax(axis=1), count)
    known = truth != UNKNOWN
    nats = -np.log(np.maximum(probabilities[known, truth[known]], np.finfo(np.float64).tiny))  # (known examples)
    return ClassificationFigures(
        accuracy=float(np.trace(matrix) / len(truth)),
        macro_f1=macro_f1(matrix, len(unknown)),
        nats_per_label=float(nats.mean()) if known.any() else None,
        rows=len(truth),
        seconds=seconds,
        labels=tuple(labels),
        per_label={
            **dict(zip(labels, label_figures(matrix), strict=True)),
            **{label: LabelFigures(0.0, 0.0, 0.0, texts) for label, texts in unknown.items()},
        },
        confusion=tuple(tuple(int(texts) for texts in row) for row in matrix),
        unknown_labels=unknown or None,
    )


def confusion_matrix(truth: IntArray, found: IntArray, labels: int) -> IntArray:
    """Count the pairs of right and predicted labels.

    Args:
        truth: holds the indices of the right labels, [N], or UNKNOWN.
        found: holds the indices of the predicted labels, [N].
        labels: is the number of labels, C.

    Returns:
        [C, C]; the right labels are rows, the predicted ones columns. With unknown labels there is one row more.
    """
    rows = labels + bool((truth == UNKNOWN).any())
    pairs = np.bincount((truth % (labels + 1)) * labels + found, minlength=rows * labels)  # (rows * C)
    return pairs.reshape(rows, labels)


def label_figures(matrix: IntArray) -> list[LabelFigures]:
    """Compute the figures of each label from a confusion matrix, [C, C] or with a row more."""
    right, predicted = np.diag(matrix), matrix.sum(axis=0)  # (C)
    support = matrix.sum(axis=1)[: len(right)]  # (C)
    return [
        LabelFigures(
            precision=float(both / max(one, 1)),
            recall=float(both / max(other, 1)),
            f1=float(2 * both / max(one + other, 1)),
            support=int(other),
        )
        for both, one, other in zip(right, predicted, support, strict=True)
    ]


def macro_f1(matrix: IntArray, unknown: int = 0) -> float:
    """Compute the mean F1 of the labels that occur, right or predicted.

    Args:
        matrix: is a confusion matrix, [C, C] or with a row more.
        unknown: is the number of labels that are not in it, whose F1 is 0.
    """
    predicted = matrix.sum(axis=0)  # (C)
    figures = label_figures(matrix)
    scores = [one.f1 for one, texts in zip(figures, predicted, strict=True) if one.support + texts]
    return sum(scores) / (len(scores) + unknown)
