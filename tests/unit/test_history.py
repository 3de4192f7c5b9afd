"""The history survives a crash in the middle of a line, and can be rewound."""

from pathlib import Path

import pytest

from unspool.errors import OutputError
from unspool.training.history import History


def test_events_come_back_in_order(tmp_path: Path) -> None:
    history = History(tmp_path / "h.jsonl")
    assert history.events() == []
    history.add(event="validation", step=3, fresh=1.5)
    history.add(event="end", step=4)
    assert [event["step"] for event in history.events()] == [3, 4]


def test_a_line_that_a_crash_cut_off_is_left_out(tmp_path: Path) -> None:
    history = History(tmp_path / "h.jsonl")
    history.add(event="validation", step=3)
    with (tmp_path / "h.jsonl").open("a") as file:
        file.write('{"event": "val')
    assert history.events() == [{"event": "validation", "step": 3}]


def test_rewinding_drops_what_came_after_a_step(tmp_path: Path) -> None:
    history = History(tmp_path / "h.jsonl")
    for step in (2, 5, 5, 9):
        history.add(event="validation", step=step)
    history.rewind(5)
    assert [event["step"] for event in history.events()] == [2, 5, 5]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"no/h\.jsonl cannot be written"):
        History(tmp_path / "no" / "h.jsonl").add(event="end")
