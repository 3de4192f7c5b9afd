"""What a network of n-grams does beside what its distributions are."""

from collections.abc import Callable

import numpy as np
import pytest

from unspool.arrays import IntArray
from unspool.engines.base import Attends, Classifies, Encodes, SequenceNetwork
from unspool.engines.ngram.backoff import backoff_model
from unspool.engines.ngram.counts import counts_of
from unspool.engines.ngram.model import build_model
from unspool.engines.ngram.network import NgramNetwork, build_network
from unspool.errors import ModelFolderError
from unspool.text.tokenizer import BEGIN, PAD

ROWS, STEPS, SIZE = 3, 7, 9
CLOSE = {"rtol": 0, "atol": 1e-5}


@pytest.fixture(params=[1, 2, 5])
def order(request: pytest.FixtureRequest) -> int:
    found: int = request.param
    return found


@pytest.fixture(params=["counts", "backoff"])
def network(request: pytest.FixtureRequest, order: int, compiled: bool) -> NgramNetwork:
    documents = [np.random.default_rng(seed).integers(3, SIZE, 40) for seed in range(5)]
    model = build_model(counts_of(documents, order, SIZE))
    return build_network(model if request.param == "counts" else backoff_model(model), compiled)


@pytest.fixture(params=[False, True], ids=["numpy", "numba"])
def compiled(request: pytest.FixtureRequest) -> bool:
    found: bool = request.param
    return found


def tokens(seed: int = 0) -> IntArray:
    return np.random.default_rng(seed).integers(0, SIZE, (ROWS, STEPS))


def used_state(network: NgramNetwork) -> IntArray:
    return network.unroll(tokens(9), network.initial_state(ROWS))[1]


def test_it_keeps_to_its_protocol_and_to_no_other(network: NgramNetwork) -> None:
    assert isinstance(network, SequenceNetwork)
    assert not isinstance(network, Encodes | Attends | Classifies)
    assert network.vocabulary_size == SIZE


def test_unroll_equals_t_times_step(network: NgramNetwork) -> None:
    unrolled, end = network.unroll(tokens(), used_state(network))
    assert (unrolled.dtype, unrolled.shape) == (np.float32, (ROWS, STEPS, SIZE))
    state = used_state(network)
    for time in range(STEPS):
        logits, state = network.step(tokens()[:, time], state)
        np.testing.assert_allclose(logits, unrolled[:, time], **CLOSE)
    np.testing.assert_array_equal(state, end)


def test_the_nll_is_that_of_the_distribution(network: NgramNetwork) -> None:
    targets = np.random.default_rng(1).integers(3, SIZE, (ROWS, STEPS))
    logits, end = network.unroll(tokens(), used_state(network))
    nll, state = network.nll(tokens(), targets, used_state(network))
    assert nll.dtype == np.float32
    np.testing.assert_allclose(nll, -np.take_along_axis(logits, targets[..., None], -1)[..., 0], **CLOSE)
    np.testing.assert_array_equal(state, end)


def test_a_state_is_the_last_tokens(network: NgramNetwork, order: int) -> None:
    read = np.concatenate([tokens(9), tokens()], axis=1)
    state = network.unroll(tokens(), used_state(network))[1]
    np.testing.assert_array_equal(state, read[:, read.shape[1] - order + 1 :])
    assert (network.initial_state(2) == np.full((2, order - 1), -1)).all()


def test_rows_are_selected_repeated_and_joined(network: NgramNetwork) -> None:
    state = used_state(network)
    np.testing.assert_array_equal(network.select(state, np.array([2, 0, 2])), state[[2, 0, 2]])
    assert len(network.select(state, np.array([], np.int64))) == 0
    rows = [network.select(state, np.array(chosen)) for chosen in ([0], [1, 2])]
    np.testing.assert_array_equal(network.join(rows), state)


def test_a_batch_equals_its_rows_one_by_one(network: NgramNetwork) -> None:
    together, _ = network.unroll(tokens(), used_state(network))
    for row in range(ROWS):
        alone, _ = network.unroll(tokens()[row : row + 1], used_state(network)[row : row + 1])
        np.testing.assert_array_equal(alone[0], together[row])


def test_no_step_changes_a_state(network: NgramNetwork) -> None:
    state = used_state(network)
    before = state.copy()
    calls: list[Callable[[], object]] = [
        lambda: network.step(tokens()[:, 0], state),
        lambda: network.unroll(tokens(), state),
        lambda: network.nll(tokens(), tokens(), state),
    ]
    for call in calls:
        call()
        np.testing.assert_array_equal(state, before)


def test_a_state_comes_back_from_its_arrays_and_others_are_refused(network: NgramNetwork, order: int) -> None:
    state = used_state(network)
    arrays = network.state_to_arrays(state)
    assert arrays["tokens"].shape == (1, ROWS, order - 1)
    np.testing.assert_array_equal(network.state_from_arrays(arrays), state)
    longer = np.zeros((1, ROWS, order), np.int64)
    for wrong in ({}, {"tokens": arrays["tokens"].astype(np.float32)}, {"tokens": longer}, {"hidden": longer}):
        with pytest.raises(ModelFolderError, match="a state of this network must have"):
            network.state_from_arrays(wrong)
    if order > 1:
        for token in (-2, SIZE):
            with pytest.raises(ModelFolderError, match="tokens of a state must be"):
                network.state_from_arrays({"tokens": np.full((1, ROWS, order - 1), token)})


def test_tokens_that_are_none_end_a_context(network: NgramNetwork) -> None:
    logits, _ = network.unroll(np.array([[PAD], [-1], [SIZE], [2**40]]), network.initial_state(4))
    assert (logits == logits[0]).all()


@pytest.mark.parametrize("order", [4])
def test_the_longest_context_and_its_count_are_told(compiled: bool, order: int) -> None:
    document = np.array([4, 5, 6, 4, 5, 7, 4, 5, 6])
    model = build_model(counts_of([document], order, SIZE))
    network = build_network(model, compiled)
    text = np.array([[BEGIN, 4, 5, 8, 5, 6]])
    found = network.predict(text, network.initial_state(1))
    # <s>; <s> 4; <s> 4 5; nothing; 5; 5 6
    assert found.lengths.tolist() == [[1, 2, 3, 0, 1, 2]]
    # 5 is followed by 6 and 7, each after 4 alone, so counted once; 5 6 was followed by 4 once
    assert found.counts.tolist() == [[1, 1, 1, 6, 2, 1]]
    scores = network.score(text, text, network.initial_state(1))
    assert (scores.lengths.tolist(), scores.counts.tolist()) == (found.lengths.tolist(), found.counts.tolist())
    same = build_network(backoff_model(model), compiled).predict(text, network.initial_state(1))
    assert same.lengths.tolist() == found.lengths.tolist()
