"""Networks as modules of standard PyTorch layers, against the NumPy engine."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

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
from unspool.engines.registry import build_network  # noqa: E402
from unspool.engines.torch.export import export_network  # noqa: E402
from unspool.errors import DataWarning  # noqa: E402
from unspool.specs.network import HeadSpec, NetworkSpec, VectorEncoderSpec  # noqa: E402
from unspool.text.tokenizer import END  # noqa: E402


def predicted(module: Any, *inputs: Any) -> Any:
    with torch.no_grad():
        return module(*inputs)


@pytest.mark.parametrize("inputs", INPUTS)
@pytest.mark.parametrize("cell", CELLS)
def test_a_language_model_predicts_the_same_logits(cell: str, inputs: str) -> None:
    spec = language_model(cell, inputs)
    weights = random_weights(spec)
    network, module = build_network("numpy", spec, weights), export_network(spec, weights)
    tokens = np.random.default_rng(0).integers(0, VOCABULARY, (3, 9))
    expected, _ = network.unroll(tokens, network.initial_state(3))
    logits, state = predicted(module, torch.from_numpy(tokens[:, :4]))
    rest, _ = predicted(module, torch.from_numpy(tokens[:, 4:]), state)
    np.testing.assert_allclose(torch.cat([logits, rest], 1).numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("cell", CELLS)
def test_a_classifier_of_texts_predicts_the_same_logits_whatever_their_lengths(cell: str, pooling: str) -> None:
    for bidirectional, embedding in ((False, 0), (True, 4)):
        spec, source = text_classifier(cell, pooling, bidirectional, embedding), some_texts()
        weights = random_weights(spec)
        found = predicted(export_network(spec, weights), torch.from_numpy(source.tokens))
        expected = build_network("numpy", spec, weights).classify(source)
        np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)


def test_a_classifier_of_numbers_predicts_the_same_logits() -> None:
    spec = NetworkSpec(encoder=VectorEncoderSpec(numbers=4, hidden_size=5), head=HeadSpec(labels=3))
    weights, rows = random_weights(spec), np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    expected = build_network("numpy", spec, weights).classify(VectorSource(rows))
    np.testing.assert_allclose(predicted(export_network(spec, weights), torch.from_numpy(rows)), expected, atol=1e-5)


def test_it_is_made_of_standard_layers_with_standard_names() -> None:
    module = export_network(spec := language_model("lstm", "embedding"), random_weights(spec))
    children = dict(module.named_children())
    assert list(children) == ["embedding", "lstm", "output"]
    assert all(type(child).__module__.startswith("torch.nn.") for child in children.values())
    recurrent = [
        f"lstm.{kind}_{part}_l{layer}" for layer in (0, 1) for kind in ("weight", "bias") for part in ("ih", "hh")
    ]
    assert list(module.state_dict()) == ["embedding.weight", *recurrent, "output.weight", "output.bias"]


def test_tied_weights_stay_tied() -> None:
    module = export_network(spec := language_model("gru", "tied"), random_weights(spec))
    assert module.output.weight is module.embedding.weight


def test_models_give_the_probabilities_that_they_give_themselves(tmp_path: Path) -> None:
    texts = ["a wonderful film", "dull and far too long, a waste", "?"]
    model = load(FOLDERS / "classification")
    tokens = pad_sequences([np.append(model.tokenizer.encode(text), END) for text in texts])
    found = softmax(predicted(model.to_torch(), torch.from_numpy(tokens)).numpy().astype(np.float64))
    with pytest.warns(DataWarning, match="are not in the vocabulary"):
        expected = model.probabilities(texts)
    np.testing.assert_allclose(found, expected, atol=1e-5)

    model, rows = vector_classifier(tmp_path / "wine"), np.array([[12.0, 1010.0], [14.5, 980.0]], np.float32)
    found = softmax(predicted(model.to_torch(), torch.from_numpy(rows)).numpy().astype(np.float64))
    np.testing.assert_allclose(found, model.probabilities(rows), atol=1e-4)
