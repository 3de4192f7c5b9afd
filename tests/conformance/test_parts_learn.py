"""Training of encoders, bridge, attention and heads: every combination, in every engine that trains."""

import numpy as np
import pytest

from conformance.engines import compared_learners
from conformance.test_parts import HEADS, LABELS, OTHERS, ROWS, STEPS, TARGETS, TEXTS, moderate_weights, name_of, source
from unspool.data.batches import Batch
from unspool.engines.parameters import parameter_shapes
from unspool.engines.registry import build_learner
from unspool.specs.network import NetworkSpec
from unspool.specs.training import TrainingSpec

SPECS = TEXTS + OTHERS + HEADS
QUICK = slice(None, None, 8)  # of the engine `keras`, which takes a second to trace the graph of each
CASES = [
    pytest.param(engine, spec, id=f"{engine}-{name_of(spec)}", marks=[pytest.mark.slow] * slow)
    for engine in compared_learners()
    for spec in SPECS
    for slow in [engine == "keras" and spec not in SPECS[QUICK]]
]


@pytest.mark.parametrize(("engine", "spec"), CASES)
def test_every_weight_learns_and_the_loss_falls(engine: str, spec: NetworkSpec) -> None:
    tokens = np.random.default_rng(5).integers(4, TARGETS, (ROWS, STEPS + 1))
    labels = np.arange(ROWS) % LABELS if spec.head else None
    batch = Batch(tokens[:, :-1].copy(), tokens[:, 1:].copy(), np.ones(ROWS, np.bool_), source(spec), labels)
    training = TrainingSpec(threads=1, dropout=0.0, input_dropout=0.0, learning_rate=0.01, weight_decay=0.0)
    learner = build_learner(engine, spec, training, moderate_weights(spec))
    before = learner.weights()
    losses = [learner.train_step(batch, 1.0, step) for step in range(4)]
    after = learner.weights()
    assert losses[-1] < losses[0]
    assert after.keys() == parameter_shapes(spec).keys()
    assert [name for name in after if (after[name] == before[name]).all()] == []
    saved = learner.training_state()
    following = learner.train_step(batch, 1.0, 4)
    again = build_learner(engine, spec, training)
    again.restore(saved)
    restored = again.training_state()
    assert restored.keys() == saved.keys()
    assert [name for name in saved if (restored[name] != saved[name]).any()] == []
    learner.restore(saved)
    assert learner.train_step(batch, 1.0, 4) == following
