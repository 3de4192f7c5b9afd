"""A network that draws by itself draws what the sampler would have drawn, token by token."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from conformance.engines import compared_engines
from helpers.small import random_weights
from unspool.data.batches import TextSource
from unspool.decode.sampler import COMPILABLE, Samplers
from unspool.engines.base import Block, BlockGenerator
from unspool.engines.registry import build_network
from unspool.specs.network import DecoderSpec, NetworkSpec, TextEncoderSpec
from unspool.specs.sampling import SamplingSpec
from unspool.specs.shapes import CellName
from unspool.text.tokenizer import BEGIN, END

SPEC = NetworkSpec(decoder=DecoderSpec(cell="lstm", hidden_size=8, embedding_size=5, vocabulary_size=11))
COUNT = 40
SETTINGS: list[dict[str, Any]] = [
    {},
    {"temperature": 0.0},
    {"temperature": 1.5, "top_k": 5, "top_p": 0.9},
    {"min_p": 0.05, "typical_p": 0.8},
    {"repetition_penalty": 1.3, "frequency_penalty": 0.2, "presence_penalty": 0.1},
]


def networks() -> list[tuple[str, Any]]:
    return [(name, build_network(name, SPEC, random_weights(SPEC))) for name in compared_engines()]


@pytest.fixture(scope="module", params=[name for name, network in networks() if isinstance(network, BlockGenerator)])
def generator(request: pytest.FixtureRequest) -> Any:
    return build_network(request.param, SPEC, random_weights(SPEC))


def sampler(
    settings: dict[str, Any], forbidden: tuple[int, ...], seed: int = 3, read: tuple[int, ...] = ()
) -> Samplers:
    spec = SamplingSpec(**{"temperature": 1.0, **settings})
    return Samplers.one(spec, np.isin(np.arange(11), forbidden), read, seed)


def generated(network: Any, logits: Any, state: Any, samplers: Samplers, count: int, alone: bool = False) -> Block:
    rows = len(samplers.generators)
    sampled = samplers.for_block(np.full(rows, count), np.ones(rows, np.bool_))
    return (network.generate_row if alone else network.generate_block)(logits, state, sampled, COMPILABLE)


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: "+".join(settings) or "plain")
@pytest.mark.parametrize("forbidden", [(0, 1, 2), (0, 1, 2, END)], ids=["may-end", "may-not-end"])
@pytest.mark.parametrize("alone", [True, False])
def test_a_block_equals_drawing_step_by_step(
    generator: Any, settings: dict[str, Any], forbidden: tuple[int, ...], alone: bool
) -> None:
    begin = np.array([BEGIN])
    logits, state = generator.step(begin, generator.initial_state(1))
    one = sampler(settings, forbidden, read=(4, 5))
    (tokens,), (scores,), last, end = generated(generator, logits, state, one, COUNT, alone)

    oracle = build_network("numpy", SPEC, random_weights(SPEC))
    one, expected, nats = sampler(settings, forbidden, read=(4, 5)), [], []
    logits, state = oracle.step(begin, oracle.initial_state(1))
    while len(expected) < COUNT and END not in expected:
        expected.append(int(one.choose(logits)[0]))
        nats.append(np.log(np.exp(logits[0]).sum()) - logits[0, expected[-1]])
        logits, state = oracle.step(np.array(expected[-1:]), state)
    assert tokens.tolist() == expected
    assert alone or np.allclose(scores, np.negative(nats), atol=1e-4)
    if END not in expected:
        np.testing.assert_allclose(last, logits, atol=1e-4)
        for name, array in generator.state_to_arrays(end).items():
            np.testing.assert_allclose(array, oracle.state_to_arrays(state)[name], atol=1e-4)


@pytest.mark.parametrize("rows", [2, 3, 32])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "mingru"])
def test_each_row_of_a_batch_comes_to_what_it_would_alone(cell: CellName, rows: int) -> None:
    size = {"hidden_size": 37, "embedding_size": 5, "num_layers": 2, "vocabulary_size": 11}
    spec = NetworkSpec(decoder=DecoderSpec(cell=cell, **size))
    network = build_network("numba", spec, random_weights(spec))
    settings = {"presence_penalty": 0.1}
    samplers = Samplers.join([sampler(settings, (0, 1, 2), seed, (4,)) for seed in range(rows)])
    logits, state = network.step(np.full(rows, BEGIN), network.initial_state(rows))
    together, _, last, end = generated(network, logits, state, samplers, COUNT)
    lengths = set()
    for row in range(rows):
        one = sampler(settings, (0, 1, 2), row, (4,))
        first, alone = network.step(np.array([BEGIN]), network.initial_state(1))
        (tokens,), _, logits, after = generated(network, first, alone, one, COUNT, alone=True)
        assert together[row].tolist() == tokens.tolist()
        assert (samplers.counts[row] == one.counts[0]).all()
        lengths.add(len(tokens))
        if len(tokens) == COUNT and tokens[-1] != END:
            np.testing.assert_allclose(last[row], logits[0], atol=1e-4)
            for name, array in network.state_to_arrays(after).items():
                np.testing.assert_allclose(network.state_to_arrays(end)[name][:, row], array[:, 0], atol=1e-4)
    assert rows < 32 or len(lengths) > 1


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "int8"])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "mingru"])
def test_a_team_comes_to_what_one_thread_does(cell: CellName, precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shape = {"hidden_size": 37, "embedding_size": 5, "num_layers": 2, "vocabulary_size": 11}
    spec = NetworkSpec(decoder=DecoderSpec(cell=cell, **shape))
    monkeypatch.setattr("unspool.engines.numba.network.SHARED_FROM", 0)
    found = []
    for threads in (1, 2):
        network = build_network("numba", spec, random_weights(spec), precision, threads)
        one = sampler({"presence_penalty": 0.1}, (0, 1, 2, END))
        logits, state = network.step(np.array([BEGIN]), network.initial_state(1))
        (first,), _, logits, state = generated(network, logits, state, one, COUNT, alone=True)
        (then,), _, logits, state = generated(network, logits, state, one, COUNT, alone=True)
        arrays = network.state_to_arrays(state)
        found.append([[*first, *then], one.counts.tolist(), logits.tolist(), arrays["hidden"].tolist()])
    assert found[0] == found[1]
    assert len(found[0][0]) == 2 * COUNT


def test_several_callers_at_once_do_not_wait_for_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unspool.engines.numba.network.SHARED_FROM", 0)
    network = build_network("numba", SPEC, random_weights(SPEC), threads=2)

    def generate(_: int) -> list[int]:
        logits, state = network.step(np.array([BEGIN]), network.initial_state(1))
        (tokens,), *_ = generated(network, logits, state, sampler({}, (0, 1, 2, END)), 2000, alone=True)
        return list(map(int, tokens))

    with ThreadPoolExecutor(4) as callers:
        found = list(callers.map(generate, range(24)))
    assert all(tokens == found[0] for tokens in found)


def test_how_many_threads_there_are_changes_nothing() -> None:
    found = []
    for threads in (1, 2, 3):
        network = build_network("numba", SPEC, random_weights(SPEC), "bfloat16", threads)
        samplers = Samplers.join([sampler({}, (0, 1, 2)) for _ in range(33)])
        logits, state = network.step(np.full(33, BEGIN), network.initial_state(33))
        tokens, *_ = generated(network, logits, state, samplers, COUNT)
        found.append([row.tolist() for row in tokens])
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("rows", [1, 7])
@pytest.mark.parametrize("attention", ["none", "dot", "additive"])
@pytest.mark.parametrize(("cell", "decoder_input"), [("lstm", "previous"), ("gru", "none"), ("mingru", "previous")])
def test_from_a_source_it_generates_what_numpy_and_the_sampler_would(
    cell: CellName, decoder_input: str, attention: str, rows: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unspool.engines.numba.network.SHARED_STEP", 0)
    reader = TextEncoderSpec(vocabulary_size=9, hidden_size=6, embedding_size=4, bidirectional=True)
    parts: dict[str, Any] = {"cell": cell, "attention": attention, "decoder_input": decoder_input}
    decoder = DecoderSpec(hidden_size=37, embedding_size=5, vocabulary_size=11, **parts)
    spec = NetworkSpec(encoder=reader, decoder=decoder)
    weights = random_weights(spec)
    generator = np.random.default_rng(1)
    source = TextSource(generator.integers(4, 9, (3, 5)), np.array([5, 2, 3]))
    chosen = generator.integers(0, 3, rows)
    found = []
    for engine in ("numpy", "numba"):
        chosen_threads = threads if engine == "numba" else 0
        network = build_network(engine, spec, weights, threads=chosen_threads)
        samplers = Samplers.join([sampler({}, (0, 1, 2, END), seed) for seed in range(rows)])
        state = network.select(network.encode(source), chosen)
        logits, state = network.step(np.full(rows, BEGIN), state)
        if engine == "numba":
            tokens, _, logits, state = generated(network, logits, state, samplers, COUNT)
        else:
            tokens = np.zeros((rows, COUNT), np.int64)
            for n in range(COUNT):
                tokens[:, n] = samplers.choose(logits)
                logits, state = network.step(tokens[:, n], state)
        arrays = network.state_to_arrays(state)
        found.append(([list(map(int, row)) for row in tokens], logits, arrays))
    (expected, logits, arrays), (tokens, other_logits, others) = found
    assert tokens == expected
    np.testing.assert_allclose(other_logits, logits, atol=1e-4)
    assert others.keys() == arrays.keys()
    for name in arrays:
        np.testing.assert_allclose(others[name], arrays[name], atol=1e-4)
