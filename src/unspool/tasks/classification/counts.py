"""Counts beside a classifier's network: a linear model of the same texts, and how much each of the two is believed.

A few rows are kept from the network. Once it is trained, a linear classifier is fitted to the others, and the weights
of the two to these rows, which neither has seen. Then the linear one is fitted again, to all rows. The held-out part,
on which the model is measured, has no say in any of it.

Shapes: N rows, C labels.
"""

from collections.abc import Sequence

import numpy as np

from unspool.arrays import Arrays, FloatArray, IntArray
from unspool.data.labelled import LabelledPart, part_of
from unspool.data.labelled_texts import WrittenTexts, open_counted, open_labelled
from unspool.data.split import choose_by_label
from unspool.decode.classification import label_probabilities
from unspool.engines.base import Classifies
from unspool.engines.linear.mixture import ALONE, MixedClassifier, arrays_of, fit_mixture
from unspool.engines.linear.model import Counted, no_features
from unspool.folder.model_folder import COUNTS_TOKENIZER, ModelFolder
from unspool.specs.data import TokenKind
from unspool.specs.linear import LinearSpec
from unspool.specs.training import HeadTrainingSpec
from unspool.tasks.classification.specs import ClassificationConfig, ClassificationRecipe
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import make_tokenizer

SHORT = 40.0  # characters; shorter texts are read by character
ORDERS: dict[TokenKind, int] = {"bpe": 3, "char": 5}
MAX_FEATURES, MAX_WEIGHTS = 200_000, 4_000_000  # different runs; runs times labels
STRENGTHS = (0.3, 0.1, 0.03, 0.01)  # of the penalty on weights, for each row; each fit begins at the one before
MINIMUM_ROWS = 40  # to learn; of fewer, too few could be kept from the network to weigh anything by
FRACTION, MIN_KEPT, MAX_KEPT = 0.05, 200, 2_000  # of the rows, to weigh network and counts by
MIN_KEPT_OF_FEW = 40  # rows, or a fifth of them where that is fewer


def are_short(texts: Sequence[str]) -> bool:
    """Return whether texts are so short that characters tell more than words."""
    return bool(np.mean([len(text) for text in texts]) < SHORT)


def counts_tokenizer(texts: Sequence[str], network: Tokenizer, lowercase: bool) -> Tokenizer | None:
    """Make the tokenizer of what is counted: pairs, or the characters of short texts.

    Args:
        texts: are those of the training part.
        network: is the tokenizer of the network.
        lowercase: says whether pairs are read in lower case.

    Returns:
        the tokenizer; none where it is that of the network.
    """
    if not are_short(texts):
        return make_tokenizer("bpe", texts, lowercase=lowercase)
    return None if network.kind == "char" else make_tokenizer("char", texts)


def linear_spec(network: Tokenizer, counted: Tokenizer | None, labels: int) -> LinearSpec:
    """Return what is counted, in tokens of the network or in others."""
    limit = max(1, min(MAX_FEATURES, MAX_WEIGHTS // labels))
    order = ORDERS[(counted or network).kind]
    if counted is None:
        return LinearSpec(order=order, max_features=limit, labels=labels)
    return LinearSpec(
        order=order,
        max_features=limit,
        labels=labels,
        tokenizer=counted.kind,
        vocabulary_size=counted.vocabulary_size,
    )


def read_counts_tokenizer(folder: ModelFolder, spec: LinearSpec | None) -> Tokenizer | None:
    """Read the tokenizer of what is counted; none where nothing is, or where it is that of the network.

    Raises:
        ModelFolderError: the file is missing or damaged, or does not fit.
    """
    if spec is None or spec.tokenizer is None or spec.vocabulary_size is None:
        return None
    return folder.read_tokenizer(spec.tokenizer, spec.vocabulary_size, COUNTS_TOKENIZER)


def open_texts(folder: ModelFolder, name: str, config: ClassificationConfig) -> LabelledPart:
    """Open a part of the texts with their labels, whole, as the network and the counts read them.

    Raises:
        ModelFolderError: a file is missing or damaged.
    """
    texts, labels = open_labelled(folder.training, name, len(config.labels))
    apart = config.counts is not None and config.counts.tokenizer is not None
    counted = open_counted(folder.training, name, len(labels)) if apart else None
    return LabelledPart(WrittenTexts(texts, counted=counted), labels)


def weighing_rows(labels: IntArray) -> IntArray:
    """Choose the rows that are kept from the network, [N] of which the labels are given: a part of each label."""
    few = max(min(MIN_KEPT, len(labels) // 10), min(MIN_KEPT_OF_FEW, len(labels) // 5))
    return choose_by_label(labels.tolist(), min(max(round(FRACTION * len(labels)), few), MAX_KEPT))


def learning_rows(labels: IntArray) -> IntArray:
    """Return the other rows."""
    return np.setdiff1d(np.arange(len(labels)), weighing_rows(labels))


def no_counts(spec: LinearSpec) -> Arrays:
    """Return the arrays of a mixture in which nothing is counted yet, and the network decides alone."""
    return arrays_of(no_features(spec), ALONE)


def with_counts(
    folder: ModelFolder, recipe: ClassificationRecipe, config: ClassificationConfig, network: Classifies
) -> MixedClassifier:
    """Fit a linear classifier, and the weights of the network and of it.

    Args:
        folder: holds the rows.
        recipe: is that of the run.
        config: says what is counted.
        network: is trained.
    """
    spec = config.counts
    assert spec is not None
    whole = open_texts(folder, "training", config)
    kept, learnt = (part_of(whole, rows(whole.labels)) for rows in (weighing_rows, learning_rows))
    label_weights = _label_weights(recipe.training, spec.labels)
    importance = label_weights[kept.labels] / label_weights[kept.labels].mean()
    strength, counts = _best_strength(spec, learnt, kept, label_weights, importance)
    weights = fit_mixture(_log_probabilities(network, kept, spec), counts, kept.labels, importance)
    if weights == ALONE:
        return MixedClassifier(network, no_features(spec), ALONE)
    linear = Counted(spec, whole.sources, whole.labels, label_weights).fit(strength)[0]
    return MixedClassifier(network, linear, weights)


def counts_reason(spec: LinearSpec | None) -> str:
    """Say in a line what will be counted; or, without a spec, why nothing will."""
    if spec is None:
        return f"counts: none beside the network; they need {MINIMUM_ROWS} rows to learn."
    tokens = {"bpe": "byte pairs", "char": "characters"}.get(spec.tokenizer or "", "tokens")
    return f"counts: runs of up to {spec.order} {tokens}, for a linear classifier beside the network."


def describe_counts(mixed: MixedClassifier) -> str:
    """Say in a sentence what was counted, how much room it takes, and how the network and it are weighed."""
    size = sum(array.nbytes for array in mixed.to_arrays().values())
    return (
        f"The network is mixed with a linear classifier of {len(mixed.counts.features.keys):,} runs of up to "
        f"{mixed.counts.spec.order} tokens ({size / 1e6:.1f} MB); their log-probabilities weigh "
        f"{mixed.weights.network:.2f} and {mixed.weights.counts:.2f}."
    )


def _best_strength(
    spec: LinearSpec, learnt: LabelledPart, kept: LabelledPart, label_weights: FloatArray, importance: FloatArray
) -> tuple[float, FloatArray]:
    """Choose the strength of the penalty that predicts the rows best that were kept, [N].

    Returns:
        the strength, and the log-probabilities of these rows with it, [N, C].
    """
    counted, start = Counted(spec, learnt.sources, learnt.labels, label_weights), None
    best: tuple[float, float, FloatArray] | None = None
    for strength in STRENGTHS:
        linear, start = counted.fit(strength, start)
        logs = _log_probabilities(linear, kept, spec)
        nats = float(-(logs[np.arange(len(kept)), kept.labels] * importance).sum())
        if best is not None and nats >= best[0]:
            break  # and weaker ones are worse still
        best = nats, strength, logs
    assert best is not None
    return best[1:]


def _log_probabilities(network: Classifies, part: LabelledPart, spec: LinearSpec) -> FloatArray:
    found = label_probabilities(network, part.sources, np.arange(len(part)), spec.labels)
    return np.log(np.maximum(found, np.finfo(np.float64).tiny))


def _label_weights(training: HeadTrainingSpec, labels: int) -> FloatArray:
    """Return the weight of each label in the loss, [C]."""
    weights = training.class_weights
    return np.array(weights, np.float64) if isinstance(weights, tuple) else np.ones(labels)
