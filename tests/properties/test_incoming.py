"""Whatever door a text comes in by, it is cleaned alike, and once is enough."""

import io
import warnings

from hypothesis import given
from hypothesis import strategies as st

from unspool.text.incoming import clean_text, clean_texts
from unspool.text.reading import read_pieces

ANYTHING = st.text(
    st.one_of(st.characters(exclude_characters="\0", exclude_categories=()), st.sampled_from("\r\n\ufeff\ud83d\ude00"))
)


def cleaned(text: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return clean_text(text)


@given(ANYTHING)
def test_cleaning_again_changes_and_says_nothing(text: str) -> None:
    once = cleaned(text)
    assert clean_text(once) == once  # a warning would be an error here
    assert clean_texts([once, once]) == [once, once]
    once.encode()
    assert "\r" not in once


@given(ANYTHING)
def test_a_file_and_an_argument_are_cleaned_alike(text: str) -> None:
    whole = text.encode("utf-8", "replace").decode()
    assert "".join(read_pieces(io.BytesIO(whole.encode()), "a file")) == cleaned(whole)


@given(st.lists(ANYTHING, max_size=5))
def test_several_texts_are_cleaned_as_one_is(texts: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert clean_texts(texts) == list(map(clean_text, texts))
