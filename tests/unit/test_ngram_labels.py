"""N-grams of texts that depend on labels: these stand before `<s>`, as tokens that follow the vocabulary."""

import numpy as np
import pytest

from helpers.kneser_ney import SlowKneserNey
from unspool.arrays import Arrays, IntArray
from unspool.data.batches import TextSource, VectorSource
from unspool.engines.ngram.counts import counts_of
from unspool.engines.ngram.model import build_model, model_from_arrays
from unspool.engines.ngram.network import NgramNetwork, label_tokens
from unspool.engines.registry import build_network
from unspool.errors import ModelFolderError
from unspool.specs.network import NetworkSpec, NgramSpec
from unspool.text.tokenizer import BEGIN, END

SIZE, ORDER = 9, 5
KINDS, TONES = 3, 2  # labels of the first column and of the second
ENGINES = ("numpy", "numba", "auto")


def documents() -> tuple[list[IntArray], list[IntArray]]:
    """Texts whose tokens depend on the labels of two columns, and the tokens of these."""
    generator = np.random.default_rng(0)
    texts, labels = list[IntArray](), list[IntArray]()
    for index in range(80):
        kind, tone = index % KINDS, index % 7 % TONES
        texts.append(np.append(generator.integers(4 + kind, 7 + tone, generator.integers(1, 8)), END))
        labels.append(np.array([SIZE + kind, SIZE + KINDS + tone]))
    return texts, labels


def arrays(order: int = ORDER) -> Arrays:
    texts, labels = documents()
    return build_model(counts_of(texts, order, SIZE + KINDS + TONES, labels)).to_arrays()


def opened(engine: str, order: int = ORDER) -> NgramNetwork:
    spec = NgramSpec(order=order, vocabulary_size=SIZE, labels=KINDS + TONES)
    network: NgramNetwork = build_network(engine, NetworkSpec(kind="ngram", ngram=spec), arrays(order))
    return network


def weights(*rows: tuple[float, ...]) -> VectorSource:
    return VectorSource(np.array(rows, np.float32))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("order", [2, 3, ORDER])
def test_labels_are_contexts_and_are_not_predicted(engine: str, order: int) -> None:
    texts, labels = documents()
    slow = SlowKneserNey([text.tolist() for text in texts], order, SIZE, 1, [own.tolist() for own in labels])
    network = opened(engine, order)
    assert network.vocabulary_size == SIZE
    text = texts[1]
    inputs = np.append(BEGIN, text[:-1])[None]
    logits, _ = network.unroll(inputs, network.state_after(weights((0, 1, 0, 0, 1))))
    assert logits.shape == (1, len(text), SIZE)
    np.testing.assert_allclose(np.exp(logits.astype(np.float64)).sum(-1), 1, atol=1e-5)
    read = (*labels[1].tolist(), *inputs[0].tolist())
    for time in range(len(text)):
        context = read[: time + 3][-(order - 1) :]
        for token in (END, 4, 5, 6, 7):
            assert np.exp(logits[0, time, token]) == pytest.approx(slow.probability(context, token), rel=1e-4)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_label_makes_its_own_texts_likelier(engine: str) -> None:
    network = opened(engine)
    state = network.state_after(weights((1, 0, 0, 1, 0), (0, 0, 1, 0, 1)))
    logits, _ = network.step(np.array([BEGIN, BEGIN]), state)
    assert logits[0, 4] > logits[1, 4] + 1
    assert logits[1, 7] > logits[0, 7] + 1


def test_a_blend_has_no_label_and_other_sources_have_none() -> None:
    network = opened("numpy")
    start = network.initial_state(1)
    np.testing.assert_array_equal(network.state_after(weights((0.7, 0.3, 0, 0.5, 0.5))), start)
    half = network.state_after(weights((0.7, 0.3, 0, 0, 1)))
    assert half[0, -2:].tolist() == [-1, SIZE + KINDS + 1]
    whole = network.step(np.array([BEGIN]), start)[0]
    np.testing.assert_allclose(np.exp(whole.astype(np.float64)).sum(), 1, atol=1e-5)
    text = TextSource(np.array([[4, 5]]), np.array([2]))
    np.testing.assert_array_equal(network.state_after(text), start)


def test_more_labels_than_fit_the_state_leave_the_last_ones() -> None:
    assert opened("numpy", 2).state_after(weights((0, 1, 0, 0, 1))).tolist() == [[SIZE + KINDS + 1]]
    assert label_tokens(weights((0, 1, 0, 0, 1)), SIZE)[0].tolist() == [SIZE + 1, SIZE + KINDS + 1]


def test_a_state_with_labels_survives_arrays() -> None:
    network = opened("numpy")
    state = network.state_after(weights((0, 1, 0, 0, 1)))
    np.testing.assert_array_equal(network.state_from_arrays(network.state_to_arrays(state)), state)
    with pytest.raises(ModelFolderError, match=f"must be -1 to {SIZE + KINDS + TONES - 1}"):
        network.state_from_arrays({"tokens": state[None] + KINDS + TONES})


def test_labels_that_follow_a_text_are_refused() -> None:
    damaged = arrays()
    first = model_from_arrays(damaged).first
    after_text = int(first[4]), int(first[5])  # children of a token of the vocabulary
    tokens = damaged["tokens"].copy()
    tokens[after_text[1] - 1] = SIZE
    spec = NgramSpec(order=ORDER, vocabulary_size=SIZE, labels=KINDS + TONES)
    for wrong, given in ((spec, damaged | {"tokens": tokens}), (spec.changed(labels=KINDS), damaged)):
        with pytest.raises(ModelFolderError, match=r"must be those that config\.json describes"):
            build_network("numba", NetworkSpec(kind="ngram", ngram=wrong), given)
