"""Networks as models of standard Keras layers, against the NumPy engine."""

from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from helpers.exported import (  # noqa: E402
    CELLS,
    FOLDERS,
    INPUTS,
    POOLINGS,
    VOCABULARY,
    language_model,
    some_texts,
    text_classifier,
    vector_classifier,
)
from helpers.small import random_weights  # noqa: E402
from unspool.api import load  # noqa: E402
from unspool.arrays import softmax  # noqa: E402
from unspool.data.batches import VectorSource, pad_sequences  # noqa: E402
from unspool.engines.keras.export import export_network  # noqa: E402
from unspool.engines.registry import build_network  # noqa: E402
from unspool.errors import DataWarning  # noqa: E402
from unspool.specs.network import HeadSpec, NetworkSpec, VectorEncoderSpec  # noqa: E402
from unspool.text.tokenizer import END  # noqa: E402


def assert_standard(exported: "keras.Model") -> None:
    for layer in exported.layers:
        assert getattr(keras.layers, type(layer).__name__) is type(layer)


@pytest.mark.parametrize("inputs", INPUTS)
@pytest.mark.parametrize("cell", CELLS)
def test_a_language_model_predicts_the_same_logits(cell: str, inputs: str) -> None:
    spec = language_model(cell, inputs)
    weights = random_weights(spec)
    network, exported = build_network("numpy", spec, weights), export_network(spec, weights)
    assert_standard(exported)
    tokens = np.random.default_rng(0).integers(0, VOCABULARY, (3, 9))
    expected, _ = network.unroll(tokens, network.initial_state(3))
    np.testing.assert_allclose(exported(tokens).numpy(), expected, atol=1e-4)


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("cell", CELLS)
def test_a_classifier_of_texts_predicts_the_same_logits_whatever_their_lengths(cell: str, pooling: str) -> None:
    for bidirectional, embedding in ((False, 0), (True, 4)):
        spec, source = text_classifier(cell, pooling, bidirectional, embedding), some_texts()
        weights = random_weights(spec)
        exported = export_network(spec, weights)
        assert_standard(exported)
        expected = build_network("numpy", spec, weights).classify(source)
        np.testing.assert_allclose(exported(source.tokens).numpy(), expected, atol=1e-4)


def test_a_classifier_of_numbers_predicts_the_same_logits() -> None:
    spec = NetworkSpec(encoder=VectorEncoderSpec(numbers=4, hidden_size=5), head=HeadSpec(labels=3))
    weights, rows = random_weights(spec), np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    exported = export_network(spec, weights)
    assert_standard(exported)
    expected = build_network("numpy", spec, weights).classify(VectorSource(rows))
    np.testing.assert_allclose(exported(rows).numpy(), expected, atol=1e-4)


def test_it_trains_on_and_one_hot_vectors_stay_what_they_are() -> None:
    exported = export_network(spec := language_model("gru", "one-hot"), random_weights(spec))
    exported.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0))
    tokens = np.random.default_rng(0).integers(4, VOCABULARY, (8, 9))
    losses = exported.fit(tokens[:, :-1], tokens[:, 1:], epochs=6, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert np.array_equal(exported.get_layer("embedding").get_weights()[0], np.eye(VOCABULARY))


def test_models_give_the_probabilities_that_they_give_themselves(tmp_path: Path) -> None:
    texts = ["a wonderful film", "dull and far too long, a waste", "?"]
    model = load(FOLDERS / "classification")
    tokens = pad_sequences([np.append(model.tokenizer.encode(text), END) for text in texts])
    found = softmax(model.to_keras().predict(tokens, verbose=0).astype(np.float64))
    with pytest.warns(DataWarning, match="are not in the vocabulary"):
        expected = model.probabilities(texts)
    np.testing.assert_allclose(found, expected, atol=1e-5)

    model, rows = vector_classifier(tmp_path / "wine"), np.array([[12.0, 1010.0], [14.5, 980.0]], np.float32)
    found = softmax(model.to_keras().predict(rows, verbose=0).astype(np.float64))
    np.testing.assert_allclose(found, model.probabilities(rows), atol=1e-4)
