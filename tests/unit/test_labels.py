"""Figures of a classifier, what a text's parts do, and the probabilities of labels in every engine."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest

from conformance.engines import compared_engines
from helpers.small import random_weights
from unspool.data.labelled_texts import encoded_texts
from unspool.decode.classification import NetworkClassifier
from unspool.engines.registry import build_network
from unspool.evaluate.influence import words_of
from unspool.evaluate.labels import (
    UNKNOWN,
    LabelFigures,
    classification_figures,
    confusion_matrix,
    label_figures,
    macro_f1,
)
from unspool.specs.network import HeadSpec, NetworkSpec, TextEncoderSpec
from unspool.tasks.labelling.influence import text_influence
from unspool.text.vocabulary import make_tokenizer

TEXTS = ["a b c", "", "the cat sees the dog and the red house by the river", "cat", "unseen ☃"]


def test_figures_by_hand() -> None:
    matrix = confusion_matrix(np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 1, 0]), 4)
    assert matrix.tolist() == [[2, 1, 0, 0], [0, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert macro_f1(matrix) == pytest.approx((2 / 3 + 4 / 5 + 0) / 3)
    probabilities = np.array([[0.8, 0.2], [0.4, 0.6], [0.5, 0.5]])
    figures = classification_figures(probabilities, np.array([0, 0, 1]), ("x", "y"), 1.0)
    assert figures.accuracy == pytest.approx(1 / 3)
    assert figures.nats_per_label == pytest.approx(-np.log([0.8, 0.4, 0.5]).mean())


def test_labels_that_are_not_known_count_as_wrong_and_are_named() -> None:
    probabilities = np.array([[0.8, 0.2], [0.4, 0.6], [0.3, 0.7], [0.9, 0.1]])
    figures = classification_figures(probabilities, np.array([0, 1, UNKNOWN, UNKNOWN]), ("x", "y"), 1.0, {"z": 2})
    assert (figures.accuracy, figures.rows, figures.unknown_labels) == (0.5, 4, {"z": 2})
    assert figures.confusion == ((1, 0), (0, 1), (1, 1))
    assert figures.macro_f1 == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)
    assert figures.nats_per_label == pytest.approx(-np.log([0.8, 0.6]).mean())
    assert figures.per_label["x"] == LabelFigures(precision=0.5, recall=1.0, f1=pytest.approx(2 / 3), support=1)
    assert figures.per_label["z"] == LabelFigures(0.0, 0.0, 0.0, 2)
    strange = classification_figures(probabilities, np.full(4, UNKNOWN), ("x", "y"), 1.0, {"z": 3, "w": 1}).to_dict()
    assert (strange["accuracy"], strange["macro_f1"]) == (0.0, 0.0)
    assert "nats_per_label" not in strange
    assert sum(map(sum, strange["confusion"])) == sum(one["support"] for one in strange["per_label"].values()) == 4


@pytest.mark.parametrize("seed", range(5))
def test_figures_of_labels_are_those_of_counting(seed: int) -> None:
    generator = np.random.default_rng(seed)
    truth, found = generator.integers(-1, 4, 60), generator.integers(0, 4, 60)
    matrix = confusion_matrix(truth, found, 5)  # of which the last never occurs
    for label, figures in enumerate(label_figures(matrix)):
        both = np.count_nonzero((truth == label) & (found == label))
        predicted, right = np.count_nonzero(found == label), np.count_nonzero(truth == label)
        assert figures.support == right
        assert figures.precision == (both / predicted if predicted else 0)
        assert figures.recall == (both / right if right else 0)
        mean = figures.precision + figures.recall
        assert figures.f1 == pytest.approx(2 * figures.precision * figures.recall / mean if mean else 0)
    assert matrix.sum() == 60


@pytest.mark.engines
@pytest.mark.parametrize("engine", compared_engines())
@pytest.mark.parametrize("pooling", ["last", "max", "mean", "attention"])
def test_a_text_is_what_it_is_alone_and_in_every_engine(engine: str, pooling: str) -> None:
    tokenizer = make_tokenizer("char", ["abcdefghij the cat sees red house river"])
    encoder = TextEncoderSpec(
        vocabulary_size=tokenizer.vocabulary_size, hidden_size=6, embedding_size=4, bidirectional=True
    )
    spec = NetworkSpec(encoder=encoder, head=HeadSpec(labels=3, pooling=pooling))
    weights = random_weights(spec)
    classifiers = [
        NetworkClassifier(build_network(name, spec, weights), ("x", "y", "z"), partial(encoded_texts, tokenizer))
        for name in (engine, "numpy")
    ]
    together, oracle = (one.probabilities(TEXTS) for one in classifiers)
    alone = np.concatenate([classifiers[0].probabilities([text]) for text in TEXTS])
    assert together.shape == (5, 3)
    assert together.dtype == np.float64
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(together, oracle, atol=1e-5)
    assert np.ptp(together[:, 0]) > 0.01
    assert classifiers[0].probabilities([]).shape == (0, 3)


def test_what_is_left_out_and_matters_is_found() -> None:
    def probabilities(texts: Sequence[str]) -> np.ndarray:
        first = [0.9 if "good" in text else 0.6 if "fine" in text else 0.2 for text in texts]
        return np.array([[p, 1 - p] for p in first])

    text = "so good a day "
    assert "".join(words_of(text)) == text
    found = text_influence(probabilities, ("yes", "no"), text, "word")
    assert (found.label, found.probability) == ("yes", 0.9)
    assert found.nats == pytest.approx([0, np.log(0.9 / 0.2), 0, 0, 0])
    assert text_influence(probabilities, ("yes", "no"), "", "word").parts == ()
