"""Reading while learning: windows in order, scores of what was not yet read, weights that stay where they came from."""

import numpy as np
import pytest

from helpers.small import random_weights, small_text
from unspool.arrays import IntArray
from unspool.data.tokens import Part
from unspool.engines.base import SequenceNetwork
from unspool.engines.registry import build_learner, build_network
from unspool.evaluate.adapted import adapted_figures
from unspool.evaluate.bits import token_nats
from unspool.specs.adaptation import AdaptationSpec
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.text.tokenizer import BEGIN, END, PAD
from unspool.text.vocabulary import make_tokenizer
from unspool.training.adaptation import AdaptiveReader, Nats, adaptation_training, windows_of

TOKENIZER = make_tokenizer("char", [small_text()])
TOKENS = TOKENIZER.encode(small_text(lines=12, seed=5)).astype(np.int64)
SPEC = NetworkSpec(decoder=DecoderSpec(hidden_size=8, embedding_size=4, vocabulary_size=TOKENIZER.vocabulary_size))
FAST = AdaptationSpec(learning_rate=0.02, pull=0.01)


def stream(tokens: IntArray = TOKENS) -> Part:
    size = len(tokens)
    return Part(tokens, None, size, size, 0.0, np.bincount(tokens, minlength=TOKENIZER.vocabulary_size))


def documents(lengths: list[int]) -> Part:
    ends = np.cumsum(lengths)
    tokens = TOKENS[: ends[-1]].copy()
    tokens[ends - 1] = END
    return Part(tokens, np.array([0, *ends]), len(tokens), len(tokens), 0.0, np.bincount(tokens))


def static() -> SequenceNetwork:
    network: SequenceNetwork = build_network("numpy", SPEC, random_weights(SPEC))
    return network


def read(part: Part, spec: AdaptationSpec = FAST, limit: int | None = None) -> Nats:
    learner = build_learner("torch", SPEC, adaptation_training(spec), random_weights(SPEC))
    return AdaptiveReader(static(), learner, lambda network: network, spec).read(part, limit)


@pytest.mark.parametrize("window", [1, 7, 32, 10_000])
@pytest.mark.parametrize("lengths", [None, [3, 4, 90, 1, 1, 33, 5], [1] * 80])
def test_windows_hold_every_token_once_and_in_order(window: int, lengths: list[int] | None) -> None:
    part = stream() if lengths is None else documents(lengths)
    before, tokens = BEGIN, list[int]()
    for batch in windows_of(part, window):
        assert batch.reset.all() or not batch.reset.any()
        assert batch.targets.shape[1] <= window
        if len(batch.targets) > 1:
            assert batch.size <= window
        for inputs, targets in zip(batch.inputs, batch.targets, strict=True):
            kept = targets != PAD
            assert (inputs[~kept] == PAD).all()
            before = BEGIN if batch.reset.all() else before
            np.testing.assert_array_equal(inputs[kept], [before, *targets[kept]][:-1])
            tokens += targets[kept].tolist()
            before = tokens[-1]
    np.testing.assert_array_equal(tokens, part.tokens)


@pytest.mark.parametrize("limit", [1, 40, 10_000])
def test_no_more_than_a_limit_is_read(limit: int) -> None:
    for part in (stream(), documents([3, 4, 90, 1, 1, 33, 5])):
        sizes = [batch.size for batch in windows_of(part, 16, limit)]
        assert sum(sizes) == min(limit, len(part.tokens))


def test_the_static_column_is_the_model_as_it_was() -> None:
    nats = read(stream())
    np.testing.assert_allclose(nats["static"], token_nats(static(), TOKENS), atol=1e-4)
    figures = adapted_figures(stream(), nats)
    assert figures.tokens == len(TOKENS)
    assert figures.static.nats_per_token == pytest.approx(nats["static"].mean())
    assert figures.static.bits_per_byte == pytest.approx(nats["static"].mean() / np.log(2))


def test_a_model_that_learns_while_it_reads_predicts_better() -> None:
    mean = {name: nats[len(nats) // 2 :].mean() for name, nats in read(stream()).items()}
    assert mean["network"] < 0.95 * mean["static"]
    assert mean["counts"] < 0.9 * mean["static"]
    assert mean["both"] < min(mean["network"], mean["counts"])


def test_what_comes_later_changes_no_score() -> None:
    changed = TOKENS.copy()
    changed[100:] = changed[100:][::-1]
    for part, other in ((stream(), stream(changed)), (documents([100, 200]), documents([100, 150]))):
        found, expected = read(part), read(other)
        for name in found:
            np.testing.assert_array_equal(found[name][:100], expected[name][:100], err_msg=name)


def test_the_same_text_gives_the_same_figures_bit_for_bit() -> None:
    found, again = read(stream()), read(stream())
    for name in found:
        np.testing.assert_array_equal(found[name], again[name])


def test_documents_are_read_each_from_the_initial_state() -> None:
    part = documents([30, 45, 20])
    expected = np.concatenate([token_nats(static(), part.document(index)) for index in range(3)])
    np.testing.assert_allclose(read(part)["static"], expected, atol=1e-4)


def test_weights_are_pulled_back_and_the_original_ones_are_left_alone() -> None:
    given = random_weights(SPEC)
    distances = list[float]()
    for pull in (0.0, 0.2):
        spec = FAST.changed(pull=pull)
        learner = build_learner("torch", SPEC, adaptation_training(spec), given)
        AdaptiveReader(static(), learner, lambda network: network, spec).read(stream())
        moved = learner.weights()
        distances.append(sum(float(((moved[name] - given[name]) ** 2).sum()) for name in given))
    assert 0 < distances[1] < 0.5 * distances[0]
    for name, array in random_weights(SPEC).items():
        np.testing.assert_array_equal(given[name], array)


def test_a_markov_chain_has_no_network_that_learns() -> None:
    nats = AdaptiveReader(static(), None, lambda network: network, FAST).read(stream())
    assert set(nats) == {"static", "counts"}
    figures = adapted_figures(stream(), nats)
    assert set(figures.to_dict()) == {"tokens", "static", "counts"}
    assert "the network learns on" not in figures.table()
