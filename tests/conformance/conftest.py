"""Every engine meets every cell, number of layers and kind of input."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from conformance.engines import compared_engines
from helpers.small import random_weights
from unspool.arrays import Arrays
from unspool.engines.base import SequenceNetwork
from unspool.engines.registry import build_network, engine_names
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.shapes import CellName

VOCABULARY, HIDDEN = 11, 8
INPUTS = {
    "embedding": {"embedding_size": 5},
    "one-hot": {"embedding_size": 0},
    "tied": {"embedding_size": HIDDEN, "tie_weights": True},
}

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


@pytest.fixture(params=[1, 2, 3], ids=["1-layer", "2-layers", "3-layers"])
def layers(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(params=INPUTS)
def spec(request: pytest.FixtureRequest, cell: str, layers: int) -> NetworkSpec:
    shape = {"cell": cell, "num_layers": layers, "hidden_size": HIDDEN, "vocabulary_size": VOCABULARY}
    return NetworkSpec(decoder=DecoderSpec(**shape, **INPUTS[request.param]))


@pytest.fixture
def weights(spec: NetworkSpec) -> Arrays:
    return random_weights(spec)


@pytest.fixture
def build(spec: NetworkSpec, weights: Arrays) -> Build:
    return lambda engine: build_network(engine, spec, weights)


@pytest.fixture
def network(engine: str, build: Build) -> SequenceNetwork:
    return build(engine)
