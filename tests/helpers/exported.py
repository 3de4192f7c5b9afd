"""Networks that standard layers can be, for both frameworks."""

from pathlib import Path
from typing import Any

import numpy as np

from helpers.small import random_weights
from unspool.api import load
from unspool.data.batches import TextSource
from unspool.folder.model_folder import ModelFolder
from unspool.models.vectors import VectorClassifier
from unspool.specs.condition import NumbersSpec
from unspool.specs.network import DecoderSpec, HeadSpec, NetworkSpec, TextEncoderSpec, VectorEncoderSpec
from unspool.tasks.vectors.specs import VectorConfig

VOCABULARY, HIDDEN, LABELS = 11, 8, 3
CELLS = ("rnn", "lstm", "gru")
FOLDERS = Path(__file__).parent.parent / "folders"  # which earlier versions wrote
POOLINGS = ("last", "max", "mean", "attention")
INPUTS: dict[str, dict[str, Any]] = {
    "embedding": {"embedding_size": 5},
    "one-hot": {"embedding_size": 0},
    "tied": {"embedding_size": HIDDEN, "tie_weights": True},
}


def language_model(cell: str, inputs: str) -> NetworkSpec:
    shape = {"cell": cell, "num_layers": 2, "hidden_size": HIDDEN, "vocabulary_size": VOCABULARY}
    return NetworkSpec(decoder=DecoderSpec(**shape, **INPUTS[inputs]))


def text_classifier(cell: str, pooling: str, bidirectional: bool, embedding: int) -> NetworkSpec:
    shape = {"num_layers": 2, "hidden_size": 6, "embedding_size": embedding, "bidirectional": bidirectional}
    encoder = TextEncoderSpec(cell=cell, vocabulary_size=VOCABULARY, **shape)
    return NetworkSpec(encoder=encoder, head=HeadSpec(labels=LABELS, pooling=pooling))


def some_texts() -> TextSource:
    """Texts of different lengths; padding is never the longest of them."""
    generator = np.random.default_rng(1)
    return TextSource.of_texts([generator.integers(1, VOCABULARY, length) for length in (7, 1, 4)])


def vector_classifier(path: Path) -> VectorClassifier:
    """Write a classifier of two columns with random weights, and open it."""
    spec = NetworkSpec(encoder=VectorEncoderSpec(numbers=2, hidden_size=5), head=HeadSpec(labels=LABELS))
    scales = (("alcohol", 13.0, 0.8), ("proline", 1000.0, 30.0))
    features = tuple(NumbersSpec(name=name, mean=mean, deviation=deviation) for name, mean, deviation in scales)
    folder = ModelFolder(path)
    folder.create()
    folder.write_config(VectorConfig(features=features, labels=("a", "b", "c"), network=spec))
    folder.write_weights(random_weights(spec), {})
    model = load(path)
    assert isinstance(model, VectorClassifier)
    return model
