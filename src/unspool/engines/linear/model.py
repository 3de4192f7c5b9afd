"""A linear classifier of texts: each run of tokens that it knows speaks for or against each label.

    texts -> counts of runs -> logarithms, rarity, length 1 -> times weights, plus biases -> scores of labels

It is fitted in seconds and knows which words matter; a recurrent network knows more of their order. What each misses
the other often has, so a model mixes both (`engines/linear/mixture.py`).

Shapes: B texts, N examples, F features, C labels.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from unspool.arrays import Array, Arrays, FloatArray, IntArray, Logits
from unspool.data.batches import Source
from unspool.engines.linear.features import Features, SparseRows, choose_features
from unspool.engines.linear.fitting import fit_weights
from unspool.engines.linear.products import product
from unspool.errors import ModelFolderError
from unspool.specs.linear import LinearSpec

ROWS = 1024  # texts that are counted at once
MAX_TOKENS = 10_000_000  # of the texts that it is fitted to, for each token of its longest runs; others are left out
NAMES = ("keys", "rarity", "weights", "biases")


class TextReader(Protocol):
    """Returns texts as token ids; `data.labelled.SizedReader` of texts."""

    @property
    def sizes(self) -> IntArray:
        """The number of tokens of each text, [N]."""

    def read(self, chosen: IntArray) -> Source:
        """Return the chosen texts, padded: [B, S]."""


@dataclass(frozen=True)
class LinearClassifier:
    """A linear classifier. See `engines.base.Classifies`.

    Attributes:
        spec: describes it.
        features: are the runs that it knows.
        weights: are those of the features, [F, C] float32.
        biases: are those of the labels, [C] float32.
    """

    spec: LinearSpec
    features: Features
    weights: FloatArray
    biases: FloatArray

    def classify(self, source: Source) -> Logits:
        """Score the labels of B texts: [B, C]."""
        scores: Logits = product(self.features.of(source, self.spec.order), self.weights) + self.biases
        return scores

    def to_arrays(self) -> Arrays:
        """Return its arrays by name."""
        return dict(zip(NAMES, (*self.features, self.weights, self.biases), strict=True))


def no_features(spec: LinearSpec) -> LinearClassifier:
    """Return a classifier that knows nothing, and gives every label the same score."""
    numbers = np.zeros((0, spec.labels), np.float32), np.zeros(spec.labels, np.float32)
    return LinearClassifier(spec, Features(np.empty(0, np.uint64), np.empty(0, np.float32)), *numbers)


def linear_from_arrays(spec: LinearSpec, arrays: Mapping[str, Array]) -> LinearClassifier:
    """Make a classifier of what `to_arrays` returned.

    Raises:
        ModelFolderError: the arrays are not those of a classifier of the spec.
    """
    found = [arrays.get(name, np.empty(0)) for name in NAMES]
    count = len(found[0])
    shapes = [(count,), (count,), (count, spec.labels), (spec.labels,)]
    kinds = [np.uint64, *3 * [np.float32]]
    fits = [
        array.shape == shape and array.dtype == kind for array, shape, kind in zip(found, shapes, kinds, strict=True)
    ]
    keys, *numbers = found
    if not all(fits) or (keys[1:] <= keys[:-1]).any() or not all(np.isfinite(array).all() for array in numbers):
        shown = ", ".join(f"{name} {array.dtype} {array.shape}" for name, array in zip(NAMES, found, strict=True))
        raise ModelFolderError(
            f"counts.safetensors must hold finite weights of runs for {spec.labels} labels. Received: {shown}.",
            "restore the folder from a copy.",
        )
    return LinearClassifier(spec, Features(keys, numbers[0]), numbers[1], numbers[2])


class Counted:
    """Counts of N examples, to which classifiers can be fitted.

    Args:
        spec: describes the classifiers.
        texts: are the examples.
        labels: are the indices of their labels, [N].
        label_weights: weigh the examples by their labels, [C].
    """

    def __init__(self, spec: LinearSpec, texts: TextReader, labels: IntArray, label_weights: FloatArray) -> None:
        self._spec, chosen = spec, _affordable(texts.sizes, MAX_TOKENS // spec.order)
        self._labels, self._importance = labels[chosen], label_weights[labels[chosen]]
        self.features = choose_features(_batches(texts, chosen), spec.order, spec.max_features)
        self._rows = _joined([self.features.of(source, spec.order) for source in _batches(texts, chosen)])

    def fit(self, strength: float, start: FloatArray | None = None) -> tuple[LinearClassifier, FloatArray]:
        """Fit a classifier.

        Args:
            strength: is that of the penalty on weights, for each example.
            start: is what a fit of before returned, to begin with; none begins at zero.

        Returns:
            the classifier, and its weights and biases, [F + 1, C] float64.
        """
        count = len(self.features.keys)
        if start is None:
            start = np.zeros((count + 1, self._spec.labels))
        penalty = strength / len(self._labels)
        fitted = fit_weights(self._rows, count, self._labels, self._importance, penalty, start)
        arrays = fitted.astype(np.float32)
        return LinearClassifier(self._spec, self.features, arrays[:-1], arrays[-1]), fitted


def _affordable(sizes: IntArray, tokens: int) -> IntArray:
    """Return the indices of all texts, or of as many, evenly spread, as have about so many tokens."""
    rows = int(len(sizes) * min(1.0, tokens / max(int(sizes.sum()), 1)))
    return np.linspace(0, len(sizes) - 1, max(rows, 1)).astype(np.int64)


def _batches(texts: TextReader, chosen: IntArray) -> Iterator[Source]:
    """Read the chosen texts in order, some at once."""
    for start in range(0, len(chosen), ROWS):
        yield texts.read(chosen[start : start + ROWS])


def _joined(parts: list[SparseRows]) -> SparseRows:
    """Join the rows of several matrices, in order."""
    offsets = np.cumsum([0, *(len(part.columns) for part in parts)])
    starts = np.concatenate([*(part.starts[:-1] + at for part, at in zip(parts, offsets, strict=False)), offsets[-1:]])
    return SparseRows(
        starts,
        np.concatenate([part.columns for part in parts]),
        np.concatenate([part.values for part in parts]),
    )
