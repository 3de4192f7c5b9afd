"""A network and counts as one: their distributions are mixed, and what the network can do, the mixture can."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from helpers.small import random_weights
from unspool.arrays import Arrays, log_softmax, softmax
from unspool.data.batches import TextSource
from unspool.decode.sampler import COMPILABLE, Samplers
from unspool.engines import gate
from unspool.engines.base import Attends, BlockGenerator, Encodes, HandoverNetwork, SequenceNetwork
from unspool.engines.gate import FIGURES, MAX_TOKENS, POWERS, START, Gate, features_of, gate_from_arrays
from unspool.engines.gate_fit import Positions, fit_gate
from unspool.engines.mixture import GATE, NGRAM, Mixture, with_prefix
from unspool.engines.ngram import smoothing
from unspool.engines.ngram.counts import counts_of
from unspool.engines.ngram.growing import import_kernels
from unspool.engines.ngram.model import build_model
from unspool.engines.registry import build_network
from unspool.errors import ModelFolderError
from unspool.specs.network import DecoderSpec, NetworkSpec, NgramSpec, TextEncoderSpec
from unspool.specs.sampling import SamplingSpec
from unspool.text.tokenizer import END

SIZE, ORDER, ROWS, STEPS = 11, 4, 3, 300
DECODER = DecoderSpec(hidden_size=8, embedding_size=4, vocabulary_size=SIZE)
PLAIN = NetworkSpec(decoder=DECODER, ngram=NgramSpec(order=ORDER, vocabulary_size=SIZE))
ATTENDING = PLAIN.changed(
    decoder=DECODER.changed(attention="dot"), encoder=TextEncoderSpec(vocabulary_size=SIZE, hidden_size=8)
)
CLOSE = {"rtol": 0, "atol": 2e-5}


@cache
def beside() -> Arrays:
    text = np.random.default_rng(1).integers(2, 5, 400) * 2  # even tokens
    model = build_model(counts_of([text], ORDER, SIZE)).to_arrays()
    lengths = np.array([[0.9, 0.1, 0.2], [0.7, 0.2, 0.3], [0.5, 0.5, 0.4], [0.3, 0.8, 0.5]])
    features = np.random.default_rng(2).normal(0, 0.03, (6 + SIZE, 3))
    gate = Gate(lengths, features)
    return with_prefix(NGRAM, model) | with_prefix(GATE, gate.to_arrays())


def arrays_of(spec: NetworkSpec) -> Arrays:
    return random_weights(spec.without_counts()) | beside()


def opened(engine: str, spec: NetworkSpec = PLAIN) -> Any:
    return build_network(engine, spec, arrays_of(spec))


def tokens(rows: int = ROWS, steps: int = STEPS) -> Any:
    return np.random.default_rng(2).integers(3, SIZE, (rows, steps))


def test_compiled_bounds_are_those_of_the_definition() -> None:
    kernels, growing_kernels = import_kernels("mixing"), import_kernels("growing")
    for name in ("FIGURES", "MIN_FEATURE", "MIN_LOG_PROBABILITY", "MAX_POWER"):
        assert getattr(kernels, name) == getattr(gate, name)
    for name in ("FLOOR", "FALLBACK"):
        assert getattr(growing_kernels, name) == getattr(smoothing, name)


@pytest.mark.parametrize("engine", ["numpy", "numba", "auto", "torch"])
def test_the_mixture_is_a_product_of_powers_that_sums_to_1(engine: str) -> None:
    network = opened(engine)
    assert isinstance(network, Mixture)
    assert isinstance(network, SequenceNetwork)
    found = network.predict(tokens(), network.initial_state(ROWS))
    own, _ = network.network.unroll(tokens(), network.network.initial_state(ROWS))
    counted = network.counts.predict(tokens(), network.counts.initial_state(ROWS)).logits
    mixed = np.exp(found.logits.astype(np.float64))
    powers = found.powers[..., None]
    np.testing.assert_allclose(mixed.sum(-1), 1, atol=1e-6)
    both = softmax(own.astype(np.float64)), np.exp(counted.astype(np.float64))
    network_power, counts_power, mean_power = np.moveaxis(powers, 2, 0)
    expected = both[0] ** network_power * both[1] ** counts_power * ((both[0] + both[1]) / 2) ** mean_power
    np.testing.assert_allclose(mixed, expected / expected.sum(-1, keepdims=True), atol=1e-6)
    assert found.powers.std(axis=(0, 1)).min() > 0.01


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_a_mixture_of_many_tokens_sums_to_1(engine: str) -> None:
    size = MAX_TOKENS + 100  # whose gate does not see which tokens are expected
    decoder = DECODER.changed(vocabulary_size=size)
    spec = NetworkSpec(decoder=decoder, ngram=NgramSpec(order=ORDER, vocabulary_size=size))
    text = np.random.default_rng(1).integers(3, size, 4000)
    counted = build_model(counts_of([text], ORDER, size)).to_arrays()
    weighing = Gate(np.tile([0.6, 0.3, 0.2], (ORDER, 1)), np.random.default_rng(2).normal(0, 0.03, (FIGURES, POWERS)))
    arrays = (
        random_weights(spec.without_counts()) | with_prefix(NGRAM, counted) | with_prefix(GATE, weighing.to_arrays())
    )
    network = build_network(engine, spec, arrays)
    found = network.unroll(text[None, :50], network.initial_state(1))[0].astype(np.float64)
    np.testing.assert_allclose(np.exp(found).sum(-1), 1, atol=1e-6)


@pytest.mark.parametrize("engine", ["numba", "auto", "torch"])
def test_every_engine_mixes_as_numpy_does(engine: str) -> None:
    one, other = opened("numpy"), opened(engine)
    expected, _ = one.unroll(tokens(), one.initial_state(ROWS))
    found, _ = other.unroll(tokens(), other.initial_state(ROWS))
    np.testing.assert_allclose(found, expected, **CLOSE)


@pytest.mark.parametrize("engine", ["numpy", "numba", "auto"])
def test_steps_forks_and_saved_states_go_on_as_an_unrolling(engine: str) -> None:
    network, text = opened(engine), tokens(steps=6)
    expected, _ = network.unroll(text, network.initial_state(ROWS))
    state = network.initial_state(ROWS)
    for step in range(6):
        logits, state = network.step(text[:, step], state)
        np.testing.assert_allclose(logits, expected[:, step], **CLOSE)
        parts = [network.select(state, np.array([row])) for row in range(ROWS)]
        state = network.state_from_arrays(network.state_to_arrays(network.join(parts)))
    nats, _ = network.nll(text[:, :-1], text[:, 1:], network.initial_state(ROWS))
    np.testing.assert_allclose(nats[0, 0], -expected[0, 0, text[0, 1]], **CLOSE)


def samplers_of(rows: int) -> Samplers:
    spec, forbidden = SamplingSpec(temperature=1.0), np.arange(SIZE) == END
    return Samplers.join([Samplers.one(spec, forbidden, [], seed) for seed in range(rows)])


def test_blocks_are_drawn_from_the_mixture() -> None:
    network = opened("numba")
    assert isinstance(network, BlockGenerator)
    for rows, generate in ((1, network.generate_row), (ROWS, network.generate_block)):
        logits, state = network.unroll(tokens(rows, 5), network.initial_state(rows))
        sampled = samplers_of(rows).for_block(np.full(rows, 40), np.zeros(rows, np.bool_))
        block = generate(logits[:, -1], state, sampled, COMPILABLE)
        samplers, current, own = samplers_of(rows), logits[:, -1], state
        for step in range(40):
            drawn = samplers.choose(current)
            assert drawn.tolist() == [ids[step] for ids in block.tokens]
            current, own = network.step(drawn, own)
        np.testing.assert_allclose(block.logits, current, **CLOSE)
        np.testing.assert_array_equal(block.state.counts, own.counts)


def test_the_mixture_encodes_attends_and_hands_over_where_its_network_does() -> None:
    plain, attending = opened("auto"), opened("auto", ATTENDING)
    assert not isinstance(plain, Encodes)
    assert not isinstance(opened("numpy"), HandoverNetwork)
    assert isinstance(plain, HandoverNetwork)
    assert isinstance(attending, Encodes)
    assert isinstance(attending, Attends)
    source = TextSource(tokens(ROWS, 4), np.full(ROWS, 4))
    weights = attending.attention(tokens(ROWS, 3), attending.encode(source))
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
    _, state = plain.unroll(tokens(steps=5), plain.initial_state(ROWS))
    successor, after = plain.hand_over(state)
    assert isinstance(successor, BlockGenerator)
    np.testing.assert_allclose(successor.step(tokens()[:, 0], after)[0], plain.step(tokens()[:, 0], state)[0], **CLOSE)


def test_beside_an_engine_without_counts_kernels_look_up_even_single_tokens() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("numba")
    for name, compiles in (("torch", True), ("numba", True), ("auto", False), ("numpy", False)):
        assert opened(name).counts.lookups.compiles(tokens(1, 1)) == compiles


def positions(draws: int, better: Any, evenness: float = 0.5) -> Positions:
    """Positions where tokens come from the counts where those are better, and else from the network."""
    generator = np.random.default_rng(3)
    parts = np.log(generator.dirichlet(np.full(SIZE, evenness), (draws, 2)) + 1e-8).astype(np.float32)
    lengths = generator.integers(0, ORDER, draws)
    true = softmax(parts[np.arange(draws), better(lengths).astype(int)].astype(np.float64))
    targets = np.array([generator.choice(SIZE, p=one) for one in true])
    return Positions(features_of(parts[:, 0], parts[:, 1]), lengths, targets, parts)


def test_a_gate_is_fitted_towards_what_predicts_better_where_it_does() -> None:
    found = positions(4000, lambda lengths: lengths >= 2)
    gate = fit_gate(found, ORDER)
    powers, counts = gate.powers(found.features, found.lengths), found.lengths >= 2
    assert powers[counts].mean(0) == pytest.approx([0, 1, 0], abs=0.2)
    assert powers[~counts].mean(0) == pytest.approx([1, 0, 0], abs=0.2)
    assert found.nats(gate) < min(-found.of_targets.mean(0))


@pytest.mark.parametrize("evenness", [1.0, 0.5, 0.1, 0.02])  # the less even, the farther a whole step goes too far
def test_no_gate_near_the_fitted_one_predicts_better(evenness: float) -> None:
    found = positions(1000, lambda lengths: lengths >= 1, evenness)
    gate = fit_gate(found, ORDER)
    generator = np.random.default_rng(4)
    for _ in range(20):
        moved = gate._replace(lengths=gate.lengths + generator.normal(0, 0.1, gate.lengths.shape))
        assert found.nats(moved) > found.nats(gate) - 1e-3


@pytest.mark.parametrize("learnt", [0.05, 0.1, 0.2])
def test_a_gate_predicts_as_well_as_each_part_beside_a_network_that_has_learnt_little(learnt: float) -> None:
    """It knows in which direction to leave the counts, and not how far: the best powers are beyond their bounds."""
    generator = np.random.default_rng(6)
    common = np.log(generator.dirichlet(np.ones(SIZE)))
    away = generator.normal(0, 1, (1500, SIZE))
    network, counts = log_softmax(common + learnt * away), log_softmax(common + 0 * away)
    targets = np.array([generator.choice(SIZE, p=one) for one in softmax(common + away)])
    lengths, parts = generator.integers(0, ORDER, len(targets)), np.stack([network, counts], 1).astype(np.float32)
    found = Positions(features_of(network, counts), lengths, targets, parts)
    start = Gate(np.tile(START, (ORDER, 1)), np.zeros((found.features.shape[1], POWERS)))
    assert found.nats(fit_gate(found, ORDER)) < min(found.nats(start), *(-found.of_targets.mean(0)))


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_a_gate_of_figures_alone_is_one_that_gives_no_token_any_weight(engine: str) -> None:
    features = np.array(beside()["gate.features"])
    features[6:] = 0
    networks: Any = [
        build_network(engine, PLAIN, arrays_of(PLAIN) | {"gate.features": one})
        for one in (features, features[:6].copy())
    ]
    expected, found = (network.unroll(tokens(), network.initial_state(ROWS))[0] for network in networks)
    np.testing.assert_allclose(found, expected, **CLOSE)


def test_a_gate_learns_which_expected_tokens_tell_who_is_right() -> None:
    found = positions(4000, lambda lengths: lengths < 0)
    likely = np.exp(found.parts[:, :, 3]).mean(1) > 0.1  # where token 3 is expected, the counts are right
    generator = np.random.default_rng(5)
    true = softmax(np.where(likely[:, None], found.parts[:, 1], found.parts[:, 0]).astype(np.float64))
    whole = found._replace(targets=np.array([generator.choice(SIZE, p=one) for one in true]))
    without = whole._replace(features=whole.features[:, :6])
    assert whole.nats(fit_gate(whole, ORDER)) < without.nats(fit_gate(without, ORDER)) - 0.01


def test_a_gate_of_one_weight_still_opens_and_mixes() -> None:
    before = arrays_of(PLAIN) | {"gate.lengths": np.ones(ORDER), "gate.features": np.ones(6)}
    network: Any = build_network("numpy", PLAIN, before)
    found = network.predict(tokens(), network.initial_state(ROWS))
    np.testing.assert_allclose(np.exp(found.logits.astype(np.float64)).sum(-1), 1, atol=1e-6)
    assert found.powers.min() > 0


def test_arrays_that_do_not_fit_are_refused() -> None:
    damaged = arrays_of(PLAIN) | {"gate.lengths": np.zeros((ORDER + 1, 3))}
    with pytest.raises(ModelFolderError, match="a gate must have lengths"):
        build_network("numpy", PLAIN, damaged)


def test_a_gate_of_a_large_vocabulary_has_no_weight_for_each_token() -> None:
    size = MAX_TOKENS + 1
    damaged = {"lengths": np.zeros((ORDER, POWERS)), "features": np.zeros((FIGURES + size, POWERS))}
    with pytest.raises(ModelFolderError, match=r"features \[6, 3\]"):
        gate_from_arrays(damaged, ORDER, size)
