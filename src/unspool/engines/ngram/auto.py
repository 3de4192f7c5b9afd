"""Build the network of a Markov chain that is quick to start, as only long texts load the kernels."""

from collections.abc import Mapping

from unspool.arrays import Array
from unspool.engines.ngram.engine import opened
from unspool.engines.ngram.network import NgramNetwork
from unspool.specs.network import NetworkSpec

LONG = 256  # tokens


def build_network(spec: NetworkSpec, weights: Mapping[str, Array]) -> NgramNetwork:
    """Build the network of arrays; see `engine.build_network`."""
    return opened(spec, weights, compiled=True, shortest=LONG)
