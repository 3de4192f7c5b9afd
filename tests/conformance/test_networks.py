"""What every network does, whatever the engine."""

import numpy as np
import pytest

from conformance.conftest import HIDDEN, VOCABULARY, Build
from conformance.engines import compared_engines
from unspool.arrays import Arrays, IntArray
from unspool.engines.base import Attends, Classifies, Encodes, SequenceNetwork, State
from unspool.engines.mixture import NGRAM, with_prefix
from unspool.engines.ngram.counts import NOTHING
from unspool.engines.parameters import state_shapes
from unspool.errors import ModelFolderError
from unspool.specs.network import NetworkSpec

ROWS, STEPS = 4, 7
CLOSE = {"rtol": 1e-6, "atol": 1e-5}


def tokens(rows: int = ROWS, steps: int = STEPS, seed: int = 0) -> IntArray:
    return np.random.default_rng(seed).integers(0, VOCABULARY, (rows, steps))


def used_state(network: SequenceNetwork, rows: int = ROWS) -> State:
    """A state that has read something."""
    return network.unroll(tokens(rows, seed=9), network.initial_state(rows))[1]


def assert_states_are_close(network: SequenceNetwork, one: State, other: State) -> None:
    arrays, others = network.state_to_arrays(one), network.state_to_arrays(other)
    assert arrays.keys() == others.keys()
    for name in arrays:
        np.testing.assert_allclose(arrays[name], others[name], **CLOSE)


def test_a_decoder_keeps_to_its_protocol_and_to_no_other(network: SequenceNetwork) -> None:
    assert isinstance(network, SequenceNetwork)
    assert not isinstance(network, Encodes | Attends | Classifies)
    assert network.vocabulary_size == VOCABULARY


def test_the_engines_give_the_same_logits(build: Build, spec: NetworkSpec) -> None:
    found = []
    for engine in compared_engines(spec.kind):
        network = build(engine)
        logits, state = network.unroll(tokens(), used_state(network))
        assert logits.dtype == np.float32
        assert logits.shape == (ROWS, STEPS, VOCABULARY)
        found.append((logits, network.state_to_arrays(state)))
    for logits, arrays in found[1:]:
        np.testing.assert_allclose(logits, found[0][0], **CLOSE)
        for name, array in arrays.items():
            np.testing.assert_allclose(array, found[0][1][name], **CLOSE)


def test_unroll_equals_t_times_step(network: SequenceNetwork) -> None:
    unrolled, end = network.unroll(tokens(), used_state(network))
    state = used_state(network)
    for time in range(STEPS):
        logits, state = network.step(tokens()[:, time], state)
        assert logits.dtype == np.float32
        np.testing.assert_allclose(logits, unrolled[:, time], **CLOSE)
    assert_states_are_close(network, state, end)


def test_a_batch_equals_its_rows_one_by_one(network: SequenceNetwork) -> None:
    together, _ = network.unroll(tokens(), used_state(network))
    for row in range(ROWS):
        alone, _ = network.unroll(tokens()[row : row + 1], network.select(used_state(network), np.array([row])))
        np.testing.assert_allclose(alone[0], together[row], **CLOSE)


def test_select_takes_rows_in_order_and_may_repeat_them(network: SequenceNetwork) -> None:
    rows = np.array([3, 0, 3])
    state = used_state(network)
    arrays, chosen = (network.state_to_arrays(s) for s in (state, network.select(state, rows)))
    for name in arrays:
        np.testing.assert_array_equal(chosen[name], arrays[name][:, rows])
    empty = network.state_to_arrays(network.select(state, np.array([], np.int64)))
    assert all(array.shape[1] == 0 for array in empty.values())


def test_join_is_the_inverse_of_select(network: SequenceNetwork) -> None:
    state = used_state(network)
    rows = [network.select(state, np.array(chosen)) for chosen in ([0], [1, 2], [3])]
    arrays, joined = (network.state_to_arrays(one) for one in (state, network.join(rows)))
    for name in arrays:
        np.testing.assert_array_equal(joined[name], arrays[name])


def test_arrays_of_another_state_are_refused(network: SequenceNetwork) -> None:
    arrays = network.state_to_arrays(used_state(network))
    (name, array), *others = arrays.items()
    wrong = [
        {},
        {**arrays, "other": array},
        {**arrays, name: np.pad(array, ((0, 0), (0, 0), (0, 1)))},
        {**arrays, name: array[:0]},
        {**arrays, name: array[0]},
        {**arrays, name: array.astype(np.float64)},
    ]
    for other, further in others:
        wrong += [{name: array}, {**arrays, other: further[:, :1]}]
    for found in wrong:
        with pytest.raises(ModelFolderError, match="a state of this network must have"):
            network.state_from_arrays(found)


def nothing_read(spec: NetworkSpec, rows: int) -> Arrays:
    """The state before anything is read: zeros, or no tokens."""
    tokens = {"tokens": np.full((1, rows, spec.ngram.order - 1), NOTHING, np.int64)} if spec.ngram else {}
    if spec.decoder is None:
        return tokens
    shapes = state_shapes(spec.without_counts(), rows)
    assert all(shape[2] == HIDDEN for shape in shapes.values())
    return {name: np.zeros(shape, np.float32) for name, shape in shapes.items()} | with_prefix(NGRAM, tokens)


def test_the_initial_state_is_that_of_nothing(network: SequenceNetwork, spec: NetworkSpec) -> None:
    arrays, expected = network.state_to_arrays(network.initial_state(3)), nothing_read(spec, 3)
    assert arrays.keys() == expected.keys()
    for name, array in arrays.items():
        assert array.dtype == expected[name].dtype
        np.testing.assert_array_equal(array, expected[name])


def test_a_state_is_a_value_that_no_step_changes(network: SequenceNetwork) -> None:
    state = used_state(network)
    before = {name: array.copy() for name, array in network.state_to_arrays(state).items()}
    network.step(tokens()[:, 0], state)
    network.unroll(tokens(), state)
    network.nll(tokens(), tokens(), state)
    for name, array in network.state_to_arrays(state).items():
        np.testing.assert_array_equal(array, before[name])


def test_a_state_survives_arrays_in_every_engine(network: SequenceNetwork, build: Build, spec: NetworkSpec) -> None:
    state = used_state(network)
    arrays = network.state_to_arrays(state)
    expected, _ = network.step(tokens()[:, 0], state)
    for engine in compared_engines(spec.kind):
        other = build(engine)
        again = other.state_from_arrays(arrays)
        found, _ = other.step(tokens()[:, 0], again)
        np.testing.assert_allclose(found, expected, **CLOSE)
        for name, array in other.state_to_arrays(again).items():
            np.testing.assert_array_equal(array, arrays[name])


def test_nll_is_minus_the_log_softmax_of_unroll(network: SequenceNetwork) -> None:
    inputs, targets = tokens(), tokens(seed=1)
    nats, state = network.nll(inputs, targets, used_state(network))
    logits, end = network.unroll(inputs, used_state(network))
    powers = np.exp(logits.astype(np.float64))
    chosen = np.take_along_axis(powers / powers.sum(axis=-1, keepdims=True), targets[..., None], axis=-1)[..., 0]
    np.testing.assert_allclose(nats, -np.log(chosen), **CLOSE)
    assert nats.dtype == np.float32
    assert_states_are_close(network, state, end)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int32, np.int64])
def test_token_ids_may_be_of_any_integer_type(network: SequenceNetwork, kind: type[np.integer]) -> None:
    inputs = tokens()
    expected, _ = network.nll(inputs, inputs, network.initial_state(ROWS))
    found, _ = network.nll(inputs.astype(kind), inputs.astype(kind), network.initial_state(ROWS))
    np.testing.assert_allclose(found, expected, rtol=1e-6)  # on several threads the last bit may differ
