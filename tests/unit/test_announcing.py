"""That kernels are being compiled is said once, to whoever listens last, and not by a thread that nobody waits for."""

from threading import Thread

import pytest

from unspool.engines import announcing
from unspool.engines.announcing import EVERY_TIME, FIRST_TIME, announce_compiling, unannounced


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcing, "_said", set())
    monkeypatch.setattr(announcing, "_receivers", [])


def test_it_is_said_once_to_the_last_that_listens() -> None:
    outer: list[str] = []
    inner: list[str] = []
    announce_compiling(kept=True)  # nobody listens: it has not been said
    with announcing.announcing(outer.append):
        with announcing.announcing(inner.append):
            announce_compiling(kept=True)
            announce_compiling(kept=True)
        announce_compiling(kept=True)
        announce_compiling(kept=False)
    assert (inner, outer) == ([FIRST_TIME], [EVERY_TIME])


def test_what_is_compiled_in_the_background_is_not_announced() -> None:
    lines: list[str] = []

    def background() -> None:
        with unannounced():
            announce_compiling(kept=True)

    with announcing.announcing(lines.append):
        thread = Thread(target=background)
        thread.start()
        thread.join()
        assert lines == []
        announce_compiling(kept=True)
    assert lines == [FIRST_TIME]
