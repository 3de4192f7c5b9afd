"""Build the network of a Markov chain as NumPy defines it; the registry imports this."""

from collections.abc import Mapping

from unspool.arrays import Array
from unspool.engines.ngram.engine import opened
from unspool.engines.ngram.network import NgramNetwork
from unspool.specs.network import NetworkSpec


def build_network(spec: NetworkSpec, weights: Mapping[str, Array]) -> NgramNetwork:
    """Build the network of arrays; see `engine.build_network`."""
    return opened(spec, weights, compiled=False)
