"""A text that is cut has the tokens of the whole, whatever the tokenizer."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from properties.strategies import texts
from properties.test_tokenizers import KINDS, LEARNT
from unspool.text.cuts import encode_between, is_cut, last_cut, next_cut, shared_length


@pytest.mark.parametrize("kind", KINDS)
@given(text=texts, chosen=st.sets(st.integers(0, 60)))
def test_the_tokens_between_cuts_are_those_of_the_whole(kind: str, text: str, chosen: set[int]) -> None:
    tokenizer = LEARNT[kind]
    inside = [position for position in sorted(chosen) if 0 < position < len(text) and is_cut(tokenizer, text, position)]
    borders = [0, *inside, len(text)]
    parts = [encode_between(tokenizer, text, one, other) for one, other in pairwise(borders)]
    assert np.concatenate(parts).tolist() == tokenizer.encode(text).tolist()


@pytest.mark.parametrize("kind", KINDS)
@given(text=texts, end=st.integers(0, 60))
def test_the_last_and_the_next_cut_are_the_nearest_ones(kind: str, text: str, end: int) -> None:
    tokenizer, end = LEARNT[kind], min(end, len(text))
    cuts = [position for position in range(len(text) + 1) if is_cut(tokenizer, text, position)]
    assert last_cut(tokenizer, text, end) == max(position for position in cuts if position <= end)
    assert next_cut(tokenizer, text, end) == min((cut for cut in cuts if cut > end), default=len(text)) or end == len(
        text
    )


@given(one=texts, other=texts, same=texts)
def test_what_two_texts_share_is_found(one: str, other: str, same: str) -> None:
    one, other = same + one, same + other
    expected = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    assert shared_length(one, other) == expected
