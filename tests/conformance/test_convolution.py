"""The convolutional encoder of pictures: the same in every engine, without normalisation, resumed bit for bit."""

import numpy as np
import pytest

from conformance.engines import compared_engines, compared_learners
from unspool.arrays import Arrays
from unspool.data.batches import Batch, ImageSource
from unspool.engines.base import Learner
from unspool.engines.initial import initial_weights
from unspool.engines.numpy.convolution import convolve
from unspool.engines.parameters import parameter_shapes, parameters
from unspool.engines.registry import build_learner, build_network
from unspool.specs.network import DecoderSpec, HeadSpec, ImageEncoderSpec, NetworkSpec
from unspool.specs.training import TrainingSpec

GREY = ImageEncoderSpec(image_height=28, image_width=28, channels=1, stages=(32, 64, 128), blocks=1)
COLOURED = ImageEncoderSpec(image_height=61, image_width=50, channels=3, stages=(8, 16, 32), blocks=2)
SMALL = ImageEncoderSpec(image_height=8, image_width=12, channels=3, stages=(6, 10), blocks=1, hidden_size=12)
DECODER = DecoderSpec(cell="gru", hidden_size=24, embedding_size=8, vocabulary_size=20, attention="dot")


def classifier(encoder: ImageEncoderSpec) -> NetworkSpec:
    return NetworkSpec(encoder=encoder, head=HeadSpec(labels=5, pooling="mean"))


def captioner(encoder: ImageEncoderSpec) -> NetworkSpec:
    return NetworkSpec(encoder=encoder, decoder=DECODER)


def pictures(spec: ImageEncoderSpec, rows: int, seed: int = 0) -> ImageSource:
    shape = (rows, spec.image_height, spec.image_width, spec.channels)
    return ImageSource(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))


def used_weights(spec: NetworkSpec) -> Arrays:
    """Initial weights whose zeros have become numbers, of the size that training gives them."""
    generator = np.random.default_rng(1)
    return {
        name: array if array.any() else generator.normal(0, 0.05, array.shape).astype(np.float32)
        for name, array in initial_weights(spec, 0).items()
    }


def states(engine: str, encoder: ImageEncoderSpec, weights: Arrays, source: ImageSource) -> np.ndarray:
    """The states that attention would read, [B, S, W]."""
    network = build_network(engine, captioner(encoder), weights)
    return np.asarray(network.state_to_arrays(network.encode(source))["values"][0])


@pytest.mark.parametrize("encoder", [GREY, COLOURED], ids=["grey", "coloured"])
def test_the_engines_agree_on_networks_of_usual_sizes(encoder: ImageEncoderSpec) -> None:
    spec, source = classifier(encoder), pictures(encoder, 3)
    weights = used_weights(spec)
    first, *others = (build_network(engine, spec, weights).classify(source) for engine in compared_engines())
    assert np.abs(first).max() > 0.1
    for scores in others:
        np.testing.assert_allclose(scores, first, rtol=0, atol=1e-4)


def test_a_convolution_is_a_sum_over_its_window() -> None:
    generator = np.random.default_rng(0)
    values, weight = generator.normal(size=(2, 5, 4, 3)), generator.normal(size=(7, 3, 3, 3))
    for stride in (1, 2):
        found = convolve(values, weight.reshape(7, -1), stride)
        assert found.shape == (2, -(-5 // stride), -(-4 // stride), 7)
        for row, column in np.ndindex(found.shape[1:3]):
            expected = np.zeros((2, 7))
            for down, right in np.ndindex(3, 3):
                y, x = stride * row + down - 1, stride * column + right - 1
                if 0 <= y < 5 and 0 <= x < 4:
                    expected += values[:, y, x] @ weight[:, down, right].T
            np.testing.assert_allclose(found[:, row, column], expected, atol=1e-12)


@pytest.mark.parametrize("engine", compared_engines())
def test_states_stand_row_by_row_from_the_upper_left(engine: str) -> None:
    """What changes in a part of the picture changes the states of that part the most."""
    large = SMALL.changed(image_height=32, image_width=48)
    weights = used_weights(captioner(large))
    plain = np.full((1, 32, 48, 3), 90, np.uint8)
    before = states(engine, large, weights, ImageSource(plain))
    assert before.shape == (1, large.positions, large.width) == (1, 8 * 12, 12)
    for row, column in np.ndindex(2, 3):
        pixels = plain.copy()
        pixels[:, 16 * row : 16 * row + 16, 16 * column : 16 * column + 16] = 255
        change = np.abs(states(engine, large, weights, ImageSource(pixels)) - before)  # (1, S, W)
        parts = change.reshape(2, 4, 3, 4, -1).sum(axis=(1, 3, 4))  # (2, 3)
        assert np.unravel_index(parts.argmax(), parts.shape) == (row, column)


@pytest.mark.parametrize("engine", compared_engines())
def test_equal_positions_differ_by_where_they_are(engine: str) -> None:
    wide = SMALL.changed(image_width=64)
    found = states(engine, wide, used_weights(captioner(wide)), ImageSource(np.full((1, 8, 64, 3), 90, np.uint8)))
    assert np.abs(found[0, 7] - found[0, 8]).max() > 0.01  # far from the borders, which can be seen too


def test_blocks_start_as_the_identity() -> None:
    deep, shallow = captioner(SMALL.changed(blocks=3)), captioner(SMALL.changed(blocks=0))
    weights = initial_weights(deep, 0)
    known = {name: weights[name] for name in parameter_shapes(shallow)}
    for engine in compared_engines():
        found = states(engine, SMALL.changed(blocks=3), weights, pictures(SMALL, 2))
        expected = states(engine, SMALL.changed(blocks=0), known, pictures(SMALL, 2))
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
        assert found.any()


def test_what_passes_through_a_deep_network_keeps_its_size() -> None:
    stages = (16,) * 6
    sizes = [
        float(np.square(states("numpy", spec, initial_weights(captioner(spec), 0), pictures(spec, 4))).mean())
        for spec in (COLOURED.changed(stages=stages[:count]) for count in (1, 3, 6))
    ]
    assert max(sizes) < 10 * min(sizes)


def test_every_layer_has_a_depth_of_its_own_from_the_head_down() -> None:
    facts = parameters(classifier(COLOURED))
    convolutions = [fact for name, fact in facts.items() if name.endswith(("enter.weight", "first.weight", "d.weight"))]
    assert [fact.depth for fact in convolutions] == list(range(len(convolutions) + 1, 1, -1))
    assert (facts["encoder.linear.weight"].depth, facts["head.output.weight"].depth) == (1, 0)


def test_muon_trains_the_convolutions_that_read_states() -> None:
    matrices = {name: fact for name, fact in parameters(classifier(COLOURED)).items() if fact.matrix}
    names = [name for name in parameter_shapes(classifier(COLOURED)) if ".stages." in name and "weight" in name]
    assert list(matrices) == [name for name in names if name != "encoder.stages.0.enter.weight"]
    assert all(len(fact.shape) == 2 for fact in matrices.values())  # it takes no others


def labelled(seed: int = 0) -> Batch:
    nothing = np.zeros((6, 0), np.int64)
    return Batch(nothing, nothing, np.ones(6, np.bool_), pictures(SMALL, 6, seed), np.arange(6) % 5)


def learner_for(engine: str, precision: str, dropout: float) -> Learner:
    training = TrainingSpec(threads=1, precision=precision, dropout=dropout, input_dropout=0.0)
    return build_learner(engine, classifier(SMALL), training)


@pytest.mark.parametrize("engine", compared_learners())
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_loss_of_fixed_pictures_falls(engine: str, precision: str) -> None:
    learner = learner_for(engine, precision, dropout=0.0)
    losses = [learner.train_step(labelled(), 1.0, step) for step in range(40)]
    assert losses[0] == pytest.approx(np.log(5), abs=0.3)
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("engine", compared_learners())
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_restored_learner_goes_on_bit_for_bit(engine: str, precision: str) -> None:
    learner, again = (learner_for(engine, precision, dropout=0.3) for _ in range(2))
    for step in range(3):
        learner.train_step(labelled(step), 1.0, step)
    again.restore(learner.training_state())
    losses = [[one.train_step(labelled(step), 0.5, step) for step in (3, 4)] for one in (learner, again)]
    assert losses[0] == losses[1]
    for name, array in learner.training_state().items():
        np.testing.assert_array_equal(array, again.training_state()[name], err_msg=name)


@pytest.mark.parametrize("engine", compared_learners())
def test_dropout_is_of_training_alone(engine: str) -> None:
    first, *others = (learner_for(engine, "float32", dropout).train_step(labelled(), 1.0, 0) for dropout in (0, 0, 0.5))
    assert others[0] == first != others[1]
    network = learner_for(engine, "float32", 0.5).network()
    np.testing.assert_array_equal(network.classify(labelled().source), network.classify(labelled().source))
