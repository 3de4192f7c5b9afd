"""What a row comes to does not depend on the rows that are generated beside it, whenever they come and go."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.engines import compared_engines
from helpers.small import random_weights
from unspool.arrays import Flags
from unspool.data.batches import TextSource
from unspool.decode.generation import Generation
from unspool.decode.reading import read, start_reading
from unspool.decode.row import Piece, joined
from unspool.engines.registry import build_network
from unspool.specs.network import DecoderSpec, NetworkSpec, TextEncoderSpec
from unspool.specs.sampling import SamplingSpec
from unspool.text.vocabulary import make_tokenizer

TOKENIZER = make_tokenizer("char", ["abcdefghij .\n"])
SIZE = TOKENIZER.vocabulary_size
TICKS = 8
CHECKED = 3  # rows that are compared with what they are alone


class Alternating:
    """Allows odd and even ids in turn."""

    def __init__(self, count: int = 0) -> None:
        self.count = count

    def allowed(self) -> Flags:
        return np.arange(SIZE) % 2 == self.count % 2

    def advance(self, token: int) -> None:
        self.count += 1

    def fork(self) -> "Alternating":
        return Alternating(self.count)


class Plan(NamedTuple):
    """One row: its settings, what it reads first, and the ticks at which it comes and is cancelled."""

    settings: SamplingSpec
    seed: int
    prompt: str
    constrained: bool
    scored: bool
    join: int
    cancel: int


sampling = st.builds(
    SamplingSpec,
    max_new_tokens=st.integers(0, 40),
    temperature=st.sampled_from([0.0, 0.5, 1.0, 1.5]),
    top_k=st.sampled_from([0, 0, 5]),
    top_p=st.sampled_from([1.0, 1.0, 0.9]),
    typical_p=st.sampled_from([1.0, 1.0, 0.9]),
    repetition_penalty=st.sampled_from([1.0, 1.2]),
    presence_penalty=st.sampled_from([0.0, 0.3]),
    stop=st.sampled_from([(), (), ("a",), ("b.", "cc")]),
    ignore_eos=st.booleans(),
)
plans = st.builds(
    Plan,
    sampling,
    st.integers(0, 999),
    st.text("abcdefghij", max_size=4),
    st.booleans(),
    st.booleans(),
    st.integers(0, TICKS - 1),
    st.integers(0, 3 * TICKS),
)


def batches(max_others: int) -> st.SearchStrategy[list[Plan]]:
    counts = st.integers(0, max_others)
    return counts.flatmap(lambda others: st.lists(plans, min_size=1 + others, max_size=1 + others))


ticks = st.lists(st.integers(1, 9), min_size=TICKS, max_size=TICKS)


@cache
def network_of(engine: str, cell: str, precision: str) -> Any:
    shape = {"cell": cell, "hidden_size": 37, "embedding_size": 5, "num_layers": 2, "vocabulary_size": SIZE}
    spec = NetworkSpec(decoder=DecoderSpec(**shape))
    compiled = {"precision": precision, "threads": 2} if engine == "numba" else {}
    return build_network(engine, spec, random_weights(spec), **compiled)


def reading_of(network: Any, prompt: str) -> Any:
    return read(network, TOKENIZER.encode(prompt), start_reading(network))


def add(rows: Generation, network: Any, plan: Plan) -> int:
    constraint = Alternating() if plan.constrained else None
    return rows.add(reading_of(network, plan.prompt), plan.settings, plan.seed, constraint, plan.scored)


def alone(network: Any, plan: Plan) -> Piece:
    rows, found = Generation(network, TOKENIZER, True), []
    add(rows, network, plan)
    while len(rows):
        found += rows.tick(5)
    return joined(found)


def together(network: Any, batch: list[Plan], counts: list[int]) -> dict[int, list[Piece]]:
    """The pieces of each plan, by its number."""
    rows, found = Generation(network, TOKENIZER, True), {number: [] for number in range(len(batch))}
    numbers: dict[int, int] = {}
    for tick, count in enumerate([*counts, *[9] * (2 * TICKS)]):
        for number, plan in enumerate(batch):
            if plan.join == tick:
                numbers[add(rows, network, plan)] = number
        for row, number in numbers.items():
            if batch[number].cancel == tick:
                rows.cancel(row)
        for piece in rows.tick(count):
            found[numbers[piece.row]].append(piece)
    assert len(rows) == 0
    return found


def check(network: Any, batch: list[Plan], counts: list[int], tolerance: float) -> None:
    found = together(network, batch, counts)
    for number, plan in enumerate(batch[:CHECKED]):
        expected = alone(network, plan)
        if not found[number]:
            assert plan.cancel in range(plan.join, 3 * TICKS)
            continue
        one = joined(found[number])
        assert one.ids == expected.ids[: len(one.ids)]
        assert expected.text.startswith(one.text)
        if plan.scored:
            scores = (expected.log_probabilities or ())[: len(one.ids)]
            np.testing.assert_allclose(one.log_probabilities, scores, rtol=0, atol=tolerance)
        else:
            assert one.log_probabilities is expected.log_probabilities is None
        if plan.cancel < plan.join:
            assert one.finish_reason == expected.finish_reason
            assert (one.text, len(one.ids)) == (expected.text, len(expected.ids))


QUICK = {"lstm": "bfloat16", "gru": "int8", "mingru": "float32"}  # every precision once, and every gate


@pytest.mark.parametrize(
    ("cell", "precision"),
    [
        pytest.param(cell, precision, marks=[pytest.mark.slow] * (QUICK.get(cell) != precision))
        for cell in ("rnn", "lstm", "gru", "mingru")
        for precision in ("float32", "bfloat16", "int8")
    ],
)
def test_with_compiled_kernels_a_row_is_the_same_to_the_last_bit(cell: str, precision: str) -> None:
    @settings(max_examples=4)
    @given(batches(63), ticks)
    def run(batch: list[Plan], counts: list[int]) -> None:
        check(network_of("numba", cell, precision), batch, counts, tolerance=0)

    run()


@pytest.mark.engines
@pytest.mark.parametrize("engine", [engine for engine in compared_engines() if engine != "numba"])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "mingru"])
def test_with_the_other_engines_a_row_is_the_same_but_for_rounding(cell: str, engine: str) -> None:
    @settings(max_examples=2)
    @given(batches(9), ticks)
    def run(batch: list[Plan], counts: list[int]) -> None:
        check(network_of(engine, cell, "float32"), batch, counts, tolerance=2e-5)

    run()


@pytest.mark.parametrize(
    ("cell", "attention", "precision"),
    [
        ("gru", "dot", "float32"),
        pytest.param("gru", "additive", "float32", marks=pytest.mark.slow),
        pytest.param("mingru", "additive", "float32", marks=pytest.mark.slow),
        pytest.param("lstm", "dot", "int8", marks=pytest.mark.slow),
    ],
)
def test_memories_of_other_lengths_change_no_bit(cell: str, attention: str, precision: str) -> None:
    encoder = TextEncoderSpec(vocabulary_size=SIZE, hidden_size=7, embedding_size=4, bidirectional=True)
    shape: dict[str, Any] = {"cell": cell, "attention": attention, "hidden_size": 37, "embedding_size": 5}
    spec = NetworkSpec(encoder=encoder, decoder=DecoderSpec(vocabulary_size=SIZE, **shape))
    network = build_network("numba", spec, random_weights(spec), precision, 2)
    texts = [TOKENIZER.encode(text) for text in ("ab", "abcdefghijabcdefghij.", "j", "hgfed", "cab cab")]
    readings = [start_reading(network, TextSource.of_texts([text])) for text in texts]
    plain = SamplingSpec(max_new_tokens=30, temperature=1.0)
    rows, found = Generation(network, TOKENIZER, False), []
    for number, reading in enumerate(readings):
        rows.add(reading, plain, number, log_probabilities=True)
        found += rows.tick(3 + number)
    rows.cancel(1)
    while len(rows):
        found += rows.tick(7)
    for number in (0, 2, 3, 4):
        single = Generation(network, TOKENIZER, False)
        single.add(readings[number], plain, number, log_probabilities=True)
        (expected,) = single.tick(30)
        assert joined([piece for piece in found if piece.row == number])[1:] == expected[1:]
