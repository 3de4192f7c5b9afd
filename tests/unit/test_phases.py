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
    phases.begin("imports", "starting")
    clock.now = 102.0
    phases.begin("data", "reading")
    clock.now = 102.25
    assert phases.summary() == "before training: imports 5.00 s, data 0.25 s."
    clock.now = 103.0
    phases.begin("training", "training: 12 s")
    clock.now = 115.5
    phases.end()
    assert lines == ["starting", "reading", "training: 12 s"]
    assert phases.seconds == {"imports": 5.0, "data": 0.25, "training": 13.25}
