"""Networks that standard layers can be, for both frameworks."""

from typing import Any

import numpy as np

from unspool.data.batches import TextSource
from unspool.specs.network import DecoderSpec, HeadSpec, NetworkSpec, TextEncoderSpec

VOCABULARY, HIDDEN, LABELS = 11, 8, 3
CELLS = ("rnn", "lstm", "gru")
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
