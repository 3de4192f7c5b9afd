"""A small text, the settings of a tiny model, random weights."""

from typing import Any

import numpy as np

from unspool.arrays import Arrays
from unspool.engines.gate import Gate
from unspool.engines.mixture import GATE, NGRAM, with_prefix
from unspool.engines.ngram.backoff import backoff_model
from unspool.engines.ngram.counts import counts_of
from unspool.engines.ngram.model import build_model
from unspool.engines.parameters import parameter_shapes
from unspool.specs.network import NetworkSpec, NgramSpec
from unspool.text.tokenizer import BEGIN, UNKNOWN

WORDS = ("the", "a", "cat", "dog", "sees", "hears", "small", "red", "house", "river", "and", "it's")
TINY: dict[str, Any] = {
    "steps": 60,
    "hidden_size": 16,
    "embedding_size": 8,
    "batch_size": 4,
    "sequence_length": 16,
    "threads": 1,
    "precision": "float32",
    "validations": 3,
    "learning_rate": 0.02,
}


def small_text(lines: int = 120, seed: int = 0) -> str:
    """Lines of simple words, about 30 characters each."""
    generator = np.random.default_rng(seed)
    return "".join(" ".join(generator.choice(WORDS, 6)) + ".\n" for _ in range(lines))


def random_weights(spec: NetworkSpec, seed: int = 0) -> Arrays:
    """Weights in which every array matters, the biases too."""
    generator = np.random.default_rng(seed)
    shapes = parameter_shapes(spec)
    return {name: generator.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}


def counted_arrays(spec: NgramSpec, backoff: bool = False) -> Arrays:
    """N-grams of random documents, as counts or with their probabilities and backoff weights."""
    generator = np.random.default_rng(0)
    documents = [generator.integers(UNKNOWN, spec.vocabulary_size, 40) for _ in range(6)]
    documents = [document[document != BEGIN] for document in documents]
    size = spec.vocabulary_size + spec.labels
    labels = [np.array([spec.vocabulary_size + index % spec.labels]) for index in range(6)] if spec.labels else None
    model = build_model(counts_of(documents, spec.order, size, labels), spec.min_count)
    return backoff_model(model).to_arrays() if backoff else model.to_arrays()


def beside_arrays(spec: NgramSpec) -> Arrays:
    """What is mixed with a network: such counts, and a gate that says something else of each length and figure."""
    lengths = np.linspace(0.8, 0.2, spec.order)[:, None] + np.array([0.0, -0.1, 0.2])  # (N, 3)
    features = np.linspace(-0.03, 0.03, 3 * (6 + spec.vocabulary_size)).reshape(-1, 3)
    gate = Gate(lengths, features)
    return with_prefix(NGRAM, counted_arrays(spec)) | with_prefix(GATE, gate.to_arrays())
