"""How well labels are inferred: accuracy, F1, and which label is taken for which.

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
    """What `unspool evaluate` reports of a classifier.

    Attributes:
        accuracy: the share of texts whose likeliest label is theirs.
        macro_f1: the mean over the labels of the harmonic mean of precision and recall.
        nats_per_label: the mean of minus the log-probabilities of the right labels.
        rows: texts counted.
        seconds: the classification took.
        labels: their names.
        confusion: [C, C], how many texts of each label (down) were taken for each (across).
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
    """Compare probabilities [N, C] with the numbers of the right labels [N], N at least 1."""
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
    """Count how many texts of each label (down) were taken for each (across): [N], [N] to [C, C]."""
    pairs = np.bincount(truth * labels + found, minlength=labels * labels)  # (C * C)
    return pairs.reshape(labels, labels)  # (C, C)


def macro_f1(matrix: IntArray) -> float:
    """Compute the mean F1 of the labels that occur, in truth or found, out of a confusion matrix [C, C]."""
    occurring = matrix.sum(axis=0) + matrix.sum(axis=1)  # (C)
    scores = 2 * np.diag(matrix) / np.maximum(occurring, 1)
    return float(scores[occurring > 0].mean())
