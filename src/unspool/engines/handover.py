"""Hand over from a network that is quick to start to one that is quick to run, which is loaded in the background.

The number of tokens decides when, and not the clock, so that a seed always gives the same text; a short text never
loads the successor.
"""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread

from unspool.engines.announcing import Background
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
        self._background = Background()

    def prepare(self) -> None:
        """Start to load it in the background."""
        if self._loading is None:
            self._loading = Future[SequenceNetwork | None]()
            Thread(target=self._fill, args=(self._loading,), name="unspool-loading", daemon=True).start()

    def network(self) -> SequenceNetwork | None:
        """Wait for it; none if there is none."""
        self.prepare()
        assert self._loading is not None
        if not self._loading.done():
            self._background.awaiting()
        return self._loading.result()

    def _fill(self, loading: "Future[SequenceNetwork | None]") -> None:
        try:
            with self._background.unannounced():  # text is being generated meanwhile
                loading.set_result(self._load())
        except BaseException as problem:
            loading.set_exception(problem)
