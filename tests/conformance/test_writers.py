"""A network that draws by itself draws what the sampler would have drawn, token by token."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from helpers.small import random_weights
from unspool.data.batches import Source
from unspool.decode.sampler import COMPILABLE, Sampler
from unspool.engines.base import Network, Writer
from unspool.engines.registry import build_network, installed_engines
from unspool.specs.network import CellName, DecoderSpec, NetworkSpec, TextEncoderSpec
from unspool.specs.sampling import SamplingSpec
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


def networks() -> list[tuple[str, Network]]:
    return [(name, build_network(name, SPEC, random_weights(SPEC))) for name in installed_engines()]


@pytest.fixture(scope="module", params=[name for name, network in networks() if isinstance(network, Writer)])
def writer(request: pytest.FixtureRequest) -> Any:
    return build_network(request.param, SPEC, random_weights(SPEC))


def sampler(settings: dict[str, Any], forbidden: tuple[int, ...]) -> Sampler:
    return Sampler(SamplingSpec(**{"temperature": 1.0, **settings}), 11, forbidden, [4, 5], 3)


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: "+".join(settings) or "plain")
@pytest.mark.parametrize("forbidden", [(0, 1, 2), (0, 1, 2, END)], ids=["may-end", "may-not-end"])
def test_writing_equals_drawing_step_by_step(writer: Any, settings: dict[str, Any], forbidden: tuple[int, ...]) -> None:
    begin = np.array([BEGIN])
    logits, state = writer.step(begin, writer.initial_state(1))
    (tokens,), last, end = writer.write(logits, state, [sampler(settings, forbidden)], COMPILABLE, COUNT, END)

    oracle = build_network("numpy", SPEC, random_weights(SPEC))
    one, expected = sampler(settings, forbidden), []
    logits, state = oracle.step(begin, oracle.initial_state(1))
    while len(expected) < COUNT and END not in expected:
        expected.append(one.choose(logits[0]))
        logits, state = oracle.step(np.array(expected[-1:]), state)
    assert tokens.tolist() == expected
    if END not in expected:
        np.testing.assert_allclose(last, logits, atol=1e-4)
        for name, array in writer.state_to_arrays(end).items():
            np.testing.assert_allclose(array, oracle.state_to_arrays(state)[name], atol=1e-4)


@pytest.mark.parametrize("rows", [2, 3, 32])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "mingru"])
def test_side_by_side_each_row_writes_what_it_would_alone(cell: CellName, rows: int) -> None:
    size = {"hidden_size": 37, "embedding_size": 5, "num_layers": 2, "vocabulary_size": 11}
    spec = NetworkSpec(decoder=DecoderSpec(cell=cell, **size))
    network: Any = build_network("numba", spec, random_weights(spec))
    settings = SamplingSpec(temperature=1.0, presence_penalty=0.1)
    samplers = [Sampler(settings, 11, (0, 1, 2), [4], seed) for seed in range(rows)]
    logits, state = network.step(np.full(rows, BEGIN), network.initial_state(rows))
    together, last, end = network.write(logits, state, samplers, COMPILABLE, COUNT, END)
    lengths = set()
    for row in range(rows):
        one = Sampler(settings, 11, (0, 1, 2), [4], row)
        first, alone = network.step(np.array([BEGIN]), network.initial_state(1))
        (tokens,), logits, after = network.write(first, alone, [one], COMPILABLE, COUNT, END)
        assert together[row].tolist() == tokens.tolist()
        assert (samplers[row].written == one.written).all()
        lengths.add(len(tokens))
        if len(tokens) == COUNT and tokens[-1] != END:
            np.testing.assert_allclose(last[row], logits[0], atol=1e-4)
            for name, array in network.state_to_arrays(after).items():
                np.testing.assert_allclose(network.state_to_arrays(end)[name][:, row], array[:, 0], atol=1e-4)
    assert rows < 32 or len(lengths) > 1


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "int8"])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "mingru"])
def test_a_team_writes_what_one_thread_writes(cell: CellName, precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shape = {"hidden_size": 37, "embedding_size": 5, "num_layers": 2, "vocabulary_size": 11}
    spec = NetworkSpec(decoder=DecoderSpec(cell=cell, **shape))
    monkeypatch.setattr("unspool.engines.numba.network.SHARED_FROM", 0)
    found = []
    for threads in (1, 2):
        network: Any = build_network("numba", spec, random_weights(spec), precision, threads)
        one = sampler({"presence_penalty": 0.1}, (0, 1, 2, END))
        logits, state = network.step(np.array([BEGIN]), network.initial_state(1))
        (first,), logits, state = network.write(logits, state, [one], COMPILABLE, COUNT, END)
        (then,), logits, state = network.write(logits, state, [one], COMPILABLE, COUNT, END)
        arrays = network.state_to_arrays(state)
        found.append([[*first, *then], one.written.tolist(), logits.tolist(), arrays["hidden"].tolist()])
    assert found[0] == found[1]
    assert len(found[0][0]) == 2 * COUNT


def test_several_callers_at_once_do_not_wait_for_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unspool.engines.numba.network.SHARED_FROM", 0)
    network: Any = build_network("numba", SPEC, random_weights(SPEC), threads=2)

    def write(_: int) -> list[int]:
        logits, state = network.step(np.array([BEGIN]), network.initial_state(1))
        (tokens,), _, _ = network.write(logits, state, [sampler({}, (0, 1, 2, END))], COMPILABLE, 2000, END)
        return list(map(int, tokens))

    with ThreadPoolExecutor(4) as callers:
        found = list(callers.map(write, range(24)))
    assert all(tokens == found[0] for tokens in found)


def test_how_many_threads_there_are_changes_nothing() -> None:
    found = []
    for threads in (1, 2, 3):
        network: Any = build_network("numba", SPEC, random_weights(SPEC), "bfloat16", threads)
        samplers = [sampler({}, (0, 1, 2)) for _ in range(33)]
        logits, state = network.step(np.full(33, BEGIN), network.initial_state(33))
        tokens, _, _ = network.write(logits, state, samplers, COMPILABLE, COUNT, END)
        found.append([row.tolist() for row in tokens])
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("rows", [1, 7])
@pytest.mark.parametrize("attention", ["none", "dot", "additive"])
@pytest.mark.parametrize(("cell", "decoder_input"), [("lstm", "previous"), ("gru", "none"), ("mingru", "previous")])
def test_from_a_source_it_writes_what_numpy_and_the_sampler_would(
    cell: CellName, decoder_input: str, attention: str, rows: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unspool.engines.numba.network.SHARED_STEP", 0)
    reader = TextEncoderSpec(vocabulary_size=9, hidden_size=6, embedding_size=4, bidirectional=True)
    parts: dict[str, Any] = {"cell": cell, "attention": attention, "decoder_input": decoder_input}
    writer = DecoderSpec(hidden_size=37, embedding_size=5, vocabulary_size=11, **parts)
    spec = NetworkSpec(encoder=reader, decoder=writer)
    weights = random_weights(spec)
    generator = np.random.default_rng(1)
    source = Source(generator.integers(4, 9, (3, 5)), np.array([5, 2, 3]))
    chosen = generator.integers(0, 3, rows)
    found = []
    for engine in ("numpy", "numba"):
        chosen_threads = threads if engine == "numba" else 0
        network: Any = build_network(engine, spec, weights, threads=chosen_threads)
        samplers = [Sampler(SamplingSpec(temperature=1.0), 11, (0, 1, 2, END), [], seed) for seed in range(rows)]
        state = network.select(network.encode(source), chosen)
        logits, state = network.step(np.full(rows, BEGIN), state)
        if engine == "numba":
            written, logits, state = network.write(logits, state, samplers, COMPILABLE, COUNT, END)
        else:
            written = np.zeros((rows, COUNT), np.int64)
            for n in range(COUNT):
                written[:, n] = [one.choose(row) for one, row in zip(samplers, logits, strict=True)]
                logits, state = network.step(written[:, n], state)
        arrays = network.state_to_arrays(state)
        found.append(([list(map(int, row)) for row in written], logits, arrays))
    (expected, logits, arrays), (tokens, other_logits, others) = found
    assert tokens == expected
    np.testing.assert_allclose(other_logits, logits, atol=1e-4)
    assert others.keys() == arrays.keys()
    for name in arrays:
        np.testing.assert_allclose(others[name], arrays[name], atol=1e-4)
