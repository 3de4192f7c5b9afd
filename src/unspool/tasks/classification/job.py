"""The data of a classifier's run: texts with labels, their batches, validation and description."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from unspool.arrays import IntArray
from unspool.data.example_batches import LabelledBatches
from unspool.data.examples import Examples
from unspool.data.labelled import (
    LABELS,
    label_counts,
)
from unspool.data.limit import limit_warnings
from unspool.data.sources import describe_sources
from unspool.data.tokens import unknown_warnings
from unspool.decode.classification import label_probabilities
from unspool.engines.base import Classifies
from unspool.evaluate.baseline import frequency_nats
from unspool.evaluate.labels import classification_figures
from unspool.evaluate.units import Units
from unspool.tasks.classification.specs import ClassificationRecipe
from unspool.text.escapes import escaped, named
from unspool.text.tokenizer import Tokenizer

MAX_SHOWN = 30  # labels
UNEVEN = 10  # times as frequent as the rarest label, and there is a warning
VALIDATION_ROWS = 4096


class ClassificationJob:
    """The data of a classifier's run. See `tasks.base.Job`."""

    training_units = held_out_units = Units("label")

    def __init__(
        self,
        training: Examples,
        validation: Examples,
        recipe: ClassificationRecipe,
        labels: tuple[str, ...],
        tokenizer: Tokenizer,
    ) -> None:
        self._validation, self._labels, self._tokenizer = validation, labels, tokenizer
        settings = recipe.training
        limit = recipe.data.max_length or int(training.lengths.max())
        self.batches = LabelledBatches(training, settings.batch_size, limit, settings.word_dropout, settings.seed)
        cut = int((training.lengths > limit).sum())
        counts = label_counts(training.numbers[LABELS], labels)
        self.baseline = frequency_nats(counts, label_counts(validation.numbers[LABELS], labels))
        shortened = f"; {cut:,} longer than {limit} tokens are cut" if cut else ""
        self.description = (
            f"rows: {describe_sources(recipe.data.sources)}: {len(training):,} to learn, "
            f"{len(validation):,} held out{shortened}; {len(labels)} labels: {_frequencies(counts, labels)}."
        )
        beyond = limit_warnings(cut, len(training), limit, "cut")
        self.warnings = [*beyond, *_warnings(counts, labels, recipe), *unknown_warnings(validation.text)]

    def validate(self, network: Classifies) -> float:
        """Compute the loss in nats per label."""
        return float(self._measured(network, VALIDATION_ROWS)["nats_per_label"])

    def sample(self, network: Classifies) -> str:
        """Classify a held-out text."""
        text = self._validation.text.document(0)
        found = label_probabilities(network, [text], len(self._labels))[0]  # (C)
        return f"{self._labels[found.argmax()]} ({found.max():.0%}): {self._tokenizer.decode(text)}"

    def figures(self, network: Classifies) -> dict[str, Any]:
        """Compute accuracy, macro F1 and nats per label."""
        return self._measured(network, len(self._validation))

    def _measured(self, network: Classifies, limit: int) -> dict[str, Any]:
        chosen = np.linspace(0, len(self._validation) - 1, min(limit, len(self._validation))).astype(int)
        texts = [self._validation.text.document(index) for index in chosen]
        found = label_probabilities(network, texts, len(self._labels))
        figures = classification_figures(found, self._validation.numbers[LABELS][chosen], self._labels, 0.0).to_dict()
        return {name: figures[name] for name in ("accuracy", "macro_f1", "nats_per_label")}


def _frequencies(counts: IntArray, labels: Sequence[str]) -> str:
    """Say how frequent each label is, the most frequent first."""
    order = np.argsort(-counts, kind="stable")[:MAX_SHOWN].tolist()
    shown = [f"{named(labels[index])} {counts[index]:,} ({counts[index] / counts.sum():.1%})" for index in order]
    return ", ".join(shown) + (f" and {len(labels) - MAX_SHOWN} rarer" if len(labels) > MAX_SHOWN else "")


def _warnings(counts: IntArray, labels: Sequence[str], recipe: ClassificationRecipe) -> list[str]:
    commonest, rarest = int(counts.argmax()), int(counts.argmin())
    if counts[commonest] < UNEVEN * counts[rarest] or recipe.training.class_weights:
        return []
    return [
        f"warning: {escaped(labels[commonest])} is {counts[commonest] / counts[rarest]:,.0f} times as frequent as "
        f"{escaped(labels[rarest])}, which may never be predicted. --class-weights gives rare labels more weight."
    ]
