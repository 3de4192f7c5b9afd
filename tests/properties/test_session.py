"""Whatever is typed and deleted, a session is where one is that reads the text for the first time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.typed import TALE, CountedSteps, counted_network, open_session
from properties.strategies import texts
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import make_tokenizer

KINDS = ("char", "word", "bpe", "byte")
TOKENIZERS: dict[str, Tokenizer] = {kind: make_tokenizer(kind, [TALE], 300) for kind in KINDS}  # type: ignore[arg-type]
NETWORKS: dict[str, CountedSteps] = {kind: counted_network(TOKENIZERS[kind]) for kind in KINDS}
pieces = st.one_of(texts, st.sampled_from(["she was", " cons", "idering", " ", "\n", "Alice", TALE[:300]]))
edits = st.lists(st.tuples(st.integers(0, 400), pieces), max_size=6)  # how much to delete, and what to type then


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25)
@given(edits=edits)
def test_edits_lead_to_the_state_of_the_text(kind: str, edits: list[tuple[int, str]]) -> None:
    network, tokenizer = NETWORKS[kind], TOKENIZERS[kind]
    typed, text = open_session(network, tokenizer, max_bytes=0), ""
    for deleted, more in edits:
        text = text[: max(0, len(text) - deleted)] + more
        typed.edit(text)
        typed.suggestions()
    fresh = open_session(network, tokenizer)
    fresh.edit(text)
    assert typed.positions[-1] == fresh.positions[-1]
    (one, other) = (session._positions[-1].node for session in (typed, fresh))
    np.testing.assert_array_equal(one.state, other.state)
    np.testing.assert_array_equal(one.logits, other.logits)
    np.testing.assert_allclose(one.values, other.values, atol=1e-6)  # the words of the text are the same, too
    assert [found.text for found in typed.completions(3)] == [found.text for found in fresh.completions(3)]
