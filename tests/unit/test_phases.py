"""The phases of a run follow one another without a gap, and each has a line and its seconds."""

import time

import pytest

from unspool.training.phases import Phases


class Clock:
    """Stands still until it is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_each_phase_has_its_line_and_its_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", clock := Clock())
    lines: list[str] = []
    phases = Phases(lines.append, started=97.0)
    phases.begin("imports", "the engine was loaded")
    clock.now = 102.0
    phases.begin("data", "the data were read")
    clock.now = 102.25
    assert lines == []  # an error about the data would be told alone
    phases.release()
    assert lines == ["the engine was loaded in 5.00 s.", "the data were read in 0.25 s."]
    clock.now = 102.5
    phases.begin("network", "the network was built")
    clock.now = 103.0
    phases.begin("training")
    clock.now = 115.5
    phases.end()
    assert lines[2:] == ["the network was built in 0.75 s."]
    assert phases.seconds == {"imports": 5.0, "data": 0.25, "network": 0.75, "training": 12.5}


def test_a_phase_that_comes_twice_has_the_seconds_of_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", clock := Clock())
    phases = Phases(lambda line: None, started=100.0)
    for name in ("machine", "data", "machine"):
        phases.begin(name)
        clock.now += 1.5
    phases.end()
    assert phases.seconds == {"machine": 3.0, "data": 1.5}
