"""Beam search against trying everything, and against always taking the likeliest token."""

from itertools import product

import numpy as np
import pytest

from helpers.small import beside_arrays, random_weights
from unspool.arrays import IntArray
from unspool.data.batches import TextSource
from unspool.decode.beam import beam_search
from unspool.engines.base import EncoderDecoder
from unspool.engines.registry import build_network
from unspool.specs.network import DecoderSpec, NetworkSpec, NgramSpec, TextEncoderSpec
from unspool.specs.sampling import BeamSpec
from unspool.text.tokenizer import BEGIN, END, PAD, UNKNOWN

SPEC = NetworkSpec(
    encoder=TextEncoderSpec(vocabulary_size=7, hidden_size=5, embedding_size=4, bidirectional=True),
    decoder=DecoderSpec(cell="gru", vocabulary_size=6, hidden_size=5, embedding_size=4, attention="additive"),
)
FORBIDDEN = (PAD, UNKNOWN, BEGIN)  # so that 3 tokens are left: <eos>, 4 and 5
SOURCES = [np.array([4, 5, 3]), np.array([6, 3]), np.array([5, 5, 4, 6, 3])]
LONGEST = 4


MIXED = SPEC.changed(ngram=NgramSpec(order=4, vocabulary_size=6))


@pytest.fixture(params=[0, 1, 2, "mixture"])
def network(request: pytest.FixtureRequest) -> EncoderDecoder:
    if request.param == "mixture":
        return build_network("numpy", MIXED, random_weights(SPEC) | beside_arrays(MIXED.ngram))
    return build_network("numpy", SPEC, random_weights(SPEC, request.param))


def log_probability(network: EncoderDecoder, source: IntArray, ids: tuple[int, ...], ended: bool) -> float:
    """By one unroll, over the tokens that may be taken."""
    logits, _ = network.unroll(np.array([[BEGIN, *ids]]), network.encode(TextSource.of_texts([source])))
    logits = logits[0].astype(np.float64)
    logits[:, list(FORBIDDEN)] = -np.inf
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return float(sum(logs[index, token] for index, token in enumerate([*ids, END][: len(ids) + ended])))


@pytest.mark.parametrize("penalty", [0.0, 0.6, 1.0])
def test_with_beams_enough_it_finds_what_trying_everything_finds(network: EncoderDecoder, penalty: float) -> None:
    spec = BeamSpec(beams=200, length_penalty=penalty)
    found = beam_search(network, network.encode(TextSource.of_texts(SOURCES)), np.full(3, LONGEST), spec, FORBIDDEN)
    for source, hypotheses in zip(SOURCES, found, strict=True):
        every = []
        for length in range(LONGEST):
            for ids in product((4, 5), repeat=length):
                total = log_probability(network, source, ids, True)
                every.append((total / (length + 1) ** penalty, ids))
        every.sort(reverse=True)
        ended = [one for one in hypotheses if one.ended]
        assert [one.ids for one in ended] == [ids for _, ids in every]
        np.testing.assert_allclose([one.score for one in ended], [score for score, _ in every], atol=1e-5)


def test_one_beam_takes_the_likeliest_token_until_the_end(network: EncoderDecoder) -> None:
    max_lengths = np.array([9, 9, 2])
    found = beam_search(
        network, network.encode(TextSource.of_texts(SOURCES)), max_lengths, BeamSpec(beams=1), FORBIDDEN
    )
    for source, longest, (hypothesis,) in zip(SOURCES, max_lengths, found, strict=True):
        logits, state = network.step(np.array([BEGIN]), network.encode(TextSource.of_texts([source])))
        expected: list[int] = []
        while len(expected) < longest:
            logits[:, list(FORBIDDEN)] = -np.inf
            token = int(logits[0].argmax())
            if token == END:
                break
            expected.append(token)
            logits, state = network.step(np.array([token]), state)
        assert list(hypothesis.ids) == expected
        assert hypothesis.ended == (len(expected) < longest)


@pytest.mark.parametrize("beams", [1, 2, 5])
def test_a_batch_is_searched_as_each_source_alone(network: EncoderDecoder, beams: int) -> None:
    spec, max_lengths = BeamSpec(beams=beams), np.array([6, 3, 8])
    together = beam_search(network, network.encode(TextSource.of_texts(SOURCES)), max_lengths, spec, FORBIDDEN)
    for row, source in enumerate(SOURCES):
        start = network.encode(TextSource.of_texts([source]))
        (alone,) = beam_search(network, start, max_lengths[row : row + 1], spec, FORBIDDEN)
        assert [one.ids for one in alone] == [one.ids for one in together[row]]
        np.testing.assert_allclose([o.score for o in alone], [o.score for o in together[row]], atol=1e-5)


def test_states_that_were_forked_and_saved_are_searched_alike(network: EncoderDecoder) -> None:
    spec, lengths = BeamSpec(beams=3), np.full(3, 6)
    start = network.encode(TextSource.of_texts(SOURCES))
    forked = network.join([network.select(start, np.array([row])) for row in range(3)])
    saved = network.state_from_arrays(network.state_to_arrays(forked))
    expected, found = (beam_search(network, one, lengths, spec, FORBIDDEN) for one in (start, saved))
    for one, other in zip(expected, found, strict=True):
        assert [best.ids for best in one] == [best.ids for best in other]
        np.testing.assert_allclose([o.score for o in one], [o.score for o in other], atol=1e-5)


def test_the_mixture_searches_its_own_probabilities() -> None:
    mixed = build_network("numpy", MIXED, random_weights(SPEC) | beside_arrays(MIXED.ngram))
    source, spec = TextSource.of_texts(SOURCES), BeamSpec(beams=3)
    alone = beam_search(mixed.network, mixed.network.encode(source), np.full(3, 6), spec, FORBIDDEN)
    found = beam_search(mixed, mixed.encode(source), np.full(3, 6), spec, FORBIDDEN)
    assert [[one.score for one in best] for best in found] != [[one.score for one in best] for best in alone]
    by_network = {one.ids for best in alone for one in best}
    assert any(one.ids not in by_network for best in found for one in best)


def test_more_beams_never_find_less_likely_sequences_first(network: EncoderDecoder) -> None:
    start = network.encode(TextSource.of_texts(SOURCES))
    found = [beam_search(network, start, np.full(3, 4), BeamSpec(beams=k), FORBIDDEN) for k in (1, 200)]
    for few, many in zip(*found, strict=True):
        if few[0].ended:
            assert many[0].score >= few[0].score - 1e-6


class SureNetwork:
    """Follows a script: the next token of it is e^9 times as likely as each other, whatever was read before."""

    def __init__(self, script: list[int], vocabulary_size: int) -> None:
        self._script, self.vocabulary_size = script, vocabulary_size

    def step(self, tokens: IntArray, state: IntArray) -> tuple[np.ndarray, IntArray]:
        logits = np.zeros((len(tokens), self.vocabulary_size), np.float32)
        for row, place in enumerate(state):
            logits[row, self._script[min(place, len(self._script) - 1)]] = 9
        return logits, state + 1

    def select(self, state: IntArray, rows: IntArray) -> IntArray:
        return state[rows]


@pytest.mark.parametrize("beams", [2, 3, 5])
def test_unlikely_ends_do_not_keep_a_sure_sequence_from_its_own(beams: int) -> None:
    script = [4, 5, 4, 5, 4, 5, 4, 5, END]
    network = SureNetwork(script, vocabulary_size=6)
    ((best, *_),) = beam_search(network, np.zeros(1, np.int64), np.array([20]), BeamSpec(beams=beams), FORBIDDEN)
    assert best.ended
    assert best.ids == tuple(script[:-1])
