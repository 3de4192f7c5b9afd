"""Words of the text come again where they came before, as long as they are in the text."""

import numpy as np
import pytest

from helpers.typed import TALE, counted_network, open_session
from unspool.decode import word_cache
from unspool.decode.session import Session
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import make_tokenizer

SPEECHES = ("Ferdinand:\nwhat is it\n\n", "Miranda:\nthe bank\n\n")
DIALOGUE = "".join(SPEECHES) * 6
LETTERS = make_tokenizer("char", [TALE + DIALOGUE])
NETWORK = counted_network(LETTERS)


def session_of(text: str, tokenizer: Tokenizer = LETTERS, **options: bool) -> Session:
    session = open_session(counted_network(tokenizer), tokenizer, **options)
    session.edit(text)
    return session


def first_of(session: Session) -> str:
    return session.completions(1)[0].text


@pytest.mark.parametrize(("spoken", "next_one"), [(0, "Ferdinand"), (1, "Miranda")])
def test_whoever_spoke_last_but_one_speaks_next(spoken: int, next_one: str) -> None:
    text = DIALOGUE + "".join(SPEECHES[:spoken])
    assert first_of(session_of(text)) == next_one
    assert session_of(text).suggestions(1)[0].text == next_one


def test_a_word_of_the_text_is_completed_from_its_first_letters() -> None:
    text = "the Prince Bolkonski saw the Prince Bolkonski and "
    for beginning, rest in (("Bo", "lkonski"), ("Pr", "ince")):
        assert first_of(session_of(text + beginning)) == rest
        assert first_of(session_of(text + beginning, word_cache=False)) != rest


def test_the_word_after_a_pair_of_words_comes_again_at_the_end_of_a_line_too() -> None:
    assert first_of(session_of("old Ferdinand Miranda was here. and\nold Ferdinand\n")) == "Miranda"
    assert first_of(session_of("old Ferdinand Miranda was here. and old. Ferdinand, ")) != "Miranda"


def test_what_is_deleted_does_not_come_again() -> None:
    session, fresh = session_of(DIALOGUE), session_of("Alice ")
    session.edit("Alice ")
    assert session.completions(5) == fresh.completions(5)


def test_typing_and_pasting_lead_to_the_same_words() -> None:
    typed = session_of("")
    for end in range(len(DIALOGUE)):
        typed.edit(DIALOGUE[: end + 1])
    pasted = session_of(DIALOGUE)
    (one, other) = (session._positions[-1].node.values for session in (typed, pasted))
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_every_line_that_is_a_document_has_its_own_words() -> None:
    session = open_session(NETWORK, LETTERS, by_document=True)
    session.edit("Ferdinand and Miranda and F")
    assert first_of(session) == "erdinand"
    session.edit("Ferdinand and Miranda and\nF")
    assert first_of(session) != "erdinand"
    session.edit("Ferdinand and Miranda and F")
    assert first_of(session) == "erdinand"


def test_a_word_with_a_character_that_the_model_does_not_know_does_not_come_again() -> None:
    session = session_of("Ferd€nand the bank and Fer")
    assert all("nand" not in one.text for one in session.completions(10))


def test_a_very_long_word_does_not_come_again() -> None:
    assert first_of(session_of(f"{'Ab' * 30} and A")) == ("Ab" * 30)[1:]
    assert not first_of(session_of(f"{'Ab' * 31} and A")).startswith("bAb")


def test_the_oldest_words_are_forgotten_and_deleting_back_to_them_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_cache, "WORDS", 4)
    text = "Ferdinand and Miranda and the bank and a daisy and F"
    session = session_of(text)
    assert first_of(session) != "erdinand"
    session.edit(text[:20])
    session.edit("")
    session.edit("Ferdinand and F")
    assert first_of(session) == "erdinand"


def test_a_word_that_was_begun_before_its_words_were_forgotten_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_cache, "WORDS", 4)
    text = "Ferdinand and Fer"
    session = session_of("")
    for end in range(len(text)):
        session.edit(text[: end + 1])
    session.edit(f"{text} a bank a daisy a chain a bank ")
    session.edit(text)
    assert session.completions(2)
    session.edit(f"{text}d")
    assert session.completions(2)


def test_probabilities_are_those_of_a_mixture() -> None:
    session = session_of(DIALOGUE + TALE)
    for position in session._positions:
        values, logits = np.exp(position.node.values), position.node.logits[0].astype(float)
        network = np.exp(logits - np.logaddexp.reduce(logits))[LETTERS.encode(TALE + DIALOGUE)]
        assert values.sum() <= 1 + 1e-9
        assert values.sum() >= network[np.unique(LETTERS.encode(TALE + DIALOGUE), return_index=True)[1]].sum() - 1e-9


@pytest.mark.parametrize("kind", ["word", "bpe", "byte"])
def test_tokens_of_more_than_a_character_are_left_to_the_network(kind: str) -> None:
    tokenizer = make_tokenizer(kind, [TALE], 300)  # type: ignore[arg-type]
    text = "Alice was at the bank and Alice was at "
    found = [session_of(text, tokenizer, word_cache=own).completions(3) for own in (True, False)]
    assert found[0] == found[1]
