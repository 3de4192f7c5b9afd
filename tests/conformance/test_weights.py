"""Initial weights follow the facts of the parameters; weights that do not fit are refused by every engine."""

from collections.abc import Callable

import numpy as np
import pytest

from helpers.small import random_weights
from unspool.arrays import Arrays
from unspool.engines.initial import extended_weights, initial_array, initial_weights
from unspool.engines.parameters import parameters, weight
from unspool.engines.registry import build_network
from unspool.errors import ModelFolderError
from unspool.specs.network import DecoderSpec, HeadSpec, NetworkSpec, TextEncoderSpec

SPEC = NetworkSpec(decoder=DecoderSpec(hidden_size=8, embedding_size=4, vocabulary_size=9))
NAME = "decoder.output.bias"


def renamed(weights: Arrays) -> None:
    weights["decoder.output.offset"] = weights.pop(NAME)


def missing(weights: Arrays) -> None:
    del weights[NAME]


def extra(weights: Arrays) -> None:
    weights["encoder.bias"] = weights[NAME]


def reshaped(weights: Arrays) -> None:
    weights[NAME] = weights[NAME][:-1]


def retyped(weights: Arrays) -> None:
    weights[NAME] = weights[NAME].astype(np.float64)


def not_a_number(weights: Arrays) -> None:
    weights[NAME][3] = np.nan


def infinite(weights: Arrays) -> None:
    weights[NAME][3] = -np.inf


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (renamed, r"missing \['decoder.output.bias'\], unknown \['decoder.output.offset'\]"),
        (missing, r"missing \['decoder.output.bias'\]"),
        (extra, r"unknown \['encoder.bias'\]"),
        (reshaped, r"must be float32 \(9,\). Received: float32 \(8,\)"),
        (retyped, r"must be float32 \(9,\). Received: float64 \(9,\)"),
        (not_a_number, "holds NaN or infinite weights"),
        (infinite, "holds NaN or infinite weights"),
    ],
)
def test_weights_that_do_not_fit_are_refused(engine: str, spoil: Callable[[Arrays], None], sentence: str) -> None:
    weights = random_weights(SPEC)
    spoil(weights)
    with pytest.raises(ModelFolderError, match=sentence):
        build_network(engine, SPEC, weights)


def test_the_weights_handed_in_are_not_changed_by_building(engine: str) -> None:
    weights = random_weights(SPEC)
    build_network(engine, SPEC, weights)
    for name, array in random_weights(SPEC).items():
        np.testing.assert_array_equal(weights[name], array)


def test_the_same_seed_gives_the_same_weights() -> None:
    one, same, other = (initial_weights(SPEC, seed) for seed in (3, 3, 4))
    assert all((one[name] == same[name]).all() for name in one)
    assert any((one[name] != other[name]).any() for name in one)


def test_the_forget_gate_of_an_lstm_starts_open() -> None:
    bias = sum(initial_weights(SPEC, 0)[f"decoder.cell.bias_{kind}_l0"] for kind in ("ih", "hh"))
    assert np.array_equal(np.asarray(bias).reshape(4, 8), [[0] * 8, [1] * 8, [0] * 8, [0] * 8])


def test_a_convolution_kernel_starts_within_the_bound_of_its_inputs() -> None:
    kernel = weight(40, 30, 3, 3)
    found, bound = initial_array(kernel, np.random.default_rng(0)), (30 * 9) ** -0.5
    assert kernel.fan_in == 270
    assert found.shape == (40, 30, 3, 3)
    assert found.dtype == np.float32
    assert bound * 0.99 < np.abs(found).max() <= bound
    assert found.std() == pytest.approx(bound / 3**0.5, rel=0.02)  # as a uniform distribution's


@pytest.mark.parametrize("cell", ["lstm", "mingru"])
def test_depth_counts_the_layers_below_a_head(cell: str) -> None:
    encoder = TextEncoderSpec(cell=cell, num_layers=3, hidden_size=6, embedding_size=4, vocabulary_size=9)
    facts = parameters(NetworkSpec(encoder=encoder, head=HeadSpec(labels=2)))
    depths = {name: facts[name].depth for name in facts}
    layers = ["weight_in_l{}", "mlp_norm_l{}"] if cell == "mingru" else ["weight_hh_l{}", "bias_ih_l{}"]
    assert depths["head.output.weight"] == depths["head.output.bias"] == 0
    assert depths["encoder.embedding.weight"] == 4
    for name in layers:
        assert [depths[f"encoder.cell.{name.format(layer)}"] for layer in range(3)] == [3, 2, 1]
    if cell == "mingru":
        assert (depths["encoder.cell.weight_enter"], depths["encoder.cell.norm_leave"]) == (3, 1)


def test_matrices_are_those_of_the_recurrent_layers() -> None:
    facts = parameters(NetworkSpec(decoder=DecoderSpec(cell="gru", hidden_size=8, embedding_size=4, vocabulary_size=9)))
    assert [name for name in facts if facts[name].matrix] == ["decoder.cell.weight_ih_l0", "decoder.cell.weight_hh_l0"]


@pytest.mark.parametrize(
    "shape", [{"embedding_size": 4}, {"embedding_size": 0}, {"embedding_size": 8, "tie_weights": True}]
)
def test_a_larger_vocabulary_keeps_what_is_known(engine: str, shape: dict[str, int]) -> None:
    small, large = (NetworkSpec(decoder=DecoderSpec(hidden_size=8, vocabulary_size=size, **shape)) for size in (9, 14))
    known = random_weights(small)
    extended = extended_weights(large, 0, known)
    tokens = np.random.default_rng(0).integers(0, 9, (2, 6))
    before, after = build_network(engine, small, known), build_network(engine, large, extended)
    logits, _ = before.unroll(tokens, before.initial_state(2))
    again, _ = after.unroll(tokens, after.initial_state(2))
    np.testing.assert_allclose(again[..., :9], logits, atol=1e-5)
    assert again.shape[-1] == 14
