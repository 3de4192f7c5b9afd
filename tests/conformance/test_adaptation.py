"""Every learner can go on learning while it reads, and its weights can be pulled back."""

import numpy as np
import pytest

from conformance.engines import compared_learners
from helpers.small import random_weights
from unspool.data.tokens import Part
from unspool.engines.registry import build_learner, build_network
from unspool.evaluate.bits import token_nats
from unspool.specs.adaptation import AdaptationSpec
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.training.adaptation import AdaptiveReader, adaptation_training

SIZE = 12


@pytest.fixture(params=compared_learners())
def learning_engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shape(cell: str) -> NetworkSpec:
    return NetworkSpec(decoder=DecoderSpec(cell=cell, hidden_size=8, embedding_size=4, vocabulary_size=SIZE))


def test_weights_move_by_a_fraction_of_the_way(learning_engine: str, shape: NetworkSpec) -> None:
    one, other = random_weights(shape), random_weights(shape, seed=1)
    learner = build_learner(learning_engine, shape, adaptation_training(AdaptationSpec()), one)
    learner.move_towards(other, 0.25)
    for name, array in learner.weights().items():
        np.testing.assert_allclose(array, 0.75 * one[name] + 0.25 * other[name], atol=1e-6)


def test_a_text_that_recurs_is_learnt_while_it_is_read(learning_engine: str, shape: NetworkSpec) -> None:
    tokens = np.tile(np.random.default_rng(0).integers(4, SIZE, 10), 30)
    part = Part(tokens, None, len(tokens), len(tokens), 0.0, np.bincount(tokens))
    spec, weights = AdaptationSpec(learning_rate=0.02, pull=0.001), random_weights(shape)
    learner = build_learner(learning_engine, shape, adaptation_training(spec), weights)
    static = build_network("numpy", shape, weights)
    nats = AdaptiveReader(static, learner, lambda network: network, spec).read(part)
    np.testing.assert_allclose(nats["static"], token_nats(static, tokens), atol=1e-3)
    np.testing.assert_allclose(nats["network"][:32], nats["static"][:32], atol=2e-3)  # before the first update
    assert nats["network"][-60:].mean() < 0.9 * nats["static"][-60:].mean()
