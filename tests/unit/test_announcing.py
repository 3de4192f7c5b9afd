"""That kernels are being compiled is said once, to whoever listens last, and by a thread when somebody waits for it."""

from threading import Event, Thread

import pytest

from unspool.engines import announcing
from unspool.engines.announcing import EVERY_TIME, FIRST_TIME, Background, announce_compiling


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
        with Background().unannounced():
            announce_compiling(kept=True)

    with announcing.announcing(lines.append):
        thread = Thread(target=background)
        thread.start()
        thread.join()
        assert lines == []
        announce_compiling(kept=True)
    assert lines == [FIRST_TIME]


@pytest.mark.parametrize("first", ["compiled", "awaited"])
def test_it_is_said_once_somebody_waits_for_the_background(first: str) -> None:
    lines: list[str] = []
    found, compiling, awaited = Background(), Event(), Event()

    def background() -> None:
        with found.unannounced():
            if first == "awaited":
                awaited.wait(10)
            announce_compiling(kept=True)
            compiling.set()

    with announcing.announcing(lines.append):
        thread = Thread(target=background)
        thread.start()
        if first == "compiled":
            compiling.wait(10)
        assert lines == []
        found.awaiting()
        awaited.set()
        thread.join()
    assert lines == [FIRST_TIME]
