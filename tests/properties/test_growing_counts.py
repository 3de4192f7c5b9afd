"""Whatever comes and goes, growing counts are those of what is left."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from unspool.engines.ngram.counts import counts_of
from unspool.engines.ngram.growing import GrowingCounts
from unspool.engines.ngram.model import build_model
from unspool.engines.ngram.network import build_network

SIZE = 7
texts = st.lists(st.integers(3, SIZE - 1), max_size=25).map(lambda ids: np.array(ids, np.int64))


@settings(max_examples=40)
@given(st.integers(1, 6), st.lists(st.tuples(texts, st.booleans()), max_size=8), texts)
def test_they_are_those_of_what_is_left(order: int, changes: list[tuple[np.ndarray, bool]], read: np.ndarray) -> None:
    counts = GrowingCounts(order, SIZE)
    for text, _ in changes:
        counts.add(text)
    for text, goes in reversed(changes):
        if goes:
            counts.remove(text)
    expected = counts_of([text for text, goes in changes if not goes], order, SIZE)
    found = counts.counts()
    np.testing.assert_array_equal(found.ngrams, expected.ngrams)
    np.testing.assert_array_equal(found.counts, expected.counts)
    static = build_network(build_model(expected), compiled=False)
    tokens = np.append(2, read)[None]
    logits, growing = (one.unroll(tokens, one.initial_state(1))[0] for one in (static, counts.network()))
    np.testing.assert_allclose(growing[..., 3:], logits[..., 3:], rtol=0, atol=1e-5)
