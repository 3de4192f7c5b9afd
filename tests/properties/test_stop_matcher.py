"""Stop strings are found as if the whole text were searched at each new character."""

from hypothesis import given
from hypothesis import strategies as st

from unspool.decode.stop import StopMatcher

letters = st.sampled_from("abc\n")
stops = st.lists(st.text(letters, max_size=5), max_size=4).map(tuple)
chunks = st.lists(st.text(letters, max_size=6), max_size=12)


def cut(text: str, stops: tuple[str, ...]) -> tuple[str, bool]:
    """The text before the stop string that is complete first; of several, the one that began first."""
    for end in range(1, len(text) + 1):
        begins = [end - len(stop) for stop in stops if stop and text[:end].endswith(stop)]
        if begins:
            return text[: min(begins)], True
    return text, False


@given(stops, chunks)
def test_streaming_equals_searching_the_whole_text(stops: tuple[str, ...], chunks: list[str]) -> None:
    matcher = StopMatcher(stops)
    given_out = "".join(matcher.add(chunk) for chunk in chunks)
    stopped = matcher.stopped
    assert (given_out + matcher.finish(), stopped) == cut("".join(chunks), stops)


@given(stops, chunks)
def test_nothing_is_given_out_that_a_stop_string_may_still_claim(stops: tuple[str, ...], chunks: list[str]) -> None:
    matcher, text, given_out = StopMatcher(stops), "", ""
    for chunk in chunks:
        text += chunk
        given_out += matcher.add(chunk)
        if matcher.stopped:
            break
        held = text[len(given_out) :]
        assert text.startswith(given_out)
        assert held == "" or any(stop.startswith(held) for stop in stops), "no more is held than needed"
        for stop in stops:
            assert not any(given_out.endswith(stop[:size]) and not held for size in range(1, len(stop)))


def test_no_text_comes_after_a_stop() -> None:
    matcher = StopMatcher(("b",))
    assert matcher.add("ab") == "a"
    assert matcher.add("cd") == ""
    assert matcher.finish() == ""
