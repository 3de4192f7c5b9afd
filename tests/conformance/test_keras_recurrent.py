"""The compiled recurrence of the TensorFlow engine computes what its step by step definition does."""

import numpy as np
import pytest

from unspool.specs.shapes import CellName

tf = pytest.importorskip("tensorflow")

from unspool.engines.keras.compiled import has_kernels  # noqa: E402 - needs TensorFlow
from unspool.engines.keras.mingru import BlockWeights, fused, plain_block  # noqa: E402
from unspool.engines.keras.products import in_precision  # noqa: E402
from unspool.engines.keras.recurrent import WINDOWS  # noqa: E402
from unspool.engines.keras.steps import _loops, read_steps  # noqa: E402
from unspool.engines.parameters import GATES  # noqa: E402

ROWS, STEPS, WIDTH, SIZE = 19, 7, 5, 36  # rows that do not fill a chunk, units that do not fill a panel


def random(*shape: int, seed: int = 0) -> "tf.Tensor":
    return tf.constant(np.random.default_rng((seed, *shape)).normal(0, 0.2, shape).astype(np.float32))


def relative(found: "tf.Tensor", expected: "tf.Tensor") -> float:
    one, other = (tf.cast(tensor, tf.float64).numpy() for tensor in (found, expected))
    return float(np.linalg.norm(one - other) / max(np.linalg.norm(other), 1e-9))


@pytest.mark.parametrize(("precision", "close"), [("float32", 1e-5), ("bfloat16", 0.03)])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_kernels_and_steps_agree(cell: CellName, precision: str, close: float) -> None:
    kind = tf.as_dtype(precision)
    if not has_kernels(kind):
        pytest.skip("this processor has no kernels of this precision")
    rows = GATES[cell] * SIZE
    weights = [random(rows, WIDTH), random(rows, SIZE), random(rows), random(rows, seed=1)]
    states = [random(ROWS, SIZE, seed=seed) for seed in range(2 if cell == "lstm" else 1)]
    values = tf.cast(random(STEPS, ROWS, WIDTH), kind)
    found = []
    for read in (WINDOWS[cell], lambda *given: read_steps(cell, *given)):
        watched = [values, *weights, *states]
        with tf.GradientTape() as tape, in_precision(precision):
            tape.watch(watched)
            output, *after = read(*watched)
        given = [random(*one.shape, seed=3) for one in (output, *after)]
        gradients = tape.gradient([output, *after], watched, [tf.cast(given[0], kind), *given[1:]])
        found.append([output, *after, *gradients])
    for one, other in zip(*found, strict=True):
        assert one.dtype == other.dtype
        assert relative(one, other) < close


def test_loops_over_steps_are_traced_once_for_all_shapes() -> None:
    loops = _loops("gru", tf.float32)
    for rows, steps, size in ((2, 3, 4), (1, 2, 5), (3, 5, 1), (7, 2, 6)):
        state = random(rows, size)
        given = [random(steps, rows, 3 * size), random(3 * size, size), random(3 * size)]
        products, before, last = loops.forward(*given, (state,))
        loops.backward(given[0], products, before, given[1], random(steps, rows, size), last)
    assert [loop.experimental_get_tracing_count() for loop in loops] == [1, 1]


@pytest.mark.parametrize(("precision", "close"), [("float32", 1e-5), ("bfloat16", 0.03)])
@pytest.mark.parametrize("masked", [False, True], ids=["plain", "dropout"])
def test_the_fused_block_and_the_plain_one_agree(precision: str, close: float, masked: bool) -> None:
    pytest.importorskip("numba")
    shapes = ((SIZE,), (SIZE,), (3 * SIZE, SIZE), (3 * SIZE,), (SIZE, SIZE), (2 * SIZE, SIZE), (SIZE, SIZE))
    weights = BlockWeights(*(random(*shape, seed=seed) for seed, shape in enumerate(shapes)))
    x, first = random(ROWS, STEPS, SIZE), random(ROWS, SIZE)
    masks = (random(ROWS, SIZE, seed=5), random(ROWS, SIZE, seed=6)) if masked else None
    found = []
    for block in (fused(masks), lambda x, first, *weights: plain_block(x, first, masks, BlockWeights(*weights))):
        watched = [x, first, *weights]
        with tf.GradientTape() as tape, in_precision(precision):
            tape.watch(watched)
            output, last = block(*watched)
        gradients = tape.gradient([output, last], watched, [random(*output.shape, seed=8), random(*last.shape, seed=9)])
        found.append([output, last, *gradients])
    for one, other in zip(*found, strict=True):
        assert relative(one, other) < close
