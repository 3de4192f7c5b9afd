"""No text that is generated under a limit has a longer copy; and no more is forbidden than would be one."""

from functools import cache

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from unspool.data.suffixes import SuffixIndex
from unspool.data.training_text import searchable
from unspool.decode.copying import CopyLimit
from unspool.decode.generation import generate
from unspool.decode.reading import read, sample_seeds, start_reading
from unspool.engines.ngram.counts import counts_of
from unspool.engines.ngram.model import build_model
from unspool.engines.ngram.network import NgramNetwork, build_network
from unspool.specs.data import TokenizerName
from unspool.specs.sampling import SamplingSpec
from unspool.text.incremental import IncrementalDecoder
from unspool.text.tokenizer import END, SPECIAL_TOKENS, UNKNOWN, Tokenizer
from unspool.text.vocabulary import make_tokenizer

TEXT = """the cat sees the dog, the dog hears the cat.
das Mädchen läuft über die Straße; über die Straße läuft das Mädchen!
the cat sees the river, and the house sees the river.

人人生而自由 人人生而自由，在尊严和权利上一律平等。
a naïve café – “the café” sees 🙂🙃 and hears 🙂🙂.
the cat sees the dog, the river hears the small red house.
"""
KINDS: tuple[TokenizerName, ...] = ("char", "word", "bpe", "byte")


@cache
def learnt(kind: TokenizerName) -> tuple[Tokenizer, str, NgramNetwork]:
    """A tokenizer, the text as it reads it, and counts that know the text by heart."""
    tokenizer = make_tokenizer(kind, [TEXT], 300 if kind == "bpe" else 0)
    ids = tokenizer.encode(TEXT)
    return tokenizer, tokenizer.decode(ids), build_network(build_model(counts_of([ids], 8, tokenizer.vocabulary_size)))


@cache
def limit_of(kind: TokenizerName, limit: int) -> CopyLimit:
    tokenizer, text, _ = learnt(kind)
    return CopyLimit(SuffixIndex(b"".join(searchable([text], by_document=False))), tokenizer, limit)


def copies(text: str, known: str, length: int, start: int = 0) -> bool:
    """Whether a span of a length that ends behind a position stands in the known text."""
    ends = range(max(start + 1, length), len(text) + 1)
    spans = (text[end - length : end] for end in ends)
    return any("\ufffd" not in span and span in known for span in spans)


@given(st.sampled_from(KINDS), st.sampled_from([1, 2, 3, 5, 8, 13, 20]), st.integers(0, 3), st.integers(0, 1000))
@example("byte", 2, 0, 0)
@settings(max_examples=40)
def test_no_generated_text_has_a_longer_copy(kind: TokenizerName, limit: int, begin: int, seed: int) -> None:
    tokenizer, known, network = learnt(kind)
    prompt = ("", "the cat sees the", "über die Straße läuft", "\n")[begin]
    ids = tokenizer.encode(prompt)
    reading = read(network, ids, start_reading(network)) if len(ids) else start_reading(network)
    spec = SamplingSpec(temperature=0.2, max_new_tokens=60, num_samples=2, seed=seed)
    constraint = limit_of(kind, limit).after(reading.ids)
    texts, reasons = ["", ""], ["", ""]
    for piece in generate(network, tokenizer, reading, spec, sample_seeds(spec), False, constraint):
        texts[piece.row] += piece.text
        reasons[piece.row] = piece.finish_reason or ""
    before = tokenizer.decode(ids)
    for text, reason in zip(texts, reasons, strict=True):
        assert not copies(before + text, known, limit + 1, len(before))
        assert reason in ("length", "stop")
    if limit >= 8 and kind == "char":
        assert all(len(text) == 60 for text in texts)  # there is always something else to say


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_limit_long_copies_come(kind: TokenizerName) -> None:
    tokenizer, known, network = learnt(kind)
    spec = SamplingSpec(temperature=0.2, max_new_tokens=60, seed=0)
    pieces = generate(network, tokenizer, start_reading(network), spec, [0], by_document=False)
    assert copies("".join(piece.text for piece in pieces), known, 21)


@given(st.sampled_from(KINDS), st.sampled_from([1, 2, 4, 7, 12]), st.data())
@settings(max_examples=60)
def test_just_what_would_be_a_longer_copy_is_forbidden(kind: TokenizerName, limit: int, data: st.DataObject) -> None:
    tokenizer, known, _ = learnt(kind)
    ids = tokenizer.encode(TEXT).tolist()
    start, length = data.draw(st.integers(0, len(ids) - 1)), data.draw(st.integers(0, 30))
    mixed = data.draw(st.lists(st.integers(len(SPECIAL_TOKENS), tokenizer.vocabulary_size - 1), max_size=3))
    context = [*mixed, *ids[start : start + length]]
    assume(UNKNOWN not in context)
    constraint = limit_of(kind, limit).after(())
    for token in context:
        constraint.advance(token)
    before = len(IncrementalDecoder(tokenizer).add(context)) if context else 0
    allowed = constraint.fork().allowed()
    assert allowed[END]
    for token in range(len(SPECIAL_TOKENS), tokenizer.vocabulary_size):
        text = IncrementalDecoder(tokenizer).add([*context, token])
        assert allowed[token] != copies(text, known, limit + 1, before), tokenizer.show(token)


def test_a_limit_reaches_over_no_end_of_a_document() -> None:
    tokenizer = make_tokenizer("char", ["abcdef"])
    index = SuffixIndex(b"".join(searchable(["abc", "def"], by_document=True)))
    constraint = CopyLimit(index, tokenizer, 3).after(tokenizer.encode("abc").tolist())
    assert constraint.allowed()[tokenizer.encode("d")].all()
    shorter = CopyLimit(index, tokenizer, 2).after(tokenizer.encode("ab").tolist())
    assert np.flatnonzero(~shorter.allowed()).tolist() == tokenizer.encode("c").tolist()


def test_a_text_ends_where_every_token_would_copy() -> None:
    tokenizer = make_tokenizer("char", ["ab"])
    index = SuffixIndex(b"aabbabbaa")  # every pair of the two letters
    ids = tokenizer.encode("aabbabbaa")
    network = build_network(build_model(counts_of([ids], 2, tokenizer.vocabulary_size)))
    reading = start_reading(network)
    constraint = CopyLimit(index, tokenizer, 1).after(())
    for spec in (SamplingSpec(seed=0), SamplingSpec(seed=0, ignore_eos=True)):
        pieces = list(generate(network, tokenizer, reading, spec, [0], False, constraint))
        assert len("".join(piece.text for piece in pieces)) == 1
        assert pieces[-1].finish_reason == "stop"
