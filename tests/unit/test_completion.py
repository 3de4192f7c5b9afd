"""The continuations that are found are the likeliest ones, with their probabilities, whatever the tokens."""

import itertools

import numpy as np
import pytest

from helpers.typed import TALE, counted_network, open_session
from unspool.arrays import softmax
from unspool.decode.completion import Completion
from unspool.decode.reading import read, start_reading
from unspool.decode.session import READS
from unspool.specs.data import TokenKind
from unspool.text.vocabulary import character_tokenizer, make_tokenizer

LETTERS = "ab c"
SHORT = "ab aab b abb a cab bac ab ab b aab c ab bb aabb ca ab b a ac bab cab abc ab a b c aab"


def likeliest_words(before: str, longest: int) -> list[tuple[str, float]]:
    """All words of some letters after a text, the likeliest first, each with its probability, by trying all."""
    tokenizer = character_tokenizer(sorted(set(LETTERS)))
    network = counted_network(tokenizer, SHORT, 3)
    (space,) = tokenizer.encode(" ")
    found = []
    for length in range(1, longest + 1):
        for letters in itertools.product("abc", repeat=length):
            reading, total = read(network, tokenizer.encode(before), start_reading(network)), 1.0
            for token in tokenizer.encode("".join(letters)):
                total *= softmax(reading.logits[0].astype(np.float64))[token]
                reading = read(network, np.array([token]), reading)
            found.append(("".join(letters), total * softmax(reading.logits[0].astype(np.float64))[space]))
    return sorted(found, key=lambda one: -one[1])


@pytest.mark.parametrize("before", ["a", "ab ", "ab ca"])
def test_best_first_search_finds_the_likeliest_of_all_words(before: str) -> None:
    tokenizer = character_tokenizer(sorted(set(LETTERS)))
    session = open_session(counted_network(tokenizer, SHORT, 3), tokenizer, word_cache=False)
    session.edit(before)
    expected = [(word, chance) for word, chance in likeliest_words(before, 5) if len(word) < 5][:5]
    found = session.completions(5)
    assert [one.text for one in found] == [word for word, _ in expected]
    np.testing.assert_allclose([one.probability for one in found], [chance for _, chance in expected], rtol=1e-5)


def test_many_words_that_are_hardly_known_are_the_likeliest_too(monkeypatch: pytest.MonkeyPatch) -> None:
    generator, letters = np.random.default_rng(0), "abcdefghijklmnopqrst"
    words = ["".join(generator.choice(list(letters), length)) for length in generator.integers(1, 9, 3000)]
    tokenizer = character_tokenizer(sorted({*letters, " "}))
    network = counted_network(tokenizer, " ".join(words), 4)

    def found() -> list[Completion]:
        session = open_session(network, tokenizer)
        session.edit("tea ")
        return session.completions(40)

    few = found()
    monkeypatch.setitem(READS, "word", 100_000)
    assert len(few) == 40
    assert few == found()


@pytest.mark.parametrize("kind", ["char", "word", "bpe", "byte"])
@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("she was cons", "idering"),
        ("Al", "ice"),
        ("Alice was b", "eginning"),
        ("of having noth", "ing"),
        ("of having ", "nothing"),
        ("a daisy chain\nSo she was consid", "ering"),
    ],
)
def test_a_word_that_is_typed_in_part_is_completed_with_any_tokens(kind: str, before: str, expected: str) -> None:
    tokenizer = make_tokenizer(kind, [TALE], 300)  # type: ignore[arg-type]
    session = open_session(counted_network(tokenizer), tokenizer)
    session.edit(before)
    found = session.completions(3)
    assert found[0].text == expected
    assert found[0].probability > 0.1
    assert sum(one.probability for one in found) <= 1 + 1e-9
    assert found[0].written == f"{expected} "


def test_a_rare_word_is_suggested_where_nothing_else_fits() -> None:
    generator, words = np.random.default_rng(0), [f"{first}{second}" for first in "abcdefgh" for second in TALE.split()]
    text = " ".join(generator.choice(sorted(set(words)), 60_000)) + "\nxylophone music\nxylophone music\n"
    tokenizer = make_tokenizer("word", [text], 2000)
    session = open_session(counted_network(tokenizer, text, 2), tokenizer)
    session.edit("had xyl")
    assert session.suggestions(1)[0].written == "ophone "


def test_a_tokenizer_of_lower_case_completes_what_is_typed_in_capitals() -> None:
    tokenizer = make_tokenizer("word", [TALE], 300, lowercase=True)
    session = open_session(counted_network(tokenizer), tokenizer)
    session.edit("She was CONS")
    assert session.completions(1)[0].text == "idering"


@pytest.mark.parametrize("kind", ["word", "bpe"])
def test_a_line_is_completed_to_its_end(kind: str) -> None:
    tokenizer = make_tokenizer(kind, [TALE], 300)  # type: ignore[arg-type]
    session = open_session(counted_network(tokenizer, TALE * 10), tokenizer)
    session.edit("Once or twice she had peeped into")
    expected = " the book her sister was reading, but it had no pictures in it."
    assert session.completions(1, "line")[0].text == expected


def test_a_document_may_end_with_the_word() -> None:
    names = [f"{name}\n" for name in ("anna", "annabel", "anton")]
    tokenizer = make_tokenizer("char", ["".join(names)])
    session = open_session(counted_network(tokenizer, "".join(names) * 3), tokenizer)
    session.edit("anto")
    assert session.completions(1)[0].text == "n"
    assert session.completions(1)[0].ending == "\n"


def test_suggestions_are_those_that_are_worth_most() -> None:
    tokenizer = make_tokenizer("char", [TALE])
    session = open_session(counted_network(tokenizer), tokenizer)
    session.edit("she was cons")
    (one,) = session.suggestions(1, "word")
    assert one.saving == pytest.approx(one.ending_probability * (len(one.written) - 1))
    assert session.suggestions(3, "word", min_saving=100.0) == []
    assert one.written in [phrase.written for phrase in session.suggestions(9, "line")]
    session.edit("she had")
    assert any(" " in phrase.text.strip() for phrase in session.suggestions(9, "line"))
    assert all(" " not in word.text.strip() for word in session.suggestions(9, "word"))


def test_nothing_is_suggested_that_saves_no_key() -> None:
    assert Completion("a", 0.9, "", 0.9).saving == 0
    assert Completion("a", 0.9, " ", 0.5).saving == 0.5


def test_nothing_completes_what_no_token_begins_with() -> None:
    tokenizer = make_tokenizer("word", [TALE], 300)
    session = open_session(counted_network(tokenizer), tokenizer)
    session.edit("she was xyz")
    assert session.completions(3) == []


@pytest.mark.parametrize("kind", ["word", "bpe"])
@pytest.mark.parametrize("lowercase", [False, True])
def test_capitals_are_completed_by_a_tokenizer_that_reads_them_in_lower_case(kind: TokenKind, lowercase: bool) -> None:
    text = TALE.lower()  # which has no capitals, whatever the tokenizer does
    tokenizer = make_tokenizer(kind, [text], 300, lowercase=lowercase)
    network, found = counted_network(tokenizer, text, 4), []
    for typed in ("a daisy cha", "a daisy CHA"):
        session = open_session(network, tokenizer)
        session.edit(typed)
        found.append([one.text for one in session.completions(1)])
    assert found[0]
    assert (found[1] == found[0]) == lowercase
