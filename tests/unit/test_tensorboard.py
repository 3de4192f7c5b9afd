"""Curves and samples can be read back from the event files, with the values that the run had."""

from pathlib import Path
from typing import Any

import pytest

from helpers.small import TINY
from unspool.api import train
from unspool.errors import MissingExtraError
from unspool.training import tensorboard
from unspool.training.callback import Callback, StepEvent, ValidationEvent
from unspool.training.history import History
from unspool.training.tensorboard import TensorBoard

pytest.importorskip("tensorboard")


def written(folder: Path) -> dict[str, dict[int, Any]]:
    """What the event files of a folder hold: tag, step, value."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    events = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    events.Reload()
    tags = events.Tags()["tensors"]
    return {tag: {event.step: make_ndarray(event.tensor_proto).item() for event in events.Tensors(tag)} for tag in tags}


def step(number: int, seconds: float, tokens: int = 64) -> StepEvent:
    return StepEvent(number, 0.0, 0.0, 1.0 / number, 0.0, tokens, seconds, 100)


def validation(number: int, fresh: float) -> ValidationEvent:
    return ValidationEvent(number, 1.0, fresh, 0.0, 0.0, True, 0.0)


def test_losses_rates_and_samples_are_written_with_their_values(tmp_path: Path) -> None:
    board = TensorBoard(tmp_path / "curves")
    for number in range(1, 31):
        board.on_step(step(number, seconds=5.0 + 2.0 * number))
        if number == 15:
            board.on_validation(validation(15, fresh=1.75))
            board.on_sample(15, "a line\n# no heading")
    board.on_validation(validation(30, fresh=1.5))
    board.on_sample(30, "the end")
    assert written(tmp_path / "curves") == {
        "loss/training": {number: pytest.approx(1 / number) for number in (10, 20, 30)},
        "loss/fresh": {15: 1.75, 30: 1.5},
        "rate/tokens_per_second": {number: pytest.approx(32.0) for number in (10, 20, 30)},
        "sample": {15: b"    a line\n    # no heading", 30: b"    the end"},
    }


def test_the_rate_of_a_resumed_run_leaves_out_the_time_of_its_earlier_parts(tmp_path: Path) -> None:
    board = TensorBoard(tmp_path)
    for number in range(107, 121):
        board.on_step(step(number, seconds=3600.0 + number))
    board.on_sample(120, "")
    assert written(tmp_path)["rate/tokens_per_second"] == {110: pytest.approx(64.0), 120: pytest.approx(64.0)}


class Both(Callback):
    """Notes losses and hands everything on."""

    def __init__(self, board: TensorBoard) -> None:
        self.board = board
        self.losses: dict[int, float] = {}
        self.samples: dict[int, str] = {}

    def on_step(self, event: StepEvent) -> None:
        self.losses[event.step] = event.loss
        self.board.on_step(event)

    def on_validation(self, event: ValidationEvent) -> None:
        self.board.on_validation(event)

    def on_sample(self, step: int, text: str) -> None:
        self.samples[step] = text
        self.board.on_sample(step, text)


def test_a_run_writes_the_figures_of_its_history(text_file: Path, tmp_path: Path) -> None:
    both = Both(TensorBoard(tmp_path / "curves"))
    train(text_file, out=tmp_path / "m", callback=both, **{**TINY, "steps": 25})
    found = written(tmp_path / "curves")
    events = History(tmp_path / "m" / "history.jsonl").events()
    fresh = {event["step"]: event["fresh"] for event in events if event["event"] == "validation"}
    assert found["loss/fresh"] == {number: pytest.approx(value, rel=1e-6) for number, value in fresh.items()}
    assert found["loss/training"] == {number: pytest.approx(both.losses[number], rel=1e-6) for number in (10, 20)}
    assert found["sample"].keys() == fresh.keys() == both.samples.keys()
    shown = {number: value.decode().replace("\n    ", "\n")[4:] for number, value in found["sample"].items()}
    assert shown == both.samples
    assert all(rate > 0 for rate in found["rate/tokens_per_second"].values())


def test_without_the_package_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensorboard, "find_spec", lambda package: None)
    with pytest.raises(MissingExtraError, match="tensorboard= needs tensorboard") as caught:
        TensorBoard(tmp_path)
    assert "unspool[logs]" in caught.value.hint
