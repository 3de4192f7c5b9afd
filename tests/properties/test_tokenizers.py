"""Any text becomes ids and comes back; the `tokenizers` library reads our file and gives the same ids."""

from itertools import pairwise

import numpy as np
import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from helpers.small import small_text
from properties.strategies import newline_ended_pieces, texts, texts_with_surrogates
from unspool.text.incremental import IncrementalDecoder
from unspool.text.tokenizer import SPELLING_BITS, UNKNOWN, Tokenizer
from unspool.text.vocabulary import make_tokenizer

KINDS = ("char", "word", "bpe", "byte")
LEARNT_FROM = small_text() + "\nÄrger, 漢字 and ça va: नमस्ते 👩\u200d👩\u200d👧 l’été\n" * 3
LEARNT: dict[str, Tokenizer] = {kind: make_tokenizer(kind, [LEARNT_FROM], 400) for kind in KINDS}  # type: ignore[arg-type]
LIBRARY = {kind: tokenizers.Tokenizer.from_str(LEARNT[kind].serialize()) for kind in KINDS}


@given(texts)
def test_characters_that_were_learnt_come_back(text: str) -> None:
    tokenizer = make_tokenizer("char", [text])
    assert tokenizer.decode(tokenizer.encode(text)) == text


@given(texts)
def test_words_that_were_learnt_come_back(text: str) -> None:
    tokenizer = make_tokenizer("word", [text, text, "a a"])
    ids = tokenizer.encode(text)
    assert UNKNOWN not in ids
    assert tokenizer.decode(ids) == text


@pytest.mark.parametrize("kind", ["bpe", "byte"])
@given(text=texts)
def test_any_text_comes_back(kind: str, text: str) -> None:
    assert LEARNT[kind].decode(LEARNT[kind].encode(text)) == text


@pytest.mark.parametrize("kind", KINDS)
@given(text=texts)
def test_the_library_gives_the_same_ids(kind: str, text: str) -> None:
    assert LEARNT[kind].encode(text).tolist() == LIBRARY[kind].encode(text, add_special_tokens=False).ids


@pytest.mark.parametrize("kind", KINDS)
def test_the_names_of_special_tokens_are_plain_text(kind: str) -> None:
    ids = LEARNT[kind].encode("<pad><s><eos>")
    assert len(ids) >= 3
    assert not {0, 2, 3} & set(ids.tolist())


@pytest.mark.parametrize("kind", KINDS)
@given(text=texts_with_surrogates)
def test_lone_surrogates_do_not_crash(kind: str, text: str) -> None:
    tokenizer = LEARNT[kind]
    ids = tokenizer.encode(text)
    assert all(0 <= token < tokenizer.vocabulary_size for token in ids)
    assert len(tokenizer.spelling_bits(text, ids)) == len(ids)
    tokenizer.decode(ids).encode()


@given(st.text(st.characters(categories=["Cs"]), min_size=1, max_size=4))
def test_a_vocabulary_can_be_learnt_from_a_text_with_surrogates(text: str) -> None:
    assert make_tokenizer("char", ["ab" + text]).encode(text).tolist() == [UNKNOWN] * len(text)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_pieces_of_the_incremental_decoder_add_up(kind: str, data: st.DataObject) -> None:
    tokenizer = LEARNT[kind]
    ids = data.draw(st.lists(st.integers(0, tokenizer.vocabulary_size - 1), max_size=12))
    decoder = IncrementalDecoder(tokenizer)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(ids)), max_size=4)))
    pieces = [decoder.add(ids[start:end]) for start, end in pairwise([0, *cuts, len(ids)])]
    assert "".join(pieces) + decoder.finish() == tokenizer.decode(ids)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_a_prompt_and_its_continuation_add_up(kind: str, data: st.DataObject) -> None:
    tokenizer = LEARNT[kind]
    prompt = data.draw(texts.filter(bool))
    ids = tokenizer.encode(prompt).tolist()
    new = data.draw(st.lists(st.integers(4, tokenizer.vocabulary_size - 1), max_size=8))
    decoder = IncrementalDecoder(tokenizer, ids[-1])
    pieces = "".join(decoder.add([token]) for token in new) + decoder.finish()
    assert tokenizer.decode(ids) + pieces == tokenizer.decode([*ids, *new])


@pytest.mark.parametrize("kind", KINDS)
@given(pieces=newline_ended_pieces, last=texts)
def test_pieces_that_end_with_a_line_end_encode_like_the_whole(kind: str, pieces: list[str], last: str) -> None:
    tokenizer = LEARNT[kind]
    parts = [tokenizer.encode(piece) for piece in [*pieces, last]]
    assert np.concatenate(parts).tolist() == tokenizer.encode("".join(pieces) + last).tolist()


@pytest.mark.parametrize("kind", ["char", "word"])
@given(text=texts)
def test_unknown_tokens_are_charged_and_known_ones_are_not(kind: str, text: str) -> None:
    tokenizer = LEARNT[kind]
    ids = tokenizer.encode(text)
    bits = tokenizer.spelling_bits(text, ids)
    assert ((bits > 0) == (ids == UNKNOWN)).all()
    if kind == "char":
        assert bits.sum() == pytest.approx(SPELLING_BITS * (ids == UNKNOWN).sum())
    else:
        assert (bits[ids == UNKNOWN] >= 2 * SPELLING_BITS).all()


@given(text=texts)
def test_what_a_word_vocabulary_lacks_is_spelled_character_by_character(text: str) -> None:
    tokenizer = make_tokenizer("word", ["unrelated unrelated"])
    ids = tokenizer.encode(text)
    ends = len(ids)
    assert tokenizer.spelling_bits(text, ids).sum() >= (len(text) + ends) * SPELLING_BITS * 0.999
