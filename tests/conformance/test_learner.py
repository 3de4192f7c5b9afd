"""What every learner does: it learns, ignores padding, resets rows, and goes on as if never stopped."""

from typing import Any

import numpy as np
import pytest

from conformance.engines import compared_learners
from unspool.arrays import Arrays
from unspool.data.batches import Batch
from unspool.engines.base import Learner
from unspool.engines.parameters import parameters
from unspool.engines.registry import build_learner, build_network
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.training import TrainingSpec
from unspool.text.tokenizer import PAD

ROWS, STEPS, VOCABULARY = 4, 6, 12


@pytest.fixture(params=compared_learners())
def learning_engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shape(cell: str) -> NetworkSpec:
    decoder = DecoderSpec(cell=cell, num_layers=2, hidden_size=8, embedding_size=4, vocabulary_size=VOCABULARY)
    return NetworkSpec(decoder=decoder)


def training(**settings: Any) -> TrainingSpec:
    return TrainingSpec(**{"threads": 1, "dropout": 0.0, "input_dropout": 0.0, **settings})


def batch(seed: int = 0, reset: tuple[bool, ...] = (True,) * ROWS) -> Batch:
    tokens = np.random.default_rng(seed).integers(4, VOCABULARY, (ROWS, STEPS + 1))
    return Batch(tokens[:, :-1].copy(), tokens[:, 1:].copy(), np.array(reset))


def assert_equal(one: Arrays, other: Arrays) -> None:
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def test_a_learner_keeps_to_the_protocol(learning_engine: str, shape: NetworkSpec) -> None:
    assert isinstance(build_learner(learning_engine, shape, training()), Learner)


@pytest.mark.parametrize("optimizer", ["normuon", "muon", "adamw"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_loss_of_a_fixed_batch_falls(
    learning_engine: str, shape: NetworkSpec, optimizer: str, precision: str
) -> None:
    learner = build_learner(learning_engine, shape, training(optimizer=optimizer, precision=precision))
    losses = [learner.train_step(batch(), 1.0, step) for step in range(25)]
    assert losses[0] == pytest.approx(np.log(VOCABULARY), abs=0.3)
    assert losses[-1] < losses[0] - 0.1


def test_the_loss_is_the_mean_nll_of_the_network(learning_engine: str, shape: NetworkSpec) -> None:
    learner = build_learner(learning_engine, shape, training())
    network = build_network(learning_engine, shape, learner.weights())
    nats, _ = network.nll(batch().inputs, batch().targets, network.initial_state(ROWS))
    assert learner.train_step(batch(), 1.0, 0) == pytest.approx(float(nats.mean()), abs=1e-5)


def test_the_gradient_is_that_of_finite_differences(learning_engine: str, shape: NetworkSpec) -> None:
    """AdamW's first update is the sign of the gradient, so each weight moves against the slope."""
    plain = training(optimizer="adamw", weight_decay=0.0, learning_rate=1e-3)
    learner = build_learner(learning_engine, shape, plain)
    before = learner.weights()
    learner.train_step(batch(), 1.0, 0)
    after = learner.weights()

    def loss(weights: Arrays) -> float:
        network = build_network(learning_engine, shape, weights)
        return float(network.nll(batch().inputs, batch().targets, network.initial_state(ROWS))[0].mean())

    for name, array in before.items():
        position = np.unravel_index(np.abs(array).argmax(), array.shape)
        slopes = []
        for change in (0.03, -0.03):
            moved = {key: value.copy() for key, value in before.items()}
            moved[name][position] += change
            slopes.append(loss(moved))
        slope = (slopes[0] - slopes[1]) / 0.06
        if abs(slope) > 3e-4:
            assert np.sign(after[name][position] - array[position]) == -np.sign(slope), name


@pytest.mark.parametrize(
    ("optimizer", "precision"),
    [
        ("normuon", "float32"),
        ("adamw", "bfloat16"),
        pytest.param("normuon", "bfloat16", marks=pytest.mark.slow),
        pytest.param("adamw", "float32", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("steps", [0, 4])
def test_a_restored_learner_goes_on_bit_for_bit(
    learning_engine: str, shape: NetworkSpec, optimizer: str, precision: str, steps: int
) -> None:
    settings = training(optimizer=optimizer, precision=precision, dropout=0.3, input_dropout=0.2)
    learner = build_learner(learning_engine, shape, settings)
    for step in range(steps):
        learner.train_step(batch(step, (step == 0,) * ROWS), 1.0, step)
    saved = learner.training_state()
    copy = {name: array.copy() for name, array in saved.items()}
    resets = [(steps == 0,) * ROWS, (False, True, False, False), (False,) * ROWS]
    losses = [learner.train_step(batch(9 + i, reset), 0.5, steps + i) for i, reset in enumerate(resets)]
    assert_equal(saved, copy)  # what was saved is a copy

    again = build_learner(learning_engine, shape, settings)
    again.train_step(batch(77), 1.0, 5)  # whatever it did before is forgotten
    again.restore(saved)
    assert losses == [again.train_step(batch(9 + i, reset), 0.5, steps + i) for i, reset in enumerate(resets)]
    assert_equal(learner.training_state(), again.training_state())


def test_normuon_changes_all_rows_of_a_matrix_by_as_much_at_first(learning_engine: str, shape: NetworkSpec) -> None:
    spread = {}
    for optimizer in ("muon", "normuon"):
        settings = training(optimizer=optimizer, weight_decay=0.0, matrix_rate=0.1)
        learner = build_learner(learning_engine, shape, settings)
        before = learner.weights()
        learner.train_step(batch(), 1.0, 0)
        after = learner.weights()
        changes = {name: after[name] - before[name] for name, fact in parameters(shape).items() if fact.matrix}
        norms = {name: np.linalg.norm(change, axis=1) for name, change in changes.items()}
        spread[optimizer] = max(norm.std() / norm.mean() for norm in norms.values())
    assert spread["normuon"] < 1e-3 < spread["muon"]


def test_padding_does_not_count(learning_engine: str, shape: NetworkSpec) -> None:
    padded, other = batch(), batch()
    for b, filler in ((padded, 5), (other, 8)):
        b.targets[:, 3:] = PAD
        b.inputs[:, 4:] = filler
    losses, weights = [], []
    learner = build_learner(learning_engine, shape, training())
    start = learner.training_state()
    for b in (padded, other):
        learner.restore(start)
        losses.append(learner.train_step(b, 1.0, 0))
        weights.append(learner.weights())
    assert losses[0] == losses[1]
    short = Batch(padded.inputs[:, :3], padded.targets[:, :3], padded.reset)
    learner.restore(start)
    assert learner.train_step(short, 1.0, 0) == pytest.approx(losses[0], abs=1e-6)
    for name, array in learner.weights().items():
        np.testing.assert_allclose(array, weights[0][name], atol=1e-4)


def test_a_reset_row_forgets_and_the_others_remember(learning_engine: str, shape: NetworkSpec) -> None:
    """Only the targets of one row count; so the loss shows whether that row remembers."""
    learner = build_learner(learning_engine, shape, training(learning_rate=1e-30, matrix_rate=1e-30))
    start = learner.training_state()

    def loss_of_row(row: int, history: int) -> float:
        learner.restore(start)
        learner.train_step(batch(history), 1.0, 0)
        second = batch(5, (True, False, True, False))
        second.targets[np.arange(ROWS) != row] = PAD
        return learner.train_step(second, 1.0, 1)

    assert loss_of_row(0, history=1) == loss_of_row(0, history=2)
    assert loss_of_row(1, history=1) != loss_of_row(1, history=2)


def test_the_same_seed_trains_the_same_weights(learning_engine: str, shape: NetworkSpec) -> None:
    found = []
    for seed in (0, 0, 1):
        learner = build_learner(learning_engine, shape, training(seed=seed, dropout=0.4))
        for step in range(3):
            learner.train_step(batch(step), 1.0, step)
        found.append(learner.weights())
    assert_equal(found[0], found[1])
    assert any((found[0][name] != found[2][name]).any() for name in found[0])


def test_a_step_without_a_finite_loss_changes_nothing(learning_engine: str, shape: NetworkSpec) -> None:
    learner = build_learner(learning_engine, shape, training())
    learner.train_step(batch(), 1.0, 0)
    before = learner.training_state()
    spoilt = batch(1)
    spoilt.targets[:] = PAD  # a mean over nothing
    assert np.isnan(learner.train_step(spoilt, 1.0, 1))
    assert_equal(before, learner.training_state())


def test_weights_are_copies(learning_engine: str, shape: NetworkSpec) -> None:
    learner = build_learner(learning_engine, shape, training())
    held = learner.weights()
    copy = {name: array.copy() for name, array in held.items()}
    learner.train_step(batch(), 1.0, 0)
    assert_equal(held, copy)


def test_without_forcing_the_decoder_reads_its_own_guesses(learning_engine: str, shape: NetworkSpec) -> None:
    """After training on one cycle of tokens, what it guesses is the truth; after another history it is not."""
    cycle = np.tile(np.arange(4, 8), 4)[: STEPS + 1]
    tokens = np.tile(cycle, (ROWS, 1))
    known = Batch(tokens[:, :-1].copy(), tokens[:, 1:].copy(), np.ones(ROWS, np.bool_))
    learner = build_learner(learning_engine, shape, training(learning_rate=0.03))
    for step in range(100):
        learner.train_step(known, 1.0, step)
    saved = learner.training_state()

    def losses(b: Batch) -> list[float]:
        found = []
        for forcing in (1.0, 0.0):
            learner.restore(saved)
            found.append(learner.train_step(b, 1.0, 999, forcing))
        return found

    forced, free = losses(known)
    assert free == pytest.approx(forced, abs=0.05)
    strange = batch(3)
    forced, free = losses(strange)
    assert abs(free - forced) > 1e-3
    assert losses(strange) == [forced, free]  # the same guesses again
