"""A text that is shown neither steers the terminal nor breaks the line."""

from hypothesis import given
from hypothesis import strategies as st

from unspool.display.terminal import visible


def test_control_characters_are_written_as_escapes() -> None:
    assert visible("\x1b[31mred\x1b[0m\tand\r\n\x07\x9b") == "\\x1b[31mred\\x1b[0m\\tand\\r\\n\\x07\\x9b"
    assert visible("one\u2028two \u202eback \ud83d") == "one\\u2028two \\u202eback \\ud83d"


def test_what_people_write_stays_as_it_is() -> None:
    text = "Grüße, 你好, שלום, 👩\u200d🚀, a\u0301, C:\\new"
    assert visible(text) == text


@given(st.text(st.characters()))
def test_any_text_becomes_one_line_that_can_be_written(text: str) -> None:
    shown = visible(text)
    assert len(f"{shown}|".splitlines()) == 1
    shown.encode()
    assert visible(shown) == shown
