"""The loop with a learner that does nothing: when it validates, stops early, falls back and gives up."""

import itertools
import math
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import unspool
from unspool.data.batches import Batch
from unspool.errors import TrainingError
from unspool.evaluate.units import Units
from unspool.specs.training import BudgetSpec, TrainingSpec
from unspool.training.budget import Budget
from unspool.training.callback import StepEvent
from unspool.training.checkpoint import Checkpoint
from unspool.training.history import History
from unspool.training.loop import Loop


class Learner:
    """Counts its steps and notes the rates; the loss is given."""

    def __init__(self, loss: Callable[[int], float]) -> None:
        self.loss, self.calls, self.rates, self.restored = loss, 0, [], 0  # type: ignore[var-annotated]

    def train_step(self, batch: Batch, rate: float, step: int, forcing: float) -> float:
        self.calls += 1
        self.rates.append(rate)
        return self.loss(self.calls)

    def network(self) -> int:
        return self.calls

    def training_state(self) -> dict[str, Any]:
        return {"calls": np.array(self.calls)}

    def restore(self, arrays: dict[str, Any]) -> None:
        self.restored += 1


class BatchSource:
    """Three batches an epoch."""

    def steps(self, epoch: int) -> int:
        return 3

    def batch(self, epoch: int, index: int) -> Batch:
        zeros = np.zeros((1, 2), np.int64)
        return Batch(zeros, zeros, np.array([True]))


def make_loop(folder: Path, learner: Learner, validate: Callable[[Any], float], steps: int, **settings: Any) -> Loop:
    return Loop(
        learner=learner,  # type: ignore[arg-type]
        batches=BatchSource(),
        training=TrainingSpec(**settings),
        budget=Budget(BudgetSpec(steps=steps), 3),
        checkpoint=Checkpoint(folder),
        history=History(folder / "history.jsonl"),
        validate=validate,
        keep_best=lambda learner, about, scheduled: (folder / "best").write_text(str(about["step"])) and None,
        sample=lambda network: "",
        training_units=Units(),
        held_out_units=Units(),
        announce=lambda line: None,
        callback=unspool.Callback(),
    )


def test_the_best_validation_is_kept_and_their_number_is_as_asked(tmp_path: Path) -> None:
    found = iter([3.0, 2.0, 2.5, 2.2])
    progress = make_loop(tmp_path, Learner(lambda n: 1.0), lambda n: next(found), 12, validations=4).run()
    assert (progress.step, progress.best, progress.best_step, progress.done) == (12, 2.0, 6, True)
    assert (tmp_path / "best").read_text() == "6"
    assert (progress.epoch, progress.index) == (4, 0)


def test_a_run_ends_early_when_nothing_gets_better(tmp_path: Path) -> None:
    values = iter([1.0, 2.0, 2.0, 2.0, 2.0])
    learner = Learner(lambda n: 1.0)
    progress = make_loop(tmp_path, learner, lambda n: next(values), 100, validations=10, patience=2).run()
    assert (progress.step, progress.best_step, progress.done) == (30, 10, True)


def test_patience_is_not_lost_while_the_rate_is_at_its_peak(tmp_path: Path) -> None:
    values = iter([1.0, *[2.0] * 9])
    settings = {"validations": 10, "patience": 2, "decay_from": 0.5}
    progress = make_loop(tmp_path, Learner(lambda n: 1.0), lambda n: next(values), 100, **settings).run()
    assert (progress.step, progress.best_step, progress.done) == (60, 10, True)


def test_a_run_makes_one_step_even_if_its_time_was_over_before(tmp_path: Path) -> None:
    loop = make_loop(tmp_path, Learner(lambda n: 1.0), lambda n: 1.0, 1)
    loop.budget = Budget(BudgetSpec(minutes=0.1), 3, used=60.0)
    progress = loop.run()
    assert (progress.step, progress.done) == (1, True)
    assert "NaN" not in (tmp_path / "history.jsonl").read_text(encoding="utf-8")


class Crash(BaseException):
    """What pulling the plug looks like from inside."""


class CrashAt(unspool.Callback):
    """Pulls the plug after some steps."""

    def __init__(self, *steps: int) -> None:
        self.steps = set(steps)

    def on_step(self, event: StepEvent) -> None:
        if event.step in self.steps:
            self.steps.remove(event.step)
            raise Crash


def validated(folder: Path) -> list[int]:
    """The steps of the validations in the history."""
    events = History(folder / "history.jsonl").events()
    return [event["step"] for event in events if event["event"] == "validation"]


PLANS = [(1, 1), (2, 5), (3, 9), (5, 5), (6, 50), (12, 4), (12, 12), (40, 7), (40, 39), (41, 1)]


@pytest.mark.parametrize(("steps", "validations"), PLANS)
def test_no_validation_is_useless(tmp_path: Path, steps: int, validations: int) -> None:
    """None at the first step, in two steps in a row, or right before the last; one at the end."""
    loop = make_loop(tmp_path, Learner(lambda n: 1.0), lambda n: -n, steps, validations=validations)
    assert loop.run().done
    found = validated(tmp_path)
    assert found[-1] == steps
    assert len(found) == len(set(found)) <= validations + 1
    assert not {1, steps - 1} & set(found[:-1])
    assert all(later - earlier > 1 for earlier, later in itertools.pairwise(found))
    if validations > 1:
        assert len(found) >= min(validations, steps // 2) - 1


@pytest.mark.parametrize(("steps", "validations"), [(6, 50), (12, 4), (12, 12), (20, 9)])
def test_a_run_that_was_cut_off_validates_where_one_that_was_not_does(
    tmp_path: Path, steps: int, validations: int
) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    make_loop(whole, Learner(lambda n: 1.0), lambda n: 1.0, steps, validations=validations, patience=100).run()
    for cuts in [(step,) for step in range(1, steps + 1)] + [(2, 3, steps - 1), tuple(range(1, steps + 1))]:
        folder = tmp_path / "-".join(map(str, cuts))
        folder.mkdir()
        callback, done = CrashAt(*cuts), False
        while not done:
            learner = Learner(lambda n: 1.0)
            loop = make_loop(folder, learner, lambda n: 1.0, steps, validations=validations, patience=100)
            loop.callback = callback
            if loop.checkpoint.exists():
                arrays, loop.progress = loop.checkpoint.read()
                learner.restore(arrays)
                loop.history.rewind(loop.progress.step)
            try:
                done = loop.run().done
            except Crash:
                continue
        assert validated(folder) == validated(whole), cuts


class InterruptAt(unspool.Callback):
    """Presses Ctrl-C at a step."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step(self, event: StepEvent) -> None:
        if event.step == self.step:
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("step", range(1, 12))
def test_an_interrupted_run_is_validated_once_and_goes_on_as_if_it_had_not_been(tmp_path: Path, step: int) -> None:
    scheduled = [3, 6, 9, 12]
    loop = make_loop(tmp_path, Learner(lambda n: 1.0), lambda n: 1.0, 12, validations=4)
    loop.callback = InterruptAt(step)
    assert not loop.run().done
    assert validated(tmp_path) == sorted({*(at for at in scheduled if at < step), step})
    again = make_loop(tmp_path, Learner(lambda n: 1.0), lambda n: 1.0, 12, validations=4)
    _, again.progress = again.checkpoint.read()
    again.history.rewind(again.progress.step)
    assert again.run().done
    assert validated(tmp_path) == sorted({*scheduled, step})


def test_a_divergence_goes_back_to_the_checkpoint_with_half_the_rate(tmp_path: Path) -> None:
    learner = Learner(lambda n: math.nan if n == 5 else 1.0)
    settings = {"validations": 1, "warmup": 0.0, "final_rate": 1.0}
    progress = make_loop(tmp_path, learner, lambda n: 1.0, 6, **settings).run()
    assert learner.restored == 1
    assert (progress.step, progress.divergences, progress.rate_factor) == (6, 1, 0.5)
    assert learner.rates == [1.0] * 5 + [0.5] * 6


def test_a_loss_that_never_is_a_number_ends_in_an_error(tmp_path: Path) -> None:
    learner = Learner(lambda n: math.nan)
    with pytest.raises(TrainingError, match="It became NaN or infinite 3 times") as caught:
        make_loop(tmp_path, learner, lambda n: 1.0, 6).run()
    assert "--learning-rate" in caught.value.hint
    assert [event["event"] for event in History(tmp_path / "history.jsonl").events()] == ["divergence"] * 3


class Clock:
    """Moves only when something is done."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now

    def takes(self, seconds: float, result: float) -> float:
        self.now += seconds
        return result


@pytest.mark.parametrize("used", [0.0, 5.0])
@pytest.mark.parametrize(("step", "validation"), [(0.01, 0.02), (0.3, 0.05), (1.1, 0.2), (0.05, 1.5)])
def test_a_run_of_minutes_trains_as_long_as_it_announces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: float, validation: float, used: float
) -> None:
    monkeypatch.setattr("time.monotonic", clock := Clock())
    learner = Learner(lambda n: clock.takes(step, 1.0))
    loop = make_loop(tmp_path, learner, lambda n: clock.takes(validation, -n), 1, validations=3, patience=100)
    loop.budget = Budget(BudgetSpec(minutes=0.2), 3, used=used)
    loop.progress = loop.progress.changed(seconds=used)
    began: list[float] = []
    loop.announce = lambda line: began.append(clock.now)
    progress = loop.run()
    assert began == [1000.0 + validation]  # one validation is tried before the clock starts
    assert clock.now - began[0] == pytest.approx(12 - used, abs=0.05 * 12)
    assert progress.seconds == pytest.approx(12, abs=0.05 * 12)
    assert progress.validated_at == progress.step


def test_a_run_that_ends_early_says_why(tmp_path: Path) -> None:
    notes: list[str] = []
    loop = make_loop(tmp_path, Learner(lambda n: 1.0), lambda n: 1.0, 100, validations=10, patience=2)
    loop.callback = Notes(notes)
    assert loop.run().step == 30
    assert notes == ["training ends early: no validation was better, 2 times in a row."]


def test_a_run_that_is_over_when_it_is_resumed_is_validated_without_a_training_loss(tmp_path: Path) -> None:
    loop = make_loop(tmp_path, Learner(lambda n: 1.0), lambda n: 1.0, 5)
    loop.progress = loop.progress.changed(step=5)
    assert loop.run().done
    event, _ = History(tmp_path / "history.jsonl").events()  # and its sample
    assert event["loss"] is None


class Notes(unspool.Callback):
    """Keeps the notes."""

    def __init__(self, notes: list[str]) -> None:
        self.notes = notes

    def on_note(self, line: str) -> None:
        self.notes.append(line)
