"""The compiled scores of additive attention against the formula in TensorFlow."""

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")
pytest.importorskip("numba")

from unspool.engines.keras import scores  # noqa: E402


@pytest.mark.parametrize(("rows", "steps", "positions", "size"), [(1, 1, 1, 3), (3, 4, 5, 33), (5, 2, 7, 64)])
@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 1e-2)])
def test_scores_and_gradients_are_those_of_the_formula(
    rows: int, steps: int, positions: int, size: int, precision: str, tolerance: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = np.random.default_rng(size)
    shapes = ((rows, steps, size), (rows, positions, size), (size,))
    queries, keys, vector = (tf.constant(generator.standard_normal(shape, np.float32)) for shape in shapes)
    kept = [tf.cast(queries, precision), tf.cast(keys, precision), vector]
    change = generator.standard_normal((rows, steps, positions), np.float32)
    change[:, :, -1] = 0
    found = []
    for precisions, given in ((scores.PRECISIONS, kept), ({}, [tf.cast(tensor, tf.float32) for tensor in kept])):
        monkeypatch.setattr(scores, "PRECISIONS", precisions)
        with tf.GradientTape() as tape:
            tape.watch(given)
            result = scores.additive_scores(*given)
        gradients = tape.gradient(result, given, output_gradients=tf.constant(change))
        assert [one.dtype for one in gradients] == [one.dtype for one in given]
        found.append((result.numpy(), [np.asarray(tf.cast(one, tf.float32)) for one in gradients]))
    (ours, slopes), (expected, true_slopes) = found
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-5)
    for one, other in zip(slopes, true_slopes, strict=True):
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)
