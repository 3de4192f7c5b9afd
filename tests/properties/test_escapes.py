"""Escapes are understood as a person types them, and written so that they are understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.text.escapes import escaped, unescaped

TEXTS = st.text(st.one_of(st.characters(exclude_categories=()), st.sampled_from("\\nrtxu0a\n\r\t\u2028\x1b")))


@given(TEXTS)
def test_what_is_written_is_understood(text: str) -> None:
    assert unescaped(escaped(text)) == text


@given(TEXTS)
def test_what_is_written_is_one_line(text: str) -> None:
    assert len(f"{escaped(text)}.".splitlines()) == 1
    assert "\t" not in escaped(text)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (r"\n\n", "\n\n"),
        (r"a\tb\r", "a\tb\r"),
        (r"\\n", r"\n"),
        (r"\x41\u00e9", "Aé"),
        (r"\ud83d\ude00", "\ud83d\ude00"),
        (r"\q \x4 \u12 \N", r"\q \x4 \u12 \N"),
        ("at the end\\", "at the end\\"),
        ("", ""),
    ],
)
def test_escapes_that_people_type(typed: str, meant: str) -> None:
    assert unescaped(typed) == meant


def test_a_plain_text_is_written_as_it_is() -> None:
    assert escaped("größer, 'so' \"so\" 日本") == "größer, 'so' \"so\" 日本"
