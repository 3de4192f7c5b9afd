"""Whatever is read in whatever pieces, growing counts are those of it."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.growing import counts_in, distribution_after, grown
from unspool.engines.ngram.counts import counts_of
from unspool.engines.ngram.model import build_model
from unspool.engines.ngram.network import build_network

SIZE = 7
texts = st.lists(st.integers(3, SIZE - 1), max_size=25).map(lambda ids: np.array(ids, np.int64))


@settings(max_examples=40)
@given(st.integers(1, 6), st.lists(texts, max_size=8), st.integers(1, 9), texts)
def test_they_are_those_of_what_was_read(order: int, read: list[np.ndarray], piece: int, after: np.ndarray) -> None:
    counts, expected = grown(order, SIZE, read, piece), counts_of(read, order, SIZE)
    found = counts_in(counts, SIZE)
    np.testing.assert_array_equal(found.ngrams, expected.ngrams)
    np.testing.assert_array_equal(found.counts, expected.counts)
    static = build_network(build_model(expected), compiled=False)
    tokens = np.append(2, after)
    logits = static.unroll(tokens[None], static.initial_state(1))[0][0]
    before = np.concatenate([np.full(order, -1), tokens])[len(tokens) + 1 :]
    probabilities, _ = distribution_after(counts, SIZE, before)
    np.testing.assert_allclose(np.log(probabilities[3:]), logits[-1, 3:], rtol=0, atol=1e-5)
