"""The index of a text: its suffixes are sorted, whoever sorts them, and every place of a string is found."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from unspool.data.suffixes import SuffixIndex, sorted_suffixes, suffix_array
from unspool.data.training_text import segments

TEXTS = st.lists(st.sampled_from([b"a", b"b", b"ab", b"abc", b"\xff", b"the ", b"a" * 30]), min_size=1, max_size=30)


@given(TEXTS.map(b"".join))
@example(b"a" * 300)
@example(b"ab" * 150)
def test_suffixes_are_sorted(text: bytes) -> None:
    expected = sorted(range(len(text)), key=lambda position: text[position:])
    assert sorted_suffixes(text).tolist() == expected


@given(TEXTS.map(b"".join))
def test_the_library_and_numpy_sort_alike(text: bytes) -> None:
    pytest.importorskip("pydivsufsort")
    found, expected = suffix_array(text), sorted_suffixes(text)
    assert found.dtype == expected.dtype
    assert found.tolist() == expected.tolist()


@given(TEXTS.map(b"".join), TEXTS.map(b"".join))
def test_every_place_of_a_string_is_found(text: bytes, pattern: bytes) -> None:
    index = SuffixIndex(text)
    for string in (pattern, pattern[:2], text[len(text) // 2 :][:5]):
        low, high = index.find(string)
        expected = [found.start() for found in re.finditer(b"(?=%b)" % re.escape(string), text)]
        assert sorted(index.suffixes[low:high].tolist()) == [place for place in expected if place < len(text)]
        assert index.holds(string) == bool(expected)
        assert index.find(string, *index.find(string[:1])) == (low, high) or low == high


@given(TEXTS.map(b"".join), TEXTS.map(b"".join))
@example(b"x" + b"a" * 300 + b"y", b"a" * 299 + b"b")
def test_the_longest_string_that_both_have_is_found(text: bytes, query: bytes) -> None:
    index = SuffixIndex(text)
    for start in (0, len(query) // 2):
        length, place = index.longest(query, start)
        assert text[place : place + length] == query[start : start + length]
        assert query[start : start + length + 1] not in text or start + length == len(query)


@given(st.lists(st.binary(min_size=1, max_size=9)), st.integers(1, 20), st.integers(1, 5))
def test_segments_are_the_text_with_overlaps(pieces: list[bytes], size: int, overlap: int) -> None:
    text, end = b"".join(pieces), 0
    for start, segment in segments(pieces, size, overlap):
        assert text[start : start + len(segment)] == segment
        assert start == max(0, end - overlap) if end else start == 0
        end = start + len(segment)
    assert end == len(text)
