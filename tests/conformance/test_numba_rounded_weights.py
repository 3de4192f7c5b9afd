"""Weights of two bytes and of one: the nearest ones, the same in every path, close to the whole ones."""

import numpy as np
import pytest

from helpers.small import random_weights
from unspool.decode.sampler import COMPILABLE, Samplers
from unspool.engines.registry import build_network
from unspool.engines.rounding import from_bfloat16, to_bfloat16
from unspool.errors import UsageError
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.sampling import SamplingSpec
from unspool.specs.shapes import CellName
from unspool.text.tokenizer import BEGIN


def spec_of(cell: CellName, tied: bool = False, size: int = 8) -> NetworkSpec:
    shape = {"num_layers": 2, "hidden_size": size, "embedding_size": size, "tie_weights": tied}
    return NetworkSpec(decoder=DecoderSpec(cell=cell, vocabulary_size=11, **shape))


def test_rounding_goes_to_the_nearest_and_keeps_what_fits() -> None:
    values = np.array([0, 1, -2.5, 1 / 3, 3.14159, 1e30, -1e-30], np.float32)
    back = from_bfloat16(to_bfloat16(values))
    np.testing.assert_allclose(back, values, rtol=2**-8)
    assert back[:3].tolist() == values[:3].tolist()
    assert (from_bfloat16(to_bfloat16(back)) == back).all()


# With several rows the states are rounded as well: bfloat16 by 1 part in 256, int8 to 255 levels.
@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 0.02), ("int8", 0.02)])
@pytest.mark.parametrize("size", [8, 9])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "mingru"])
def test_one_row_equals_a_row_of_a_batch_and_a_generated_text(
    cell: CellName, size: int, precision: str, tolerance: float
) -> None:
    spec = spec_of(cell, tied=size == 8, size=size)
    network = build_network("numba", spec, random_weights(spec), precision)
    single, one = network.step(np.array([BEGIN]), network.initial_state(1))
    batched, _ = network.step(np.array([BEGIN, 5]), network.initial_state(2))
    np.testing.assert_allclose(single[0], batched[0], atol=tolerance)

    settings = SamplingSpec(temperature=0.0)
    first, second = (Samplers.one(settings, np.arange(11) < 4, [], 1) for _ in range(2))
    sampled = first.for_block(np.array([20]), np.zeros(1, np.bool_))
    (tokens,), *_ = network.generate_row(single, one, sampled, COMPILABLE)
    expected, logits, state = (
        [],
        batched[:1],
        network.select(network.step(np.array([BEGIN] * 2), network.initial_state(2))[1], np.array([0])),
    )
    for _ in range(20):
        expected.append(int(second.choose(logits)[0]))
        logits, state = network.step(np.array(expected[-1:]), state)
    assert tokens.tolist() == expected


@pytest.mark.parametrize(("precision", "tolerance"), [("bfloat16", 0.05), ("int8", 0.15)])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "mingru"])
def test_the_logits_are_close_to_those_of_whole_weights(cell: CellName, precision: str, tolerance: float) -> None:
    spec = spec_of(cell)
    whole, halved = (build_network("numba", spec, random_weights(spec), kind) for kind in ("float32", precision))
    tokens = np.array([[BEGIN, 4, 5, 6]])
    difference = whole.unroll(tokens, whole.initial_state(1))[0] - halved.unroll(tokens, halved.initial_state(1))[0]
    assert 0 < np.abs(difference).max() < tolerance


def test_an_engine_without_them_refuses_them() -> None:
    spec = spec_of("lstm")
    with pytest.raises(UsageError, match="must be float32"):
        build_network("torch", spec, random_weights(spec), "bfloat16")
