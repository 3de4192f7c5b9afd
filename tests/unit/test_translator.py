"""What is made of the tokens that a search finds: words copied, ends listed, nothing out of nothing."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from unspool.arrays import IntArray
from unspool.data.batches import Source
from unspool.decode.translation import Translator
from unspool.engines.base import Network
from unspool.specs.sampling import BeamSpec
from unspool.text.tokenizer import END, UNKNOWN
from unspool.text.vocabulary import make_tokenizer

WORDS = make_tokenizer("word", ["one two three"] * 2)  # words that come once are unknown
TWO = int(WORDS.encode("two")[0])
GREEDY = BeamSpec(beams=1)


class Scripted:
    """A network that writes a fixed sequence, and looks where it is told; its state counts the tokens."""

    def __init__(self, script: list[int], looks: list[list[float]], attention: str = "additive") -> None:
        self.spec = SimpleNamespace(writer=SimpleNamespace(attention=attention))
        self._script, self._looks = script, np.array(looks)

    def encode(self, source: Source) -> IntArray:
        assert source.lengths is not None
        return np.zeros(len(source.lengths), np.int64)

    def step(self, tokens: IntArray, state: IntArray) -> tuple[np.ndarray, IntArray]:
        logits = np.zeros((len(tokens), WORDS.vocabulary_size), np.float32)
        logits[:, TWO] = 1  # the next best
        logits[np.arange(len(tokens)), np.array(self._script)[np.minimum(state, len(self._script) - 1)]] = 5
        return logits, state + 1

    def select(self, state: IntArray, rows: IntArray) -> IntArray:
        return state[rows]

    def attention(self, tokens: IntArray, state: IntArray) -> np.ndarray:
        return np.repeat(self._looks[None, : tokens.shape[1]], len(tokens), axis=0)


def translator(*script: Any, **settings: Any) -> Translator:
    return Translator(cast(Network, Scripted(*script, **settings)), WORDS, WORDS)


def test_what_is_copied_is_a_word_even_where_the_end_is_looked_at_most() -> None:
    looks = [[0.1, 0.3, 0.6], [0.0, 0.0, 1.0], [0.2, 0.2, 0.6]]
    ((found,),) = translator([UNKNOWN, TWO, END], looks).translate(["Ann Bob"], GREEDY)
    assert found.text == "Bob two"


def test_an_unknown_word_is_not_written_where_none_can_be_copied() -> None:
    ((found,),) = translator([UNKNOWN, END], [], attention="none").translate(["Ann"], GREEDY)
    assert (found.text, found.attention) == ("two", None)


def test_the_end_is_listed_only_where_it_was_written() -> None:
    looks = [[0.5, 0.5], [0.1, 0.9], [0.3, 0.7]]
    network = translator([TWO, TWO, END], looks)
    for most, tokens in ((1, [" two"]), (2, [" two", " two"]), (3, [" two", " two", "<eos>"])):
        ((found,),) = network.translate(["one"], BeamSpec(beams=1, max_new_tokens=most))
        assert list(found.tokens) == tokens
        assert found.attention is not None
        np.testing.assert_allclose(found.attention, looks[: len(tokens)])


@pytest.mark.parametrize("attention", ["additive", "none"])
def test_an_empty_source_has_the_empty_translation_alone(attention: str) -> None:
    network = translator([TWO, END], [[0.5, 0.5]] * 3, attention=attention)
    some, (nothing,) = network.translate(["one", ""], BeamSpec(beams=3, n_best=3))
    assert len(some) == 3
    assert (nothing.text, nothing.log_probability, nothing.score) == ("", 0.0, 0.0)
    assert nothing.source_tokens == nothing.tokens == ("<eos>",)
    assert nothing.attention == (((1.0,),) if attention == "additive" else None)
