"""NumPy writes the first tokens while compiled kernels load; then they take over.

NumPy starts in a tenth of a second, the kernels need most of one. Which tokens come from which is fixed by their
number, not by the clock, so that a seed always gives the same text; a short request never loads the kernels. Where
there are none NumPy goes on.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from threading import Thread

from unspool.arrays import Array
from unspool.engines.base import Network, State
from unspool.engines.numpy.network import NumpyNetwork
from unspool.specs.network import NetworkSpec


class AutoNetwork(NumpyNetwork):
    """A network in NumPy, with a successor.

    Args:
        spec: what to build.
        weights: by the names of `parameter_shapes`, float32, rounded as the successor's are.
        load: makes the successor, or none where there can be none.

    Raises:
        ModelFolderError: the weights do not fit the spec.
    """

    def __init__(self, spec: NetworkSpec, weights: Mapping[str, Array], load: Callable[[], Network | None]) -> None:
        super().__init__(spec, weights)
        self._load = load
        self._loading: Future[Network | None] | None = None

    def prepare(self) -> None:
        """Begin to load the successor in the background."""
        if self._loading is None:
            self._loading = Future[Network | None]()
            Thread(target=self._fill, args=(self._loading,), name="unspool-loading", daemon=True).start()

    def hand_over(self, state: State) -> tuple[Network, State]:
        """The successor, waited for, and a state as its own; itself, where there is none."""
        self.prepare()
        assert self._loading is not None
        network = self._loading.result()
        if network is None:
            return self, state
        return network, network.state_from_arrays(self.state_to_arrays(state))

    def _fill(self, loading: "Future[Network | None]") -> None:
        try:
            loading.set_result(self._load())
        except BaseException as problem:
            loading.set_exception(problem)
