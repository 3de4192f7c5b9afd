"""Halving a map, whose gradient is written for speed, against TensorFlow's own operator."""

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from unspool.engines.keras.convolution import halved  # noqa: E402


@pytest.mark.parametrize("shape", [(2, 4, 6, 3), (1, 5, 4, 2), (3, 7, 9, 1), (2, 1, 1, 4)])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_halving_is_max_pooling_and_so_is_its_gradient_among_equal_positions(
    shape: tuple[int, ...], precision: str
) -> None:
    generator = np.random.default_rng(0)
    values = tf.cast(generator.integers(-3, 1, shape), precision)  # many are equal, and most below 0
    found = []
    for halve in (halved, lambda given: tf.nn.max_pool2d(given, 2, 2, "SAME")):
        with tf.GradientTape() as tape:
            tape.watch(values)
            result = halve(values)
        weights = tf.cast(tf.reshape(tf.range(1, 1 + tf.size(result)), result.shape), precision)
        found.append([tf.cast(one, tf.float32).numpy() for one in (result, tape.gradient(result, values, weights))])
    for ours, expected in zip(*found, strict=True):
        np.testing.assert_array_equal(ours, expected)
