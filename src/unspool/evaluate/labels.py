"""How well texts are classified: accuracy, F1 and the confusion matrix.

Shapes: N texts, C labels.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from unspool.arrays import FloatArray, IntArray

Matrix = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class ClassificationFigures:
    """What `unspool evaluate` reports for a classifier.

    Attributes:
        accuracy: is the fraction of texts whose likeliest label is the right one.
        macro_f1: is the mean over the labels of F1, the harmonic mean of precision and recall.
        nats_per_label: is the mean nll of the right labels.
        rows: counts the texts.
        seconds: is the time that the classification took.
        labels: are the names of the C labels.
        confusion: is the confusion matrix, [C, C]: row i counts by prediction the texts whose label is i.
    """

    accuracy: float
    macro_f1: float
    nats_per_label: float
    rows: int
    seconds: float
    labels: tuple[str, ...]
    confusion: Matrix

    def to_dict(self) -> dict[str, Any]:
        """The figures by name, for JSON."""
        return asdict(self)


def classification_figures(
    probabilities: FloatArray, truth: IntArray, labels: Sequence[str], seconds: float
) -> ClassificationFigures:
    """Compare probabilities with the right labels.

    Args:
        probabilities: are those of N texts, [N, C], N at least 1.
        truth: holds the indices of the right labels, [N].
        labels: are the C names.
        seconds: is the time that the classification took.
    """
    matrix = confusion_matrix(truth, probabilities.argmax(axis=1), len(labels))
    right = np.take_along_axis(probabilities, truth[:, None], axis=1)[:, 0]  # (N)
    return ClassificationFigures(
        accuracy=float(np.trace(matrix) / len(truth)),
        macro_f1=macro_f1(matrix),
        nats_per_label=float(-np.log(np.maximum(right, np.finfo(np.float64).tiny)).mean()),
        rows=len(truth),
        seconds=seconds,
        labels=tuple(labels),
        confusion=tuple(tuple(int(count) for count in row) for row in matrix),
    )


def confusion_matrix(truth: IntArray, found: IntArray, labels: int) -> IntArray:
    """Count the pairs of right and predicted labels.

    Args:
        truth: holds the indices of the right labels, [N].
        found: holds the indices of the predicted labels, [N].
        labels: is the number of labels, C.

    Returns:
        [C, C]; the right labels are rows, the predicted ones columns.
    """
    pairs = np.bincount(truth * labels + found, minlength=labels * labels)  # (C * C)
    return pairs.reshape(labels, labels)  # (C, C)


def macro_f1(matrix: IntArray) -> float:
    """Compute the mean F1 of the labels that occur, right or predicted, from a confusion matrix [C, C]."""
    occurring = matrix.sum(axis=0) + matrix.sum(axis=1)  # (C)
    scores = 2 * np.diag(matrix) / np.maximum(occurring, 1)
    return float(scores[occurring > 0].mean())
