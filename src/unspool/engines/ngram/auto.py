"""The engine `auto` of Markov chains: NumPy looks short texts up, compiled kernels, which load slowly, long ones."""

from collections.abc import Mapping

import numpy as np

from unspool.arrays import Array, IntArray
from unspool.engines import handover
from unspool.engines.base import SequenceNetwork
from unspool.engines.handover import Successor
from unspool.engines.ngram.engine import opened
from unspool.engines.ngram.network import NgramNetwork
from unspool.specs.network import NetworkSpec

LONG = 256  # tokens of a text that is there at once


class AutoNgramNetwork(NgramNetwork):
    """N-grams that are quick to open, with a successor; see `engines.base.HandoverNetwork`.

    Args:
        network: is the same, which looks texts of at least `LONG` tokens up with kernels.
    """

    def __init__(self, network: NgramNetwork) -> None:
        super().__init__(network.tables, network.order, network.lookups, network.labels)
        self.first_tokens = handover.HANDOVER
        self._successor = Successor(self._load)

    def prepare(self) -> None:
        """Start to load the successor in the background."""
        self._successor.prepare()

    def hand_over(self, state: IntArray) -> tuple[SequenceNetwork, IntArray]:
        """Wait for the successor, and return it and the state, which is its own too; or itself if there is none."""
        return self._successor.network() or self, state

    def _load(self) -> NgramNetwork | None:
        """Load the kernels, and look something up with them."""
        network = self.hastened()
        if not network.lookups.compiles(np.zeros((1, 1), np.int64)):
            return None
        network.step(np.zeros(1, np.int64), network.initial_state(1))
        return network


def build_network(spec: NetworkSpec, weights: Mapping[str, Array]) -> AutoNgramNetwork:
    """Build the network of arrays; see `engine.build_network`."""
    return AutoNgramNetwork(opened(spec, weights, compiled=True, shortest=LONG))
