"""The engine `auto`: NumPy generates the first tokens while compiled kernels load, and then hands over to them.

NumPy starts in a tenth of a second, the kernels in almost one. Without Numba, NumPy generates all.
"""

from collections.abc import Mapping
from typing import cast

from unspool.arrays import Array
from unspool.engines import handover
from unspool.engines.base import Network, SequenceNetwork, State
from unspool.engines.handover import Load, Successor
from unspool.engines.numpy.network import (
    NumpyAttentionNetwork,
    NumpyClassifier,
    NumpyDecoder,
    NumpyEncoderDecoder,
    NumpyState,
)
from unspool.engines.registry import build_network as build_with
from unspool.engines.rounding import rounded_weights
from unspool.errors import MissingExtraError
from unspool.specs.network import NetworkSpec


class AutoDecoder(NumpyDecoder):
    """A decoder in NumPy, with a successor.

    Args:
        spec: says what to build.
        weights: are float32, by the names of `parameter_shapes`, rounded like those of the successor.
        load: makes the successor, or returns none.

    Raises:
        ModelFolderError: the weights do not fit the spec.
    """

    def __init__(self, spec: NetworkSpec, weights: Mapping[str, Array], load: Load) -> None:
        super().__init__(spec, weights)
        self.first_tokens = handover.HANDOVER
        self._successor = Successor(load)

    def prepare(self) -> None:
        """Start to load the successor in the background."""
        self._successor.prepare()

    def hand_over(self, state: NumpyState) -> tuple[SequenceNetwork, State]:
        """Wait for the successor, and return it and a state converted to its own; or itself if there is none."""
        network = self._successor.network()
        if network is None:
            return self, state
        return network, network.state_from_arrays(self.state_to_arrays(state))


class AutoEncoderDecoder(AutoDecoder, NumpyEncoderDecoder):
    """A decoder that starts from a source, with a successor."""


class AutoAttentionNetwork(AutoDecoder, NumpyAttentionNetwork):
    """A decoder that attends to its source at every step, with a successor."""


def build_network(
    spec: NetworkSpec, weights: Mapping[str, Array], precision: str = "float32", threads: int = 0
) -> Network:
    """Build a network that is quick to start; precision and threads are those of the kernels."""
    rounded = rounded_weights(weights, precision)
    if spec.decoder is None:
        return NumpyClassifier(spec, rounded)

    def load() -> SequenceNetwork | None:
        try:
            return cast(SequenceNetwork, build_with("numba", spec, weights, precision, threads))
        except MissingExtraError:
            return None

    kind = AutoDecoder
    if spec.encoder is not None:
        kind = AutoEncoderDecoder if spec.decoder.attention == "none" else AutoAttentionNetwork
    return kind(spec, rounded, load)
