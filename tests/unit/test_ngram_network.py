"""What a network of n-grams does beside what every network does (`tests/conformance/test_networks.py`)."""

import numpy as np
import pytest

from unspool.arrays import IntArray
from unspool.engines.ngram.backoff import backoff_model
from unspool.engines.ngram.counts import counts_of
from unspool.engines.ngram.model import build_model
from unspool.engines.ngram.network import NgramNetwork, build_network
from unspool.errors import ModelFolderError
from unspool.text.tokenizer import BEGIN, PAD

ROWS, STEPS, SIZE = 3, 7, 9


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


def test_a_state_is_the_last_tokens(network: NgramNetwork, order: int) -> None:
    read = np.concatenate([tokens(9), tokens()], axis=1)
    state = network.unroll(tokens(), used_state(network))[1]
    np.testing.assert_array_equal(state, read[:, read.shape[1] - order + 1 :])
    assert (network.initial_state(2) == np.full((2, order - 1), -1)).all()


def test_a_state_comes_back_from_its_arrays_and_tokens_that_cannot_be_are_refused(
    network: NgramNetwork, order: int
) -> None:
    state = used_state(network)
    arrays = network.state_to_arrays(state)
    assert arrays["tokens"].shape == (1, ROWS, order - 1)
    np.testing.assert_array_equal(network.state_from_arrays(arrays), state)
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
