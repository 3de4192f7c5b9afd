"""What is made of the tokens that a search finds: words copied, ends listed, nothing out of nothing."""

from typing import cast

import numpy as np
import pytest

from unspool.arrays import IntArray
from unspool.data.batches import TextSource
from unspool.decode.translation import BeamTranslator
from unspool.engines.base import EncoderDecoder
from unspool.specs.sampling import BeamSpec
from unspool.text.tokenizer import BEGIN, END, UNKNOWN
from unspool.text.vocabulary import make_tokenizer

WORDS = make_tokenizer("word", ["one two three"] * 2)  # words that come once are unknown
TWO = int(WORDS.encode("two")[0])
GREEDY = BeamSpec(beams=1)


class Scripted:
    """A network that generates a fixed sequence; its state counts the tokens."""

    def __init__(self, script: list[int]) -> None:
        self._script = script

    def encode(self, source: TextSource) -> IntArray:
        return np.zeros(len(source.lengths), np.int64)

    def step(self, tokens: IntArray, state: IntArray) -> tuple[np.ndarray, IntArray]:
        logits = np.zeros((len(tokens), WORDS.vocabulary_size), np.float32)
        logits[:, TWO] = 1  # the next best
        logits[np.arange(len(tokens)), np.array(self._script)[np.minimum(state, len(self._script) - 1)]] = 5
        return logits, state + 1

    def select(self, state: IntArray, rows: IntArray) -> IntArray:
        return state[rows]


class Attentive(Scripted):
    """The same, with fixed attention weights."""

    def __init__(self, script: list[int], weights: list[list[float]]) -> None:
        super().__init__(script)
        self._weights = np.array(weights)

    def attention(self, tokens: IntArray, state: IntArray) -> np.ndarray:
        self.fed = tokens.tolist()
        return np.repeat(self._weights[None, : tokens.shape[1]], len(tokens), axis=0)


def translator(script: list[int], weights: list[list[float]] | None = None) -> BeamTranslator:
    network = Scripted(script) if weights is None else Attentive(script, weights)
    return BeamTranslator(cast(EncoderDecoder, network), WORDS, WORDS)


def test_what_is_copied_is_a_word_even_where_the_end_is_looked_at_most() -> None:
    weights = [[0.1, 0.3, 0.6], [0.0, 0.0, 1.0], [0.2, 0.2, 0.6]]
    ((found,),) = translator([UNKNOWN, TWO, END], weights).translate(["Ann Bob"], GREEDY)
    assert found.text == "Bob two"


def test_an_unknown_word_does_not_come_where_none_can_be_copied() -> None:
    ((found,),) = translator([UNKNOWN, END]).translate(["Ann"], GREEDY)
    assert (found.text, found.attention) == ("two", None)


def test_the_end_is_listed_only_where_it_came() -> None:
    weights = [[0.5, 0.5], [0.1, 0.9], [0.3, 0.7]]
    network = translator([TWO, TWO, END], weights)
    for max_length, tokens in ((1, [" two"]), (2, [" two", " two"]), (3, [" two", " two", "<eos>"])):
        ((found,),) = network.translate(["one"], BeamSpec(beams=1, max_new_tokens=max_length))
        assert list(found.tokens) == tokens
        assert cast(Attentive, network.network).fed == [[BEGIN, TWO, TWO][: min(max_length, 2) + 1]]
        assert found.attention is not None
        np.testing.assert_allclose(found.attention, weights[: len(tokens)])


@pytest.mark.parametrize("weights", [[[0.5, 0.5]] * 3, None], ids=["attention", "none"])
def test_an_empty_source_has_the_empty_translation_alone(weights: list[list[float]] | None) -> None:
    network = translator([TWO, END], weights)
    some, (nothing,) = network.translate(["one", ""], BeamSpec(beams=3, n_best=3))
    assert len(some) == 3
    assert (nothing.text, nothing.log_probability, nothing.score) == ("", 0.0, 0.0)
    assert nothing.source_tokens == nothing.tokens == ("<eos>",)
    assert nothing.attention == (((1.0,),) if weights else None)
