"""Counts that grow while a text is read: the same model as counts of the whole, at every moment."""

import numpy as np
import pytest

from helpers.growing import counts_in, distribution_after, grown
from unspool.arrays import IntArray
from unspool.engines.ngram.counts import Counts, counts_of
from unspool.engines.ngram.growing import CAPACITY, GrowingCounts
from unspool.engines.ngram.model import build_model
from unspool.engines.ngram.network import build_network
from unspool.errors import UsageError
from unspool.text.tokenizer import BEGIN, END, PAD

SIZE = 9


def documents(count: int = 6, seed: int = 0) -> list[IntArray]:
    generator = np.random.default_rng(seed)
    lengths = generator.integers(1, 90, count)
    return [np.append(generator.choice([3, 4, 5, 6, 7, 8], length, p=[0.5, 0.2, 0.1, 0.1, 0.05, 0.05]), END)
            for length in lengths]  # fmt: skip


@pytest.fixture(params=[1, 2, 3, 6])
def order(request: pytest.FixtureRequest) -> int:
    found: int = request.param
    return found


def assert_same(one: Counts, other: Counts) -> None:
    assert (one.order, one.vocabulary_size) == (other.order, other.vocabulary_size)
    np.testing.assert_array_equal(one.ngrams, other.ngrams)
    np.testing.assert_array_equal(one.counts, other.counts)


def test_they_are_the_counts_of_the_corpus(order: int) -> None:
    assert_same(counts_in(grown(order, SIZE, documents()), SIZE), counts_of(documents(), order, SIZE))
    assert_same(counts_in(GrowingCounts(order, SIZE), SIZE), counts_of([], order, SIZE))


def test_they_predict_what_the_model_of_the_corpus_does(order: int) -> None:
    for count in (1, 3, 6):
        texts = documents(count)
        static, growing = (
            build_network(build_model(counts_of(texts, order, SIZE)), compiled=False),
            grown(order, SIZE, texts),
        )
        tokens = np.random.default_rng(1).integers(1, SIZE, 20)
        expected = static.predict(tokens[None], static.initial_state(1))
        for time in range(len(tokens)):
            before = np.concatenate([np.full(order, -1), tokens[: time + 1]])[time + 2 :]
            found, length = distribution_after(growing, SIZE, before)
            np.testing.assert_allclose(np.log(found[3:]), expected.logits[0, time, 3:], rtol=0, atol=1e-5)
            assert length == expected.lengths[0, time]
            assert found.sum() == pytest.approx(1, abs=1e-9)
            assert found[[PAD, BEGIN]].sum() < 1e-9


@pytest.mark.parametrize("piece", [1, 7])
def test_a_text_can_come_in_pieces(order: int, piece: int) -> None:
    text = np.concatenate(documents())
    assert_same(counts_in(grown(order, SIZE, [text], piece), SIZE), counts_of([text], order, SIZE))


def test_there_is_room_for_any_text() -> None:
    text = np.random.default_rng(0).integers(3, 500, CAPACITY)
    found = grown(6, 500, [text, text], 1000)
    assert len(found.tables.counts) > 4 * CAPACITY
    assert_same(counts_in(found, 500), counts_of([text, text], 6, 500))


def test_an_order_that_cannot_be_is_refused() -> None:
    with pytest.raises(UsageError, match="the order of n-grams"):
        GrowingCounts(13, SIZE)
