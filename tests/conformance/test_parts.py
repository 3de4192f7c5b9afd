"""Encoders, bridge, attention and heads: every combination, in every engine."""

from dataclasses import replace
from functools import cache
from itertools import product
from math import prod
from typing import Any

import numpy as np
import pytest

from conformance.engines import compared_engines, compared_learners
from helpers.small import beside_arrays, random_weights
from unspool.arrays import Arrays
from unspool.data.batches import Batch, FeatureSource, ImageSource, Source, TextSource, VectorSource
from unspool.engines.base import Attends, Classifies, EncoderDecoder, Encodes, SequenceNetwork
from unspool.engines.parameters import parameter_shapes
from unspool.engines.registry import build_learner, build_network
from unspool.specs.network import (
    SEVERAL,
    DecoderSpec,
    FeatureEncoderSpec,
    HeadSpec,
    ImageEncoderSpec,
    LabelEncoderSpec,
    NetworkSpec,
    NgramSpec,
    TextEncoderSpec,
    VectorEncoderSpec,
)
from unspool.specs.training import HeadTrainingSpec
from unspool.text.tokenizer import PAD

VOCABULARY, TARGETS, LABELS, ROWS, STEPS = 11, 9, 3, 4, 6
LENGTHS = (5, 1, 3, 5)
CLOSE = {"rtol": 0, "atol": 1e-5}
CELLS = ("rnn", "lstm", "gru", "mingru")


def text_encoder(cell: str = "gru", both: bool = True, layers: int = 1, embedding: int = 4) -> TextEncoderSpec:
    return TextEncoderSpec(
        cell=cell,
        num_layers=layers,
        hidden_size=6,
        embedding_size=embedding,
        bidirectional=both,
        vocabulary_size=VOCABULARY,
    )


def decoder(cell: str = "gru", **settings: Any) -> DecoderSpec:
    sizes = {"hidden_size": 8, "embedding_size": 5, "vocabulary_size": TARGETS}
    return DecoderSpec(cell=cell, **{**sizes, **settings})


TEXTS = [
    NetworkSpec(encoder=text_encoder(cell, both, layers), decoder=decoder(other, attention=attention, num_layers=2))
    for (cell, other), both, layers, attention in product(
        zip(CELLS, ("lstm", "gru", "mingru", "rnn"), strict=True), (False, True), (1, 2), ("none", "dot", "additive")
    )
    if not (both and cell == "mingru")
]
PAIRED = [(spec.encoder.cell, spec.decoder.cell) for spec in TEXTS if isinstance(spec.encoder, TextEncoderSpec)]
TEXTS += [  # every other pair of cells, once
    NetworkSpec(encoder=text_encoder(cell, cell != "mingru"), decoder=decoder(other, attention="additive"))
    for cell, other in product(CELLS, CELLS)
    if (cell, other) not in PAIRED
]
PICTURES = (
    ImageEncoderSpec(image_height=9, image_width=6, channels=3, stages=(5, 7), blocks=2, hidden_size=6),
    FeatureEncoderSpec(positions=6, features=3, hidden_size=6),
)
GRID = (3, 2)  # positions of both
LOOKING = [
    NetworkSpec(encoder=encoder, decoder=decoder(cell, attention=attention, num_layers=2))
    for encoder, cell, attention in product(PICTURES, CELLS, ("none", "dot", "additive"))
]
MIXED = [  # beside counts that know labels, and beside such that know nothing of the source
    NetworkSpec(
        encoder=LabelEncoderSpec(labels=3, hidden_size=5),
        decoder=decoder("lstm"),
        ngram=NgramSpec(order=4, vocabulary_size=TARGETS, labels=3),
    ),
    NetworkSpec(
        encoder=text_encoder(),
        decoder=decoder(attention="additive"),
        ngram=NgramSpec(order=4, vocabulary_size=TARGETS),
    ),
]
OTHERS = [
    *LOOKING,
    NetworkSpec(encoder=PICTURES[0].changed(image_height=1, image_width=1, channels=1, blocks=0), decoder=decoder()),
    NetworkSpec(encoder=text_encoder(embedding=0), decoder=decoder(embedding_size=0)),
    NetworkSpec(encoder=LabelEncoderSpec(labels=3, hidden_size=5), decoder=decoder("lstm")),
    NetworkSpec(encoder=VectorEncoderSpec(numbers=3, hidden_size=5), decoder=decoder("mingru")),
    *(
        NetworkSpec(encoder=text_encoder(), decoder=decoder(cell, decoder_input="none", attention="dot"))
        for cell in CELLS
    ),
]
HEADS = [
    NetworkSpec(encoder=encoder, head=HeadSpec(labels=LABELS, pooling=pooling))
    for pooling in ("last", "max", "mean", "attention")
    for encoder in (
        *(text_encoder(cell, cell != "mingru", 2) for cell in CELLS),
        LabelEncoderSpec(labels=3, hidden_size=5),
        VectorEncoderSpec(numbers=3, hidden_size=5),
        *PICTURES,
    )
    if pooling != "attention" or encoder.kind in SEVERAL
]


def name_of(spec: NetworkSpec) -> str:
    encoder, parts = spec.encoder, []
    if isinstance(encoder, TextEncoderSpec):
        parts += [encoder.cell, str(encoder.num_layers), "both" if encoder.bidirectional else "one"]
    else:
        parts += [encoder.kind if encoder else "no"]
    if spec.decoder:
        parts += [spec.decoder.cell, spec.decoder.attention, spec.decoder.decoder_input]
    return "-".join(parts + ([spec.head.pooling] if spec.head else []) + ["counts"] * spec.mixed)


def source(spec: NetworkSpec, filler: int = PAD, longest: int = 5) -> Source:
    generator = np.random.default_rng(3)
    if isinstance(spec.encoder, ImageEncoderSpec):
        size = (spec.encoder.image_height, spec.encoder.image_width, spec.encoder.channels)
        return ImageSource(generator.integers(0, 256, (ROWS, *size), dtype=np.uint8))
    if isinstance(spec.encoder, FeatureEncoderSpec):
        return FeatureSource(generator.normal(size=(ROWS, 6, 3)).astype(np.float16))
    if spec.mixed and isinstance(spec.encoder, LabelEncoderSpec):
        return VectorSource(np.array([[0, 0, 1], [1, 0, 0], [0.5, 0.5, 0], [0, 1, 0]], np.float32))
    if not isinstance(spec.encoder, TextEncoderSpec):
        return VectorSource(generator.random((ROWS, 3)).astype(np.float32))
    tokens = generator.integers(4, VOCABULARY, (ROWS, 5))
    tokens = np.pad(tokens, ((0, 0), (0, longest - 5)))
    tokens[np.arange(longest) >= np.array(LENGTHS)[:, None]] = filler
    return TextSource(tokens, np.array(LENGTHS))


def row_of(source: Source, row: int) -> Source:
    if isinstance(source, ImageSource):
        return ImageSource(source.pixels[row : row + 1])
    if not isinstance(source, TextSource):
        return replace(source, values=source.values[row : row + 1])
    length = source.lengths[row]
    return TextSource(source.tokens[row : row + 1, :length], source.lengths[row : row + 1])


def inputs(seed: int = 0) -> Any:
    return np.random.default_rng(seed).integers(0, TARGETS, (ROWS, STEPS))


def moderate_weights(spec: NetworkSpec) -> Arrays:
    """Random weights, smaller in convolutions, so that what passes through keeps its size: nothing normalises it."""
    own = spec.without_counts()
    factor = {name: 0.3 if ".stages." in name else 1.0 for name in parameter_shapes(own)}
    weights = {name: np.float32(factor[name]) * array for name, array in random_weights(own).items()}
    return weights | (beside_arrays(spec.ngram) if spec.ngram else {})


@cache  # no test changes a network, and an engine may have to trace its graph
def network_of(spec: NetworkSpec, engine: str) -> Any:
    return build_network(engine, spec, moderate_weights(spec))


def networks(spec: NetworkSpec) -> list[Any]:
    return [network_of(spec, engine) for engine in compared_engines()]


@pytest.mark.parametrize("spec", TEXTS + OTHERS + MIXED, ids=name_of)
def test_the_engines_predict_the_same_from_a_source(spec: NetworkSpec) -> None:
    found = []
    for network in networks(spec):
        start = network.encode(source(spec))
        logits, state = network.unroll(inputs(), start)
        assert logits.shape == (ROWS, STEPS, TARGETS)
        found.append((logits, network.state_to_arrays(start), network.state_to_arrays(state)))
    for logits, *states in found[1:]:
        np.testing.assert_allclose(logits, found[0][0], **CLOSE)
        for arrays, expected in zip(states, found[0][1:], strict=True):
            assert arrays.keys() == expected.keys()
            for name in ("hidden", *(name for name in arrays if name == "cell")):
                np.testing.assert_allclose(arrays[name], expected[name], **CLOSE)


@pytest.mark.parametrize("spec", TEXTS + OTHERS + MIXED, ids=name_of)
def test_no_row_depends_on_its_neighbours_or_on_padding(spec: NetworkSpec) -> None:
    for network in networks(spec):
        together, end = network.unroll(inputs(), network.encode(source(spec)))
        padded, _ = network.unroll(inputs(), network.encode(source(spec, filler=7, longest=9)))
        np.testing.assert_allclose(padded, together, **CLOSE)
        for row in range(ROWS):
            alone, state = network.unroll(inputs()[row : row + 1], network.encode(row_of(source(spec), row)))
            np.testing.assert_allclose(alone[0], together[row], **CLOSE)
            chosen = network.state_to_arrays(network.select(end, np.array([row])))
            np.testing.assert_allclose(network.state_to_arrays(state)["hidden"], chosen["hidden"], **CLOSE)


@pytest.mark.parametrize("spec", TEXTS + OTHERS + MIXED, ids=name_of)
def test_unroll_equals_t_times_step_from_a_source(spec: NetworkSpec) -> None:
    for network in networks(spec):
        start = network.select(network.encode(source(spec)), np.array([2, 0, 2, 3]))
        unrolled, _ = network.unroll(inputs(), start)
        state = network.state_from_arrays(network.state_to_arrays(start))
        for time in range(STEPS):
            logits, state = network.step(inputs()[:, time], state)
            np.testing.assert_allclose(logits, unrolled[:, time], **CLOSE)


@pytest.mark.parametrize("spec", [spec for spec in TEXTS + LOOKING if spec.decoder.attention != "none"], ids=name_of)
def test_attention_weights_sum_to_one_and_stay_within_the_source(spec: NetworkSpec) -> None:
    lengths = LENGTHS if isinstance(spec.encoder, TextEncoderSpec) else (prod(GRID),) * ROWS
    found = [network.attention(inputs(), network.encode(source(spec))) for network in networks(spec)]
    for weights in found:
        np.testing.assert_allclose(weights, found[0], **CLOSE)
        np.testing.assert_allclose(weights.sum(axis=-1), 1, **CLOSE)
        for row, length in enumerate(lengths):
            assert not weights[row, :, length:].any()
            assert (weights[row, :, :length] > 0).all()


@pytest.mark.parametrize("spec", TEXTS + OTHERS + MIXED, ids=name_of)
def test_joined_states_predict_what_each_would_alone(spec: NetworkSpec) -> None:
    for network in networks(spec):
        alone = [network.encode(row_of(source(spec), row)) for row in range(ROWS)]
        used = [network.unroll(inputs()[:1, :row], state)[1] for row, state in enumerate(alone) if row]
        joined = network.join([alone[0], network.join(used[:2]), used[2]])
        logits, after = network.step(inputs()[:, 0], joined)
        for row, state in enumerate([alone[0], *used]):
            expected, end = network.step(inputs()[row : row + 1, 0], state)
            np.testing.assert_allclose(logits[row], expected[0], **CLOSE)
            chosen = network.state_to_arrays(network.select(after, np.array([row])))
            for name in ("hidden", "cell"):
                if name in chosen:
                    np.testing.assert_allclose(chosen[name], network.state_to_arrays(end)[name], **CLOSE)


def test_joining_what_was_selected_drops_the_sources_of_other_rows() -> None:
    spec = next(spec for spec in TEXTS if spec.decoder and spec.decoder.attention == "dot")
    for network in networks(spec):
        state = network.encode(source(spec))
        chosen = network.join([network.select(state, np.array([1])), network.select(state, np.array([2]))])
        expected, _ = network.unroll(inputs()[1:3], network.select(state, np.array([1, 2])))
        np.testing.assert_allclose(network.unroll(inputs()[1:3], chosen)[0], expected, **CLOSE)
        assert network.state_to_arrays(chosen)["values"].shape[1] == 2


def test_a_memory_cannot_be_joined_with_none() -> None:
    spec = next(spec for spec in TEXTS if spec.decoder and spec.decoder.attention == "dot")
    for network in networks(spec):
        with pytest.raises(ValueError, match="come from none"):
            network.join([network.encode(source(spec)), network.initial_state(1)])


@pytest.mark.parametrize("spec", TEXTS + OTHERS + MIXED + HEADS, ids=name_of)
def test_a_network_has_the_methods_that_its_parts_can_honour(spec: NetworkSpec) -> None:
    for engine in (*compared_engines(), "auto"):
        network = network_of(spec, engine)
        assert isinstance(network, SequenceNetwork) == (spec.decoder is not None)
        assert isinstance(network, Encodes) == isinstance(network, EncoderDecoder) == (spec.decoder is not None)
        assert isinstance(network, Attends) == (spec.decoder is not None and spec.decoder.attention != "none")
        assert isinstance(network, Classifies) == (spec.head is not None)


@pytest.mark.parametrize("cell", CELLS)
def test_a_decoder_that_is_fed_nothing_does_not_look_at_its_tokens(cell: str) -> None:
    spec = NetworkSpec(encoder=text_encoder(), decoder=decoder(cell, decoder_input="none"))
    for network in networks(spec):
        start = network.encode(source(spec))
        np.testing.assert_array_equal(network.unroll(inputs(1), start)[0], network.unroll(inputs(2), start)[0])


@pytest.mark.parametrize("spec", HEADS, ids=name_of)
def test_the_engines_give_the_same_scores_and_no_row_depends_on_another(spec: NetworkSpec) -> None:
    found = []
    for network in networks(spec):
        scores = network.classify(source(spec))
        assert scores.shape == (ROWS, LABELS)
        np.testing.assert_allclose(network.classify(source(spec, filler=7, longest=9)), scores, **CLOSE)
        for row in range(ROWS):
            np.testing.assert_allclose(network.classify(row_of(source(spec), row))[0], scores[row], **CLOSE)
        found.append(scores)
    for scores in found[1:]:
        np.testing.assert_allclose(scores, found[0], **CLOSE)


@pytest.mark.parametrize("engine", compared_learners())
def test_the_loss_of_a_label_counts_as_much_as_its_weight(engine: str) -> None:
    spec, labels = HEADS[0], np.array([0, 1, 2, 0])
    nothing = np.full((ROWS, 0), PAD)  # (B, 0)
    batch = Batch(nothing, nothing, np.ones(ROWS, np.bool_), source(spec), labels)
    scores = build_network("numpy", spec, random_weights(spec)).classify(source(spec)).astype(np.float64)  # (B, C)
    nats = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(ROWS), labels]  # (B)
    for weights in ((1.0, 1.0, 1.0), (0.5, 4.0, 1.0)):
        training = HeadTrainingSpec(threads=1, dropout=0.0, input_dropout=0.0, class_weights=weights)
        learner = build_learner(engine, spec, training, random_weights(spec))
        expected = np.average(nats, weights=np.array(weights)[labels])
        assert learner.train_step(batch, 1.0, 0) == pytest.approx(expected, abs=1e-5)
