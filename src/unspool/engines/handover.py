"""Hand over from a network that is quick to start to one that is quick to run, which is loaded in the background.

The number of tokens decides when, and not the clock, so that a seed always gives the same text; a short text never
loads the successor.
"""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread

from unspool.engines.announcing import unannounced
from unspool.engines.base import SequenceNetwork

HANDOVER = 2048  # tokens that NumPy generates

Load = Callable[[], SequenceNetwork | None]


class Successor:
    """A network that is loaded when it is first asked for.

    Args:
        load: makes it, or returns none.
    """

    def __init__(self, load: Load) -> None:
        self._load = load
        self._loading: Future[SequenceNetwork | None] | None = None

    def prepare(self) -> None:
        """Start to load it in the background."""
        if self._loading is None:
            self._loading = Future[SequenceNetwork | None]()
            Thread(target=_fill, args=(self._loading, self._load), name="unspool-loading", daemon=True).start()

    def network(self) -> SequenceNetwork | None:
        """Wait for it; none if there is none."""
        self.prepare()
        return self._loading.result() if self._loading else None


def _fill(loading: "Future[SequenceNetwork | None]", load: Load) -> None:
    try:
        with unannounced():  # text is being generated meanwhile, and nobody waits
            loading.set_result(load())
    except BaseException as problem:
        loading.set_exception(problem)
