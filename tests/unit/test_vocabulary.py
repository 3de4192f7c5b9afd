"""Vocabularies keep what is most frequent, within their limits, and begin with the special tokens."""

import itertools
import json
import random
import signal
import threading
from collections.abc import Iterator
from typing import get_args

import pytest

from helpers.small import small_text
from unspool.errors import DataError, ModelFolderError
from unspool.specs.data import TokenizerName
from unspool.text.tokenizer import SPECIAL_TOKENS, UNKNOWN, Tokenizer
from unspool.text.vocabulary import extend_characters, extend_words, lowercased, make_tokenizer, whitespace_tokenizer

KINDS = get_args(TokenizerName)


@pytest.mark.parametrize("kind", KINDS)
def test_special_tokens_come_first(kind: TokenizerName) -> None:
    assert tuple(make_tokenizer(kind, [small_text()]).vocabulary[:4]) == SPECIAL_TOKENS


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_text_gives_the_same_file_however_it_is_cut(kind: TokenizerName) -> None:
    text = small_text()
    whole, lines = make_tokenizer(kind, [text]), make_tokenizer(kind, text.splitlines(keepends=True))
    assert whole.serialize() == lines.serialize()
    assert Tokenizer(whole.serialize(), kind).vocabulary == whole.vocabulary


def test_characters_are_limited_to_the_most_frequent() -> None:
    tokenizer = make_tokenizer("char", ["aaaabbbccd"], 2)
    assert tokenizer.vocabulary[4:] == ["a", "b"]
    assert tokenizer.encode("abcd").tolist() == [4, 5, UNKNOWN, UNKNOWN]


def test_words_seen_once_are_left_out_and_the_rest_limited() -> None:
    text = "the cat the cat the dog once"
    assert set(make_tokenizer("word", [text]).vocabulary[4:]) == {" the", " cat"}
    assert make_tokenizer("word", [text], 1).vocabulary[4:] == [" the"]


def test_pairs_are_limited_and_never_below_the_bytes() -> None:
    assert make_tokenizer("bpe", [small_text()], 280).vocabulary_size == 284
    assert make_tokenizer("bpe", [small_text()], 10).vocabulary_size == 260


def test_bytes_are_256() -> None:
    assert make_tokenizer("byte", ["x"]).vocabulary_size == 260


def test_new_characters_come_after_the_known_ones() -> None:
    known = make_tokenizer("char", ["cab"])
    extended = extend_characters(known, ["abxé"])
    assert extended.vocabulary == [*known.vocabulary, "x", "é"]
    assert extend_characters(known, ["abc"]).vocabulary == known.vocabulary


def test_lower_case_words_know_the_ids_of_their_spellings() -> None:
    known = make_tokenizer("word", ["The the THE cat Cat\n" * 2])
    small, new_ids = lowercased(known)
    assert set(small.vocabulary[4:]) == {" the", " cat", "\n"}
    assert [small.vocabulary[place] for place in new_ids] == [token.lower() for token in known.vocabulary]
    assert small.encode("THE Cat").tolist() == new_ids[known.encode("The cat")].tolist()


def test_an_unknown_token_is_shown_as_the_replacement_character() -> None:
    assert make_tokenizer("char", ["ab"]).decode([4, UNKNOWN, 5]) == "a\ufffdb"
    word = make_tokenizer("word", ["the cat the cat"])
    assert word.decode(word.encode("the zebra cat")) == "the \ufffd cat"


@pytest.mark.parametrize("text", ["", "{}", "null", "[1]"])
def test_a_file_that_is_no_tokenizer_is_refused(text: str) -> None:
    with pytest.raises(ModelFolderError, match=r"tokenizer\.json"):
        Tokenizer(text, "char")


def test_a_tokenizer_without_our_special_tokens_is_refused() -> None:
    file = json.loads(make_tokenizer("char", ["ab"]).serialize())
    file["model"]["vocab"] = {"a": 0, "b": 1, "<unk>": 2, "<s>": 3}
    with pytest.raises(ModelFolderError, match="must begin with <pad>, <unk>, <s>, <eos>"):
        Tokenizer(json.dumps(file), "char")


def test_words_of_another_text_are_added_and_the_old_ones_stay() -> None:
    first = make_tokenizer("word", ["the fox the fox sleeps\n" * 2])
    both = extend_words(first, ["der Fuchs der Fuchs\n", "einmal the the\n"])
    assert both.vocabulary[: first.vocabulary_size] == first.vocabulary
    assert set(both.vocabulary) - set(first.vocabulary) == {" der", " Fuchs"}
    assert both.decode(both.encode("the Fuchs sleeps")) == "the Fuchs sleeps"


@pytest.mark.parametrize("kind", ["word", "bpe"])
def test_learning_a_vocabulary_listens_to_ctrl_c(kind: TokenizerName) -> None:
    def endless() -> Iterator[str]:
        yield "some words\n"
        signal.raise_signal(signal.SIGINT)
        while True:
            yield "more words\n"

    with pytest.raises(KeyboardInterrupt):
        make_tokenizer(kind, endless())


def test_ctrl_c_while_the_thread_that_learns_starts_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    start, started = threading.Thread.start, list[threading.Thread]()

    def interrupted(thread: threading.Thread) -> None:
        start(thread)
        started.append(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make_tokenizer("bpe", itertools.repeat("more words\n"))
    started[0].join(30)
    assert not started[0].is_alive()


def test_what_goes_wrong_while_a_vocabulary_is_learnt_is_what_is_raised() -> None:
    def broken() -> Iterator[str]:
        yield "some words\n"
        raise DataError("the file is gone.", "bring it back.")

    with pytest.raises(DataError, match="the file is gone"):
        make_tokenizer("bpe", broken())


def test_no_piece_of_a_text_without_spaces_is_long() -> None:
    text = "".join(random.Random(0).choice("ACGT") for _ in range(20_000))
    tokenizer = make_tokenizer("bpe", [text])
    assert max(map(len, tokenizer.vocabulary)) <= 64
    assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize(
    ("text", "tokens", "again"),
    [
        ("it's a.b  c", [" it's", " a.b", "<unk>"], "it's a.b \ufffd"),
        (" a.b ", [" a.b"], "a.b"),
        ("a.b\nit's", [" a.b", "<unk>", " it's"], "a.b \ufffd it's"),
        ("a.b <unk>", [" a.b", "<unk>"], "a.b \ufffd"),
        ("", [], ""),
    ],
)
def test_words_between_blanks_stay_whole(text: str, tokens: list[str], again: str) -> None:
    tokenizer = whitespace_tokenizer(["it's", "a.b"])
    ids = tokenizer.encode(text)
    assert [tokenizer.show(int(token)) for token in ids] == tokens
    assert tokenizer.decode(ids) == again
    assert len(tokenizer.spelling_bits(text, ids)) == len(ids)


def test_a_prepared_text_keeps_every_word_between_its_blanks() -> None:
    tokenizer = make_tokenizer("whitespace", [" n.v. <unk> rises N% \n", " n.v. falls \n"])
    assert (tokenizer.kind, set(tokenizer.vocabulary[4:])) == ("word", {"\n", " n.v.", " rises", " N%", " falls"})
    ids = tokenizer.encode(" n.v. <unk> falls \n N% \n")
    assert [tokenizer.show(int(token)) for token in ids] == [" n.v.", "<unk>", " falls", "\n", " N%", "\n"]


def test_of_another_text_words_that_occur_once_are_unknown() -> None:
    tokenizer = make_tokenizer("whitespace", ["it's a.b a.b\n", "It's it's c"])
    assert set(tokenizer.vocabulary[4:]) == {" it's", " a.b"}
    assert set(make_tokenizer("whitespace", ["a b a b b"], limit=1).vocabulary[4:]) == {" b"}
    assert set(make_tokenizer("whitespace", ["A a B b"], lowercase=True).vocabulary[4:]) == {" a", " b"}
