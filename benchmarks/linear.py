"""Tuned linear classifiers of scikit-learn: what a classifier of texts must beat.

Each has its features and its one setting chosen on a tenth of the training rows, and is fitted again to all rows.
Features are words, words and pairs of words, or runs of 2 to 5 characters within words, as logarithmic counts weighted
by rarity (TF-IDF).
"""

import time
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

Rows = list[tuple[str, str]]  # texts and labels

SEED = 0
HELD_OUT = 0.1
FEATURES: dict[str, dict[str, Any]] = {
    "words": {"ngram_range": (1, 1)},
    "words and pairs": {"ngram_range": (1, 2)},
    "characters": {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 2},
}
STRENGTHS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)


class LinearModel(NamedTuple):
    """A classifier of scikit-learn.

    Attributes:
        module: is where it is imported from.
        kind: is the name of its class.
        setting: is the one that is tuned.
        values: are those that are tried.
        fixed: are the other settings that are not its defaults.
    """

    module: str
    kind: str
    setting: str
    values: tuple[float, ...]
    fixed: dict[str, Any]


MODELS = {
    "logistic regression": LinearModel(
        "sklearn.linear_model", "LogisticRegression", "C", STRENGTHS[2:], {"max_iter": 500}
    ),
    "linear SVM": LinearModel("sklearn.svm", "LinearSVC", "C", STRENGTHS[:4], {"random_state": SEED}),
    "naive Bayes": LinearModel("sklearn.naive_bayes", "MultinomialNB", "alpha", (0.01, 0.03, 0.1, 0.3, 1.0), {}),
}


def tuned(name: str, training: Rows, test: Rows) -> dict[str, Any]:
    """Choose the features and the setting of a model on held-out training rows, and measure it on the test rows.

    Args:
        name: is that of the model.
        training: are the rows to learn, from which those to choose by are held out.
        test: are read once, by the model that is chosen.
    """
    started = time.perf_counter()
    order = np.random.default_rng(SEED).permutation(len(training))
    count = round(HELD_OUT * len(training))
    kept, learnt = ([training[index] for index in some] for some in (order[:count], order[count:]))
    setting, values = MODELS[name].setting, MODELS[name].values
    found = []
    for features in FEATURES:
        terms = _terms(features)
        known, unknown = terms.fit_transform(_texts(learnt)), terms.transform(_texts(kept))
        for value in values:
            model = _model(name, value).fit(known, _labels(learnt))
            found.append((_accuracy(model.predict(unknown), kept), features, value))
    held_out, features, value = max(found, key=lambda one: one[0])
    terms = _terms(features)
    model = _model(name, value).fit(terms.fit_transform(_texts(training)), _labels(training))
    seconds = time.perf_counter() - started
    predicted = model.predict(terms.transform(_texts(test)))
    metrics: Any = import_module("sklearn.metrics")
    return {
        "accuracy": _accuracy(predicted, test),
        "macro_f1": float(metrics.f1_score(_labels(test), predicted, average="macro")),
        "held_out_accuracy": held_out,
        "chosen": f"{features}, {setting} {value:g}",
        "seconds": seconds,
    }


def _terms(features: str) -> Any:
    vectorizer: Any = import_module("sklearn.feature_extraction.text").TfidfVectorizer
    return vectorizer(sublinear_tf=True, **FEATURES[features])


def _model(name: str, value: float) -> Any:
    model = MODELS[name]
    return getattr(import_module(model.module), model.kind)(**model.fixed, **{model.setting: value})


def _texts(rows: Rows) -> list[str]:
    return [text for text, _ in rows]


def _labels(rows: Rows) -> list[str]:
    return [label for _, label in rows]


def _accuracy(predicted: Any, rows: Rows) -> float:
    return float(np.mean(np.asarray(predicted) == np.array(_labels(rows))))
