"""Evaluation counts every token once; compared with loops that read one token at a time."""

import math

import numpy as np
import pytest

from helpers.small import random_weights, small_text
from unspool.arrays import IntArray
from unspool.data.tokens import Part, part_of_text
from unspool.engines.base import SequenceNetwork
from unspool.engines.registry import build_network
from unspool.evaluate import bits
from unspool.evaluate.bits import carried_nats, document_nats, evaluate_part, fresh_means, token_nats
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.text.tokenizer import BEGIN, END, SPELLING_BITS
from unspool.text.vocabulary import make_tokenizer

TOKENIZER = make_tokenizer("char", [small_text()])
TOKENS = TOKENIZER.encode(small_text(lines=12, seed=5))


@pytest.fixture(scope="module")
def network() -> SequenceNetwork:
    decoder = DecoderSpec(cell="gru", hidden_size=8, embedding_size=4, vocabulary_size=TOKENIZER.vocabulary_size)
    spec = NetworkSpec(decoder=decoder)
    return build_network("numpy", spec, random_weights(spec))


def by_hand(network: SequenceNetwork, tokens: IntArray) -> list[float]:
    """Token by token from the initial state."""
    nats, state, before = [], network.initial_state(1), BEGIN
    for token in tokens.tolist():
        logits, state = network.step(np.array([before]), state)
        powers = np.exp(logits[0].astype(np.float64))
        nats.append(-math.log(powers[token] / powers.sum()))
        before = token
    return nats


@pytest.mark.parametrize("chunk", [1, 7, 256])
def test_token_nats_equal_a_loop_by_hand(network: SequenceNetwork, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(bits, "CHUNK", chunk)
    found = token_nats(network, TOKENS)
    np.testing.assert_allclose(found, by_hand(network, TOKENS), atol=1e-4)
    assert carried_nats(network, TOKENS) == pytest.approx(sum(by_hand(network, TOKENS)), rel=1e-5)


@pytest.mark.parametrize("rows", [2, 3, 7, 64])
def test_several_rows_are_close_to_one(network: SequenceNetwork, rows: int) -> None:
    assert carried_nats(network, TOKENS, rows) == pytest.approx(carried_nats(network, TOKENS, 1), rel=0.01)


class Counting:
    """A network whose nll of a token is its id, so that a sum says which were counted."""

    vocabulary_size = 5000

    def initial_state(self, rows: int) -> None:
        return None

    def nll(self, inputs: IntArray, targets: IntArray, state: None) -> tuple[np.ndarray, None]:
        return targets.astype(np.float32), None


@pytest.mark.parametrize("size", [1, 2, 63, 64, 65, 255, 257, 1000])
@pytest.mark.parametrize("rows", [1, 2, 5, 64])
def test_every_token_is_counted_once(size: int, rows: int) -> None:
    tokens = np.arange(4, 4 + size)
    assert carried_nats(Counting(), tokens, rows) == tokens.sum()  # type: ignore[arg-type]


@pytest.mark.parametrize(("size", "skipped"), [(1, 0), (2, 0), (40, 10), (128, 32), (129, 64), (1000, 64)])
def test_fresh_means_skip_the_first_tokens(size: int, skipped: int) -> None:
    found = fresh_means(Counting(), np.arange(4, 4 + size), count=20, seed=1)  # type: ignore[arg-type]
    length = min(256, size)
    starts = np.random.default_rng(1).integers(0, size - length + 1, 20)
    expected = [np.arange(4 + start + skipped, 4 + start + length).mean() for start in starts]
    np.testing.assert_allclose(found, expected)


class Showing(Counting):
    """A network whose nll is the token that it was fed."""

    def nll(self, inputs: IntArray, targets: IntArray, state: None) -> tuple[np.ndarray, None]:
        return inputs.astype(np.float32), None


def test_every_token_is_predicted_from_the_one_before_it_and_the_first_from_begin() -> None:
    tokens, showing = np.arange(4, 4 + 1000), Showing()
    assert token_nats(showing, tokens).tolist() == [BEGIN, *tokens[:-1]]  # type: ignore[arg-type]
    assert carried_nats(showing, tokens, 5) == sum(tokens[:-1]) + tokens[-1]  # type: ignore[arg-type]
    found = fresh_means(showing, tokens[:3], count=20, seed=1)  # type: ignore[arg-type]
    np.testing.assert_allclose(found, (BEGIN + tokens[0] + tokens[1]) / 3)
    part = Part(np.array([4, 5, END, END, 6, END]), np.array([0, 3, 4, 6]), 1, 1, 0.0, np.zeros(7))
    sums, _ = document_nats(showing, part)  # type: ignore[arg-type]
    assert sums.tolist() == [BEGIN, BEGIN + 6, BEGIN + 4 + 5]


def documents() -> Part:
    texts = ["the cat", "a", "small red house by the river", ""]
    ids = [np.append(TOKENIZER.encode(text), END) for text in texts]
    starts = np.cumsum([0, *map(len, ids)])
    size, tokens = sum(map(len, texts)) + 4, np.concatenate(ids)
    return Part(tokens, starts, size, size, 0.0, np.bincount(tokens))


@pytest.mark.parametrize("rows", [1, 2, 64])
def test_documents_are_read_each_from_the_initial_state(network: SequenceNetwork, rows: int) -> None:
    part = documents()
    assert part.starts is not None
    pieces = [part.tokens[a:b] for a, b in zip(part.starts, part.starts[1:], strict=False)]
    sums, lengths = document_nats(network, part, rows)
    expected = [sum(by_hand(network, piece)) for piece in sorted(pieces, key=len)]
    np.testing.assert_allclose(sums, expected, rtol=1e-4)
    assert lengths.tolist() == [1, 2, 8, 29]


def test_the_figures_follow_from_the_nats(network: SequenceNetwork) -> None:
    text = small_text(lines=5, seed=3)
    part = part_of_text(TOKENIZER, text)
    figures = evaluate_part(network, part)
    nats = sum(by_hand(network, part.tokens))
    assert figures.tokens == len(text)
    assert figures.nats_per_token == pytest.approx(nats / len(text), rel=1e-5)
    assert figures.bits_per_byte == pytest.approx(nats / math.log(2) / len(text.encode()), rel=1e-5)
    assert figures.perplexity == pytest.approx(math.exp(nats / len(text)), rel=1e-4)


def test_a_character_takes_more_bytes_than_it_counts_as_characters(network: SequenceNetwork) -> None:
    figures = evaluate_part(network, part_of_text(TOKENIZER, "漢" * 50))
    assert figures.bits_per_character == pytest.approx(3 * figures.bits_per_byte)


def test_unknown_characters_are_charged_for_their_names(network: SequenceNetwork) -> None:
    text = small_text(lines=5, seed=3)
    unknown = text.replace("e", "é")
    free = carried_nats(network, TOKENIZER.encode(unknown)) / math.log(2)
    figures = evaluate_part(network, part_of_text(TOKENIZER, unknown))
    charged = free + unknown.count("é") * SPELLING_BITS
    assert figures.bits_per_byte == pytest.approx(charged / len(unknown.encode()), rel=1e-5)
    assert figures.bits_per_byte > evaluate_part(network, part_of_text(TOKENIZER, text)).bits_per_byte
