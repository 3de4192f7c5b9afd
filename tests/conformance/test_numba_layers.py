"""Layers that run through a window in one compiled call, against NumPy's, which define them."""

import numpy as np
import pytest

from helpers.small import random_weights
from unspool.engines.numba.layers import packed_layer, partitioned
from unspool.engines.numpy.layers import make_layer, weights_of
from unspool.engines.rounding import rounded_weights
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.shapes import CellName

SIZE, WIDTH, STEPS = 70, 9, 6

# With the weights the states are rounded: bfloat16 by 1 part in 256, int8 to 255 levels up to the largest of a state.
# Matrices are small enough that such differences do not grow from step to step.


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("rows", [1, 5, 40])
@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 0.03), ("int8", 0.03)])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "mingru"])
def test_a_window_is_what_numpy_makes_of_it(
    cell: CellName, precision: str, tolerance: float, rows: int, threads: int
) -> None:
    width = SIZE if cell == "mingru" else WIDTH
    decoder = DecoderSpec(cell=cell, vocabulary_size=20, hidden_size=SIZE, embedding_size=width)
    spec = NetworkSpec(decoder=decoder)
    small = {name: array / 4 for name, array in random_weights(spec).items()}
    weights = weights_of(rounded_weights(small, precision), "decoder", 0)
    plain = make_layer(cell, weights)
    compiled = packed_layer(cell, weights, precision, lambda count: partitioned(count, threads, 4))
    generator = np.random.default_rng(0)
    values = generator.normal(size=(rows, STEPS, width)).astype(np.float32)
    memory = tuple(generator.normal(size=(rows, SIZE)).astype(np.float32) for _ in range(2 if cell == "lstm" else 1))
    before = [array.copy() for array in memory]
    wanted, wanted_last = plain.run(plain.read(values), memory)
    found, last = compiled.run(compiled.read(values), memory)
    for one, other in zip((found, *last), (wanted, *wanted_last), strict=True):
        assert one.shape == other.shape
        assert np.linalg.norm(one - other) <= tolerance * np.linalg.norm(other)
    assert all(np.array_equal(one, other) for one, other in zip(memory, before, strict=True))


@pytest.mark.parametrize("count", [1, 7, 64, 65])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_row_is_in_one_part(count: int, threads: int) -> None:
    rows = np.arange(count)
    assert np.concatenate([rows[part] for part in partitioned(count, threads, 8)]).tolist() == rows.tolist()
