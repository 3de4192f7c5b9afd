"""Rows of numbers: two sets that scikit-learn ships, beside its logistic regression

Wine has 178 rows of 13 numbers and 3 labels, breast cancer 569 of 30 and 2. Of each split a quarter of the rows is the
test. The rest is learnt with the usual settings, which hold out a tenth of it to choose the weights; the logistic
regression learns from all of it, its numbers standardised, with the usual settings of scikit-learn. The figures are
means over 20 splits, on none of which a setting was chosen.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from benchmarks.claims import Claim, difference, highest
from benchmarks.common import Bench
from unspool import Callback, VectorClassifier, train
from unspool.arrays import FloatArray, IntArray
from unspool.evaluate.labels import classification_figures

SPLITS = 20
FIRST_SEED = 1000  # the settings were chosen on splits of lower ones
TEST = 0.25
FIGURES = ("accuracy", "macro_f1", "nats_per_label")
OURS, THEIRS = "unspool", "logistic regression"


def _lead(data: str) -> Claim:
    """That a set is classified at least as well as by logistic regression."""
    ours, theirs = highest("accuracy", data=data, by=OURS), highest("accuracy", data=data, by=THEIRS)
    return Claim(f"accuracy on {data}, less that of logistic regression", 0.0, difference(ours, theirs))


CLAIMS = (_lead("wine"), _lead("breast cancer"))


class Split(NamedTuple):
    """Rows to learn and to test: numbers, [N, F], and the indices of their labels, [N]."""

    numbers: FloatArray
    test_numbers: FloatArray
    labels: IntArray
    test_labels: IntArray


Predictor = Callable[[Split], FloatArray]


def run(bench: Bench) -> None:
    """Classify the test rows of every split of both sets in both ways."""
    from sklearn.datasets import load_breast_cancer, load_wine
    from sklearn.model_selection import train_test_split

    for data, load in (("wine", load_wine), ("breast cancer", load_breast_cancer)):
        numbers, labels = load(return_X_y=True)
        splits = [
            Split(*train_test_split(numbers, labels, test_size=TEST, stratify=labels, random_state=FIRST_SEED + number))
            for number in range(SPLITS)
        ]
        for by, predict in ((OURS, probabilities_of_ours), (THEIRS, probabilities_of_theirs)):
            bench.add(data=data, by=by, splits=SPLITS, **mean_figures(splits, predict))


def mean_figures(splits: list[Split], predict: Predictor) -> dict[str, float]:
    """The means of the figures over the splits."""
    found: list[dict[str, Any]] = []
    for split in splits:
        names = [str(label) for label in sorted(set(split.labels.tolist()))]
        found.append(classification_figures(predict(split), split.test_labels, names, 0.0).to_dict())
    return {name: float(np.mean([figures[name] for figures in found])) for name in FIGURES}


def probabilities_of_ours(split: Split) -> FloatArray:
    """Those of a model that learns with the usual settings."""
    columns = [f"number {number}" for number in range(split.numbers.shape[1])]
    rows = [
        {**dict(zip(columns, row, strict=True)), "label": str(label)}
        for row, label in zip(split.numbers.tolist(), split.labels.tolist(), strict=True)
    ]
    model = train(rows, features=columns, label="label", callback=Callback())
    assert isinstance(model, VectorClassifier)
    return model.probabilities(split.test_numbers)


def probabilities_of_theirs(split: Split) -> FloatArray:
    """Those of the logistic regression."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    found: FloatArray = model.fit(split.numbers, split.labels).predict_proba(split.test_numbers)
    return found
