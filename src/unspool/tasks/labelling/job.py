"""The data of a classifier's run: examples with labels, their batches, validation and description."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from unspool.arrays import FloatArray, IntArray
from unspool.data.example_batches import LabelledBatches
from unspool.data.labelled import LabelledPart, label_counts
from unspool.decode.classification import components_of, label_probabilities
from unspool.engines.base import Classifies
from unspool.evaluate.baseline import frequency_nats
from unspool.evaluate.labels import CLOSING, classification_figures
from unspool.evaluate.units import Units
from unspool.specs.training import HeadTrainingSpec
from unspool.text.escapes import escaped, named

MAX_SHOWN = 30  # labels
UNEVEN = 10  # times as frequent as the rarest label, and there is a warning
VALIDATION_EXAMPLES = 4096


class LabellingJob:
    """The data of a classifier's run. See `tasks.base.Job`.

    Args:
        training: are the examples to learn.
        validation: are those that are held out.
        settings: are those of the training.
        labels: are the names of the C labels.
        what: describes the examples, such as `rows: wine.csv`.
        show: returns a line that shows a held-out example, by its index.
        shortened: says what of the examples is not read; empty where all of it is.
        warnings: are about the examples, a line each.
        weighing: are examples of the training part that are kept from the network, to weigh it and counts by.
    """

    training_units = held_out_units = Units("label")

    def __init__(
        self,
        training: LabelledPart,
        validation: LabelledPart,
        settings: HeadTrainingSpec,
        labels: tuple[str, ...],
        what: str,
        show: Callable[[int], str],
        shortened: str = "",
        warnings: Sequence[str] = (),
        weighing: LabelledPart | None = None,
    ) -> None:
        self._validation, self._labels, self._show = validation, labels, show
        self.batches = LabelledBatches(training, settings.batch_size, settings.seed)
        kept = training.labels[:0] if weighing is None else weighing.labels
        counts = label_counts(training.labels, labels) + label_counts(kept, labels)
        self.baseline = frequency_nats(counts, label_counts(validation.labels, labels))
        self.description = (
            f"{what}: {counts.sum():,} to learn{_kept(len(kept))}, {len(validation):,} held out{shortened}; "
            f"{len(labels)} labels: {_frequencies(counts, labels)}."
        )
        self.warnings = [*warnings, *_warnings(counts, labels, settings)]

    def validate(self, network: Classifies) -> float:
        """Compute the loss in nats per label."""
        return float(self._measured(network, VALIDATION_EXAMPLES)["nats_per_label"])

    def sample(self, network: Classifies) -> str:
        """Classify a held-out example."""
        found = self._probabilities(network, np.array([0]))[0]  # (C)
        given, right = self._labels[found.argmax()], self._labels[self._validation.labels[0]]
        judged = "right" if given == right else f"wrong, it is {right}"
        return f"{given} ({found.max():.0%}, {judged}): {self._show(0)}"

    def figures(self, network: Classifies) -> dict[str, Any]:
        """Compute accuracy, macro F1 and nats per label; of a mixture also those of its components."""
        figures = self._measured(network, len(self._validation))
        for name, component in components_of(network).items():
            found = self._measured(component, len(self._validation))
            figures.update({f"{name}_{figure}": value for figure, value in found.items()})
        return figures

    def _measured(self, network: Classifies, limit: int) -> dict[str, Any]:
        chosen = np.linspace(0, len(self._validation) - 1, min(limit, len(self._validation))).astype(int)
        found = self._probabilities(network, chosen)
        figures = classification_figures(found, self._validation.labels[chosen], self._labels, 0.0).to_dict()
        return {name: figures[name] for name in CLOSING}

    def _probabilities(self, network: Classifies, chosen: IntArray) -> FloatArray:
        return label_probabilities(network, self._validation.sources, chosen, len(self._labels))


def _kept(count: int) -> str:
    return f" ({count:,} of them to weigh network and counts by)" if count else ""


def _frequencies(counts: IntArray, labels: Sequence[str]) -> str:
    """Say how frequent each label is, the most frequent first."""
    order = np.argsort(-counts, kind="stable")[:MAX_SHOWN].tolist()
    shown = [f"{named(labels[index])} {counts[index]:,} ({counts[index] / counts.sum():.1%})" for index in order]
    return ", ".join(shown) + (f" and {len(labels) - MAX_SHOWN} rarer" if len(labels) > MAX_SHOWN else "")


def _warnings(counts: IntArray, labels: Sequence[str], settings: HeadTrainingSpec) -> list[str]:
    commonest, rarest = int(counts.argmax()), int(counts.argmin())
    if counts[commonest] < UNEVEN * counts[rarest] or settings.class_weights:
        return []
    return [
        f"warning: {escaped(labels[commonest])} is {counts[commonest] / counts[rarest]:,.0f} times as frequent as "
        f"{escaped(labels[rarest])}, which may never be predicted. --class-weights gives rare labels more weight."
    ]
