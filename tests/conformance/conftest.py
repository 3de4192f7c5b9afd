"""Every engine meets every cell, number of layers and kind of input, and n-grams of several orders."""

from collections.abc import Callable
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, get_args

import pytest

from conformance.engines import compared_engines
from helpers.small import beside_arrays, counted_arrays, random_weights
from unspool.arrays import Arrays
from unspool.engines.base import SequenceNetwork
from unspool.engines.registry import build_network, engine_names
from unspool.specs.network import DecoderSpec, NetworkSpec, NgramSpec
from unspool.specs.shapes import CellName

VOCABULARY, HIDDEN = 11, 8
INPUTS = {
    "embedding": {"embedding_size": 5},
    "one-hot": {"embedding_size": 0},
    "tied": {"embedding_size": HIDDEN, "tie_weights": True},
}

RECURRENT: dict[str, dict[str, Any]] = {
    f"{inputs}-{layers}-layer{'s' * (layers > 1)}-{cell}": {"cell": cell, "num_layers": layers, **INPUTS[inputs]}
    for inputs, layers, cell in product(INPUTS, (1, 2, 3), get_args(CellName))
}
NGRAMS = {  # order, the least count that is kept, and whether it is a backoff model, as of a file in ARPA format
    "ngram-1": (1, 1, False),
    "ngram-2": (2, 1, False),
    "ngram-5": (5, 1, False),
    "ngram-4-pruned": (4, 2, False),
    "backoff-1": (1, 1, True),
    "backoff-4": (4, 1, True),
}

MIXED = {f"mixture-{cell}": cell for cell in get_args(CellName)}  # beside n-grams of order 4

Build = Callable[[str], SequenceNetwork]


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """A file that is named after an engine is read where that engine is tested."""
    owners = [name for name in engine_names() if collection_path.name.startswith(f"test_{name}_")]
    return True if owners and not set(owners) <= set(compared_engines()) else None


@pytest.fixture(params=compared_engines())
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=get_args(CellName))
def cell(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A kind of network meets the engines that it has."""
    items[:] = [item for item in items if _has_engine(getattr(getattr(item, "callspec", None), "params", {}))]


def _has_engine(params: dict[str, Any]) -> bool:
    counted = isinstance(shape := params.get("shape"), str) and shape in NGRAMS
    return not counted or params.get("engine", "numpy") in engine_names("ngram")


@pytest.fixture(params=[*RECURRENT, *NGRAMS, *MIXED])
def shape(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@cache
def spec_of(shape: str) -> NetworkSpec:
    if shape in NGRAMS:
        order, min_count, _ = NGRAMS[shape]
        ngram = NgramSpec(order=order, min_count=min_count, vocabulary_size=VOCABULARY)
        return NetworkSpec(kind="ngram", ngram=ngram)
    if shape in MIXED:
        decoder = DecoderSpec(cell=MIXED[shape], hidden_size=HIDDEN, embedding_size=5, vocabulary_size=VOCABULARY)
        return NetworkSpec(decoder=decoder, ngram=NgramSpec(order=4, vocabulary_size=VOCABULARY))
    return NetworkSpec(decoder=DecoderSpec(hidden_size=HIDDEN, vocabulary_size=VOCABULARY, **RECURRENT[shape]))


def weights_of(shape: str) -> Arrays:
    spec = spec_of(shape)
    if spec.decoder is None and spec.ngram is not None:
        return counted_arrays(spec.ngram, NGRAMS[shape][2])
    return random_weights(spec.without_counts()) | (beside_arrays(spec.ngram) if spec.ngram else {})


@cache  # no test changes a network, and an engine may have to trace its graph
def network_of(shape: str, engine: str) -> SequenceNetwork:
    return build_network(engine, spec_of(shape), weights_of(shape))


@pytest.fixture
def spec(shape: str) -> NetworkSpec:
    return spec_of(shape)


@pytest.fixture
def build(shape: str) -> Build:
    return lambda engine: network_of(shape, engine)


@pytest.fixture
def network(engine: str, build: Build) -> SequenceNetwork:
    return build(engine)
