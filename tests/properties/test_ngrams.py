"""Counts add up and can be taken back; every distribution is one; two ways of looking up agree."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.kneser_ney import SlowKneserNey
from unspool.arrays import IntArray
from unspool.engines.ngram.backoff import backoff_model
from unspool.engines.ngram.counts import Counts, counts_from_arrays, counts_of, merged, without
from unspool.engines.ngram.model import build_model, model_from_arrays
from unspool.engines.ngram.network import NgramNetwork, build_network
from unspool.engines.ngram.smoothing import FALLBACK
from unspool.text.tokenizer import BEGIN, PAD

orders = st.integers(1, 12)
sizes = st.sampled_from([4, 5, 8, 70, 300, 70_000])


@st.composite
def corpora(draw: st.DrawFn, orders: st.SearchStrategy[int] = orders) -> tuple[list[IntArray], int, int]:
    """Documents, an order and a vocabulary; few tokens recur, so that there are counts above 1."""
    order, size = draw(orders), draw(sizes)
    allowed = sorted({1, 3, size - 1, size // 2} - {PAD, BEGIN})
    tokens = st.lists(st.sampled_from(allowed), max_size=30).map(lambda found: np.array(found, np.int64))
    return draw(st.lists(tokens, max_size=8)), order, size


def assert_same_bytes(one: Counts, other: Counts) -> None:
    arrays, others = one.to_arrays(), other.to_arrays()
    assert arrays.keys() == others.keys()
    for name, array in arrays.items():
        assert (array.dtype, array.shape, array.tobytes()) == (
            others[name].dtype,
            others[name].shape,
            others[name].tobytes(),
        )


@given(corpora(), st.data())
def test_counts_of_parts_add_up_to_those_of_the_whole(corpus: tuple[list[IntArray], int, int], data: Any) -> None:
    documents, order, size = corpus
    border = data.draw(st.integers(0, len(documents)))
    parts = [counts_of(part, order, size) for part in (documents[border:], [], documents[:border])]
    assert_same_bytes(merged(parts), counts_of(documents, order, size))


@given(corpora(), st.data())
def test_a_document_that_is_taken_out_leaves_no_trace(corpus: tuple[list[IntArray], int, int], data: Any) -> None:
    documents, order, size = corpus
    if documents:
        taken = data.draw(st.integers(0, len(documents) - 1))
        others = documents[:taken] + documents[taken + 1 :]
        left = without(counts_of(documents, order, size), [documents[taken]])
        assert_same_bytes(left, counts_of(others, order, size))


@given(corpora())
def test_counts_and_models_come_back_from_their_arrays(corpus: tuple[list[IntArray], int, int]) -> None:
    documents, order, size = corpus
    counts = counts_of(documents, order, size)
    assert_same_bytes(counts_from_arrays(counts.to_arrays()), counts)
    assert counts.counts.sum() == sum(map(len, documents))
    model = build_model(counts, 2)
    assert model_from_arrays(model.to_arrays()) is not model
    assert (model.order, model.vocabulary_size) == (order, size)


def texts(size: int, data: Any) -> IntArray:
    """A text that some contexts of a corpus come up in, and others."""
    allowed = [PAD, *sorted({1, 2, 3, size - 1, size // 2})]
    return np.array(data.draw(st.lists(st.sampled_from(allowed), min_size=3, max_size=12)))


small = corpora(st.integers(1, 5) | st.just(12))


@settings(deadline=None, max_examples=60)
@given(small, st.integers(1, 3), st.data())
def test_the_definition_agrees_with_dictionaries(
    corpus: tuple[list[IntArray], int, int], min_count: int, data: Any
) -> None:
    documents, order, size = corpus
    slow = SlowKneserNey([document.tolist() for document in documents], order, size, min_count)
    network = build_network(build_model(counts_of(documents, order, size), min_count), compiled=False)
    text = texts(size, data)
    logits, _ = network.unroll(text[None], network.initial_state(1))
    for time in range(len(text)):
        context = tuple(text[max(0, time + 2 - order) : time + 1].tolist()) if order > 1 else ()
        for token in {1, 3, size - 1}:
            assert np.exp(logits[0, time, token]) == pytest.approx(slow.probability(context, token), rel=1e-4)


@pytest.mark.parametrize("min_count", [1, 2])
def test_the_definition_agrees_where_discounts_are_estimated(min_count: int) -> None:
    generator, size = np.random.default_rng(0), 40
    documents = [np.minimum(3 + generator.zipf(1.4, length), size - 1) for length in generator.integers(1, 60, 60)]
    model = build_model(counts_of(documents, 4, size), min_count)
    assert (model.discounts[1:, 1:] != FALLBACK).all()
    slow = SlowKneserNey([document.tolist() for document in documents], 4, size, min_count)
    network = build_network(model)
    for text in documents[::6]:
        inputs = np.concatenate([[BEGIN], text])[None, :-1]
        nll, _ = network.nll(inputs, text[None], network.initial_state(1))
        for time in range(0, len(text), 3):
            context = tuple(inputs[0, max(0, time - 2) : time + 1].tolist())
            assert np.exp(-nll[0, time]) == pytest.approx(slow.probability(context, int(text[time])), rel=1e-4)


@settings(deadline=None, max_examples=40)
@given(small, st.integers(1, 3), st.data())
def test_every_distribution_sums_to_one_and_no_probability_is_zero(
    corpus: tuple[list[IntArray], int, int], min_count: int, data: Any
) -> None:
    documents, order, size = corpus
    model = build_model(counts_of(documents, order, size), min_count)
    for made in (model, backoff_model(model)):
        for compiled in (False, True):
            network = build_network(made, compiled)
            logits, _ = network.unroll(texts(size, data)[None], network.initial_state(1))
            probabilities = np.exp(logits.astype(np.float64))
            np.testing.assert_allclose(probabilities.sum(axis=-1), 1, atol=1e-6)
            assert np.isfinite(logits).all()
            assert (np.delete(probabilities, [PAD, BEGIN], axis=-1) > 1e-20).all()


@settings(deadline=None, max_examples=60)
@given(small, st.integers(1, 3), st.data())
def test_kernels_and_the_definition_agree(corpus: tuple[list[IntArray], int, int], min_count: int, data: Any) -> None:
    documents, order, size = corpus
    model = build_model(counts_of(documents, order, size), min_count)
    text = texts(size, data)[None]
    targets = np.where(text == PAD, 1, text)
    for made in (model, backoff_model(model)):
        one, other = (build_network(made, compiled) for compiled in (False, True))
        assert_same_predictions(one, other, text, targets)


def assert_same_predictions(one: NgramNetwork, other: NgramNetwork, text: IntArray, targets: IntArray) -> None:
    for first, second in (
        (one.predict(text, one.initial_state(1)), other.predict(text, other.initial_state(1))),
        (one.score(text, targets, one.initial_state(1)), other.score(text, targets, other.initial_state(1))),
    ):
        np.testing.assert_allclose(first[0], second[0], rtol=0, atol=1e-5 * max(1.0, float(np.abs(first[0]).max())))
        for array, again in zip(first[1:], second[1:], strict=True):
            np.testing.assert_array_equal(array, again)


@settings(deadline=None, max_examples=40)
@given(small, st.integers(1, 3), st.data())
def test_a_backoff_model_has_the_distributions_of_the_counts(
    corpus: tuple[list[IntArray], int, int], min_count: int, data: Any
) -> None:
    documents, order, size = corpus
    model = build_model(counts_of(documents, order, size), min_count)
    text = texts(size, data)[None]
    one, other = (build_network(made, compiled=False) for made in (model, backoff_model(model)))
    expected, _ = one.unroll(text, one.initial_state(1))
    found, _ = other.unroll(text, other.initial_state(1))
    possible = np.delete(np.arange(size), [PAD, BEGIN])
    np.testing.assert_allclose(found[..., possible], expected[..., possible], rtol=0, atol=1e-5)
