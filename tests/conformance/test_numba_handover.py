"""NumPy generates the first tokens, compiled kernels the rest: one text, whatever the engine and the clock."""

import threading
from importlib.util import find_spec

import numpy as np
import pytest

from helpers.small import random_weights
from unspool.decode.generation import generate
from unspool.decode.reading import start_reading
from unspool.engines import handover, registry
from unspool.engines.auto import AutoDecoder
from unspool.engines.base import BlockGenerator, HandoverNetwork, SequenceNetwork
from unspool.engines.ngram.counts import counts_of
from unspool.engines.ngram.model import build_model
from unspool.engines.registry import build_network
from unspool.errors import UnspoolError
from unspool.specs.network import DecoderSpec, NetworkSpec, NgramSpec
from unspool.specs.sampling import SamplingSpec
from unspool.specs.shapes import CellName
from unspool.text.vocabulary import make_tokenizer

TOKENIZER = make_tokenizer("char", ["abcdefg .\n"])


def spec_of(cell: CellName) -> NetworkSpec:
    size = {"vocabulary_size": TOKENIZER.vocabulary_size, "hidden_size": 12, "embedding_size": 5}
    return NetworkSpec(decoder=DecoderSpec(cell=cell, **size))


def text_of(network: SequenceNetwork, samples: int = 1) -> list[str]:
    spec = SamplingSpec(max_new_tokens=60, num_samples=samples)
    pieces = list(generate(network, TOKENIZER, start_reading(network), spec, list(range(samples)), by_document=False))
    return ["".join(piece.text for piece in pieces if piece.row == number) for number in range(samples)]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "mingru"])
def test_the_text_is_that_of_either_alone(
    cell: CellName, samples: int, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_of(cell)
    weights = random_weights(spec)
    alone = text_of(build_network("numba", spec, weights, precision))
    numpy_alone = text_of(build_network("auto", spec, weights, precision), samples)
    monkeypatch.setattr(handover, "HANDOVER", 20)
    together = text_of(build_network("auto", spec, weights, precision), samples)
    assert together[0] == alone[0] == numpy_alone[0]
    assert precision != "float32" or together == numpy_alone


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "int8"])
def test_an_engine_that_is_named_does_all_the_work_itself(precision: str) -> None:
    spec = spec_of("gru")
    network = build_network("numba", spec, random_weights(spec), precision)
    assert isinstance(network, BlockGenerator)
    assert not isinstance(network, HandoverNetwork)
    assert text_of(network) == text_of(build_network("numba", spec, random_weights(spec), precision))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_without_kernels_numpy_generates_the_whole_text(precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = spec_of("gru")
    whole = text_of(build_network("auto", spec, random_weights(spec), precision), 2)
    monkeypatch.setattr(registry, "find_spec", lambda package: None if package == "numba" else find_spec(package))
    monkeypatch.setattr(handover, "HANDOVER", 20)
    assert text_of(build_network("auto", spec, random_weights(spec), precision), 2) == whole


@pytest.mark.parametrize("samples", [1, 3])
def test_the_text_of_n_grams_is_that_of_either_alone(samples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model = build_model(counts_of([TOKENIZER.encode("a bad cab faced a fad. ")], 4, TOKENIZER.vocabulary_size))
    spec = NetworkSpec(kind="ngram", ngram=NgramSpec(order=4, vocabulary_size=TOKENIZER.vocabulary_size))
    numpy_alone = text_of(build_network("numpy", spec, model.to_arrays()), samples)
    assert text_of(build_network("numba", spec, model.to_arrays()), samples) == numpy_alone
    monkeypatch.setattr(handover, "HANDOVER", 20)
    network = build_network("auto", spec, model.to_arrays())
    assert isinstance(network, HandoverNetwork)
    assert text_of(network, samples) == numpy_alone
    successor, _ = network.hand_over(network.initial_state(1))
    assert successor.lookups.compiles(np.zeros((1, 1), np.int64))


def test_a_short_text_never_loads_the_successor() -> None:
    spec = spec_of("gru")

    def load() -> SequenceNetwork:
        raise AssertionError("loaded")

    network = AutoDecoder(spec, random_weights(spec), load)
    assert text_of(network)


def test_a_successor_that_cannot_be_loaded_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = spec_of("gru")

    def load() -> SequenceNetwork:
        raise UnspoolError("no kernels.", "none.")

    monkeypatch.setattr(handover, "HANDOVER", 20)
    with pytest.raises(UnspoolError, match="no kernels"):
        text_of(AutoDecoder(spec, random_weights(spec), load))


def test_the_successor_is_loaded_once_and_in_the_background() -> None:
    spec, loaded = spec_of("gru"), []

    def load() -> SequenceNetwork:
        loaded.append(threading.current_thread())
        return build_network("numpy", spec, random_weights(spec))

    network = AutoDecoder(spec, random_weights(spec), load)
    state = network.initial_state(2)
    network.prepare()
    _, one = network.hand_over(state)
    network.hand_over(state)
    assert loaded != [threading.current_thread()]
    assert len(loaded) == 1
    assert all(np.array_equal(a, b) for a, b in zip(one.layers[0], state.layers[0], strict=True))
