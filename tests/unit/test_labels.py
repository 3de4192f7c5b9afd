"""Figures of a classifier, what a text's parts do, and the probabilities of labels in every engine."""

import numpy as np
import pytest

from helpers.small import random_weights
from unspool.decode.classification import NetworkClassifier
from unspool.engines.registry import build_network, installed_engines
from unspool.evaluate.influence import influence, words_of
from unspool.evaluate.labels import classification_figures, confusion_matrix, macro_f1
from unspool.specs.network import HeadSpec, NetworkSpec, TextEncoderSpec
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


@pytest.mark.parametrize("engine", installed_engines())
@pytest.mark.parametrize("pooling", ["last", "max", "mean", "attention"])
def test_a_text_is_what_it_is_alone_and_in_every_engine(engine: str, pooling: str) -> None:
    tokenizer = make_tokenizer("char", ["abcdefghij the cat sees red house river"])
    encoder = TextEncoderSpec(
        vocabulary_size=tokenizer.vocabulary_size, hidden_size=6, embedding_size=4, bidirectional=True
    )
    spec = NetworkSpec(encoder=encoder, head=HeadSpec(labels=3, pooling=pooling))
    weights = random_weights(spec)
    classifiers = [
        NetworkClassifier(build_network(name, spec, weights), tokenizer, ("x", "y", "z")) for name in (engine, "numpy")
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
    def probabilities(texts: object) -> np.ndarray:
        first = [0.9 if "good" in text else 0.6 if "fine" in text else 0.2 for text in texts]  # type: ignore[attr-defined]
        return np.array([[p, 1 - p] for p in first])

    text = "so good a day "
    parts = words_of(text)
    assert "".join(parts) == text
    found = influence(probabilities, ("yes", "no"), parts)
    assert (found.label, found.probability) == ("yes", 0.9)
    assert found.nats == pytest.approx([0, np.log(0.9 / 0.2), 0, 0, 0])
    assert influence(probabilities, ("yes", "no"), []).parts == ()
