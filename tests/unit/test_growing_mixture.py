"""A network and growing counts predict together: each token is scored before it is learnt."""

import numpy as np
import pytest

from unspool.arrays import FloatArray, IntArray, log_softmax
from unspool.engines.ngram.adaptive import GrowingMixture

SIZE, ORDER = 9, 4


def text(length: int = 120, seed: int = 0) -> IntArray:
    return np.random.default_rng(seed).choice([3, 4, 5, 6, 7, 8], length, p=[0.5, 0.2, 0.1, 0.1, 0.05, 0.05])


def logits(length: int = 120, seed: int = 1) -> FloatArray:
    return np.random.default_rng(seed).normal(0, 1, (length, SIZE)).astype(np.float32)


def read(mixture: GrowingMixture, tokens: IntArray, predicted: FloatArray) -> FloatArray:
    return mixture.read(predicted, tokens, mixture.start())[0]


def test_every_token_is_scored_as_predicted_and_then_learnt() -> None:
    one, other = GrowingMixture(ORDER, SIZE), GrowingMixture(ORDER, SIZE)
    nats, state = list[float](), one.start()
    for token, row in zip(text(), logits(), strict=True):
        predicted = one.predict(row, state)
        assert np.exp(predicted).sum() == pytest.approx(1, abs=1e-9)
        nats.append(-predicted[token])
        _, state = one.read(row[None], np.array([token]), state)
    np.testing.assert_allclose(read(other, text(), logits()), nats, rtol=0, atol=1e-12)


def test_what_comes_later_changes_no_score() -> None:
    changed = text()
    changed[60:] = changed[60:][::-1]
    found = [read(GrowingMixture(ORDER, SIZE), tokens, logits()) for tokens in (text(), changed)]
    np.testing.assert_array_equal(found[0][:60], found[1][:60])


def test_a_text_that_recurs_costs_less_each_time() -> None:
    mixture, uniform = GrowingMixture(ORDER, SIZE), np.zeros((120, SIZE), np.float32)
    costs = [read(mixture, text(), uniform).sum() for _ in range(3)]
    assert costs[2] < costs[1] < costs[0] < 120 * np.log(SIZE)


def test_without_counts_it_says_what_the_network_says() -> None:
    predicted = GrowingMixture(ORDER, SIZE).predict(logits()[0], GrowingMixture(ORDER, SIZE).start())
    np.testing.assert_allclose(predicted, log_softmax(logits()[0].astype(np.float64)), atol=1e-6)


def test_extreme_logits_stay_finite() -> None:
    extreme = np.where(np.arange(SIZE) == 8, 500, -500).astype(np.float32)[None].repeat(120, axis=0)
    assert np.isfinite(read(GrowingMixture(ORDER, SIZE), text(), extreme)).all()
