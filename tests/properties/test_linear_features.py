"""What a linear classifier counts of a text is what a plain count finds, whatever is in the same batch."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from unspool.data.batches import TextSource
from unspool.engines.linear.features import choose_features, count_ngrams
from unspool.text.tokenizer import BEGIN, END

TEXTS = st.lists(st.lists(st.integers(4, 9), max_size=12), min_size=1, max_size=6)


def runs(text: list[int], order: int) -> Counter[tuple[int, ...]]:
    whole = [BEGIN, *text, END]
    longer = [tuple(whole[i : i + n]) for n in range(2, order + 1) for i in range(len(whole) - n + 1)]
    return Counter([*((token,) for token in text), *longer])


def source_of(texts: list[list[int]]) -> TextSource:
    return TextSource.of_texts([np.array([*text, END]) for text in texts])


@given(TEXTS, st.integers(1, 6))
def test_every_run_is_counted_as_often_as_it_occurs(texts: list[list[int]], order: int) -> None:
    rows, keys, counts = count_ngrams(source_of(texts), order)
    for row, text in enumerate(texts):
        assert sorted(counts[rows == row].tolist()) == sorted(runs(text, order).values())
        assert (np.diff(keys[rows == row].astype(object)) > 0).all()


@given(TEXTS, st.integers(1, 6))
def test_equal_runs_have_equal_numbers_and_others_do_not(texts: list[list[int]], order: int) -> None:
    keys = count_ngrams(source_of(texts), order)[1]
    assert len(set(keys.tolist())) == len(set().union(*(runs(text, order) for text in texts)))


@given(TEXTS, st.integers(1, 4))
def test_a_text_has_the_same_features_alone_and_in_a_batch(texts: list[list[int]], order: int) -> None:
    features = choose_features([source_of(texts)], order, 50)
    together = features.of(source_of(texts), order)
    for row, text in enumerate(texts):
        alone = features.of(source_of([text]), order)
        of_row = slice(together.starts[row], together.starts[row + 1])
        np.testing.assert_array_equal(alone.columns, together.columns[of_row])
        np.testing.assert_allclose(alone.values, together.values[of_row], rtol=1e-6)
        assert len(alone.values) == 0 or np.isclose(np.linalg.norm(alone.values), 1, atol=1e-5)


@given(TEXTS, st.integers(1, 4), st.integers(1, 20))
def test_the_runs_that_are_kept_are_in_at_least_two_texts_and_in_most(
    texts: list[list[int]], order: int, limit: int
) -> None:
    found = Counter(run for text in texts for run in set(runs(text, order)))
    several = sorted((count for count in found.values() if count > 1), reverse=True)
    features = choose_features([source_of([text]) for text in texts], order, limit)
    assert len(features.keys) == min(limit, len(several))
    rarity = np.sort(np.log((1 + len(texts)) / (1 + np.array(several[:limit]))) + 1)
    np.testing.assert_allclose(np.sort(features.rarity), rarity, rtol=1e-6)
