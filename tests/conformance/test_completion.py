"""A text that is typed is completed alike by every engine, from the states that its keys have left."""

import numpy as np
import pytest

from conformance.conftest import HIDDEN
from conformance.engines import compared_engines
from helpers.small import random_weights
from unspool.decode.boundaries import TokenTexts
from unspool.decode.completion import Completion
from unspool.decode.reading import start_reading
from unspool.decode.session import Session
from unspool.engines.registry import build_network
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.text.vocabulary import character_tokenizer

TOKENIZER = character_tokenizer("abcdef ")
TYPED = ("a", "ab", "abc", "ab", "ab f", "ab fe", "ab fed c")


def completed(engine: str, spec: NetworkSpec) -> list[Completion]:
    network = build_network(engine, spec, random_weights(spec))
    session = Session(network, TokenTexts(TOKENIZER, by_document=False), start_reading(network))  # type: ignore[arg-type]
    for text in TYPED:
        session.edit(text)
        session.suggestions(3, "line")
    return session.completions(5)


@pytest.mark.parametrize("cell", ["lstm", "gru", "mingru"])
def test_the_engines_complete_alike(cell: str) -> None:
    shape = {"cell": cell, "num_layers": 2, "hidden_size": HIDDEN, "embedding_size": 5}
    spec = NetworkSpec(decoder=DecoderSpec(**shape, vocabulary_size=TOKENIZER.vocabulary_size))
    first, *others = (completed(engine, spec) for engine in compared_engines())
    assert len(first) == 5
    for found in others:
        assert [one.text for one in found] == [one.text for one in first]
        np.testing.assert_allclose(
            [one.probability for one in found], [one.probability for one in first], rtol=1e-4, atol=1e-7
        )
