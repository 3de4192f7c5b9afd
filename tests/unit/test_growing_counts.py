"""Counts that grow while a text is read: the same model as counts of the whole, at every moment, and no trace after."""

import numpy as np
import pytest

from unspool.arrays import IntArray
from unspool.engines.base import SequenceNetwork
from unspool.engines.ngram.counts import Counts, counts_of
from unspool.engines.ngram.growing import GrowingCounts
from unspool.engines.ngram.model import build_model
from unspool.engines.ngram.network import build_network
from unspool.errors import DataError, ModelFolderError, UsageError
from unspool.text.tokenizer import BEGIN, END, PAD, SPECIAL_TOKENS

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


def grown(order: int, texts: list[IntArray]) -> GrowingCounts:
    counts = GrowingCounts(order, SIZE)
    for text in texts:
        counts.add(text)
    return counts


def after(order: int, text: IntArray) -> IntArray:
    return np.concatenate([[-1] * order, [BEGIN], text])[len(text) + 2 :]


def assert_same(one: Counts, other: Counts) -> None:
    assert (one.order, one.vocabulary_size) == (other.order, other.vocabulary_size)
    np.testing.assert_array_equal(one.ngrams, other.ngrams)
    np.testing.assert_array_equal(one.counts, other.counts)


def test_they_are_the_counts_of_the_corpus(order: int) -> None:
    assert_same(grown(order, documents()).counts(), counts_of(documents(), order, SIZE))
    assert_same(GrowingCounts(order, SIZE).counts(), counts_of([], order, SIZE))


def test_they_predict_what_the_model_of_the_corpus_does(order: int) -> None:
    for count in (1, 3, 6):
        texts = documents(count)
        static = build_network(build_model(counts_of(texts, order, SIZE)), compiled=False)
        growing = grown(order, texts).network()
        assert isinstance(growing, SequenceNetwork)
        tokens = np.random.default_rng(1).integers(1, SIZE, (3, 20))
        expected, found = (one.predict(tokens, one.initial_state(3)) for one in (static, growing))
        np.testing.assert_allclose(found.logits[..., 3:], expected.logits[..., 3:], rtol=0, atol=1e-5)
        np.testing.assert_array_equal(found.lengths, expected.lengths)
        np.testing.assert_array_equal(found.counts, expected.counts)
        targets = np.random.default_rng(2).integers(3, SIZE, (3, 20))
        scores = growing.score(tokens, targets, growing.initial_state(3))
        chosen = np.take_along_axis(found.logits, targets[..., None], -1)[..., 0]
        np.testing.assert_allclose(scores.nll, -chosen, rtol=0, atol=1e-5)
        np.testing.assert_array_equal(scores.lengths, expected.lengths)


def test_a_text_can_come_in_pieces(order: int) -> None:
    text, counts = np.concatenate(documents()), GrowingCounts(order, SIZE)
    state = counts.start()
    for place in range(0, len(text), 7):
        state = counts.add(text[place : place + 7], state)
    np.testing.assert_array_equal(state, after(order, text))
    assert_same(counts.counts(), counts_of([text], order, SIZE))


def test_what_is_taken_out_leaves_no_trace(order: int) -> None:
    texts = documents(8)
    counts = grown(order, texts)
    for gone in (5, 0, 3):
        counts.remove(texts[gone])
    left = [text for index, text in enumerate(texts) if index not in (5, 0, 3)]
    never, tokens = grown(order, left[::-1]), np.arange(SIZE)[None]
    for one, other in zip(counts.to_arrays().values(), never.to_arrays().values(), strict=True):
        assert one.tobytes() == other.tobytes()
    found, expected = (one.network().unroll(tokens, one.network().initial_state(1))[0] for one in (counts, never))
    assert found.tobytes() == expected.tobytes()
    for text in left:
        counts.remove(text)
    assert counts.counts().counts.size == 0
    assert np.allclose(np.exp(counts.distribution(counts.start())).sum(), 1)


def test_what_was_not_added_is_refused_and_nothing_changes(order: int) -> None:
    counts = grown(order, documents())
    before = {name: array.tobytes() for name, array in counts.to_arrays().items()}
    other = np.append(documents()[0], [8, 8, 8, 8, 8, 8, 8, 8, 8, 8] * 20)
    with pytest.raises(DataError, match="what is taken out of counts must have been added"):
        counts.remove(other)
    assert {name: array.tobytes() for name, array in counts.to_arrays().items()} == before
    for wrong in (PAD, BEGIN, SIZE):
        with pytest.raises(DataError, match="a document must have token ids"):
            counts.add(np.array([4, wrong]))
    with pytest.raises(UsageError, match="the order of n-grams"):
        GrowingCounts(13, SIZE)


def test_they_come_back_from_their_arrays(order: int) -> None:
    counts = grown(order, documents())
    again = GrowingCounts.from_arrays(counts.to_arrays())
    assert_same(again.counts(), counts.counts())
    state = counts.add(np.array([4, 5]))
    again.add(np.array([4, 5]))
    np.testing.assert_array_equal(again.distribution(state), counts.distribution(state))
    again.remove(documents()[2])
    assert again.counts().counts.sum() == counts.counts().counts.sum() - len(documents()[2])
    with pytest.raises(ModelFolderError, match="counts must have the arrays"):
        GrowingCounts.from_arrays({"ngrams": counts.counts().ngrams})


def test_a_distribution_sums_to_1_and_is_what_scores_say(order: int) -> None:
    counts = grown(order, documents())
    state, text = counts.start(), documents(1, seed=3)[0]
    scores = counts.score(text)
    for token, nll in zip(text, scores, strict=True):
        found = counts.distribution(state)
        assert np.exp(found[[PAD, BEGIN]]).sum() < 1e-9
        assert np.exp(found).sum() == pytest.approx(1, abs=1e-6)
        assert -found[token] == pytest.approx(nll, abs=1e-5)
        state = np.append(state, token)[1:]
    assert counts.score(text[:0]).shape == (0,)
    later = counts.score(text[4:], after(order, text[:4]))
    np.testing.assert_allclose(later, counts.score(text)[4:], rtol=0, atol=1e-6)


def test_texts_that_come_and_go_do_not_fill_the_memory() -> None:
    counts = GrowingCounts(6, 500)
    counts.add(np.arange(3, 400))
    sizes = []
    for seed in range(30):
        text = np.random.default_rng(seed).integers(len(SPECIAL_TOKENS), 500, 2000)
        counts.add(text)
        counts.remove(text)
        sizes.append(len(counts.tables.counts))
    assert max(sizes) == sizes[4]
    assert_same(counts.counts(), counts_of([np.arange(3, 400)], 6, 500))
