"""The learning rate and the forcing over a run, and how far a run has come."""

import time

import pytest

from unspool.specs.training import BudgetSpec
from unspool.training.budget import Budget
from unspool.training.schedule import forcing_at, rate_at


def test_the_rate_rises_in_the_warm_up_and_falls_in_a_line() -> None:
    assert rate_at(0.05, 0.1, 0.0) == pytest.approx(0.5)
    assert rate_at(0.1, 0.1, 0.0) == pytest.approx(1.0)
    assert rate_at(0.55, 0.1, 0.0) == pytest.approx(0.5)
    assert rate_at(1.0, 0.1, 0.25) == pytest.approx(0.25)


def test_the_rate_stays_at_its_peak_until_the_decay_begins() -> None:
    assert [rate_at(progress, 0.1, 0.0, 0.5) for progress in (0.05, 0.1, 0.3, 0.5)] == pytest.approx([0.5, 1, 1, 1])
    assert [rate_at(progress, 0.1, 0.2, 0.5) for progress in (0.75, 1.0)] == pytest.approx([0.6, 0.2])
    assert rate_at(0.55, 0.1, 0.0, 0.05) == rate_at(0.55, 0.1, 0.0)


@pytest.mark.parametrize("warmup", [0.0, 0.03, 0.99])
@pytest.mark.parametrize("final", [0.0, 0.01, 1.0])
@pytest.mark.parametrize("decay_from", [0.0, 0.5, 0.999])
def test_the_rate_is_always_above_zero_and_at_most_one(warmup: float, final: float, decay_from: float) -> None:
    assert all(0 < rate_at(i / 500, warmup, final, decay_from) <= 1 for i in range(501))


def test_scheduled_forcing_falls_in_a_line_and_other_forcing_stays() -> None:
    assert [forcing_at(share, 0.6, scheduled=True) for share in (0.0, 0.5, 1.0)] == pytest.approx([1.0, 0.8, 0.6])
    assert [forcing_at(share, 0.6, scheduled=False) for share in (0.0, 1.0)] == [0.6, 0.6]


def test_a_budget_of_steps_counts_steps() -> None:
    budget = Budget(BudgetSpec(steps=8), 3)
    assert [budget.progress(step) for step in (0, 2, 8, 9)] == [0.0, 0.25, 1.0, 1.0]
    assert budget.steps_that_fit(2) == 8


@pytest.mark.parametrize(("epochs", "steps"), [(2.0, 20), (0.25, 2), (0.001, 1)])
def test_a_budget_of_epochs_has_at_least_one_step(epochs: float, steps: int) -> None:
    assert Budget(BudgetSpec(epochs=epochs), 10).total_steps() == steps


def test_a_budget_of_minutes_follows_the_clock_and_counts_earlier_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 130.0)
    budget = Budget(BudgetSpec(minutes=2.0), 10, used=30.0, started=100.0)
    assert budget.seconds() == 60.0
    assert budget.progress(5) == pytest.approx(0.5)
    assert budget.steps_that_fit(5) == 10
    budget.reserved = 60.0
    assert budget.progress(5) == 1.0


def test_a_reserve_longer_than_the_budget_ends_the_run() -> None:
    assert Budget(BudgetSpec(minutes=0.001), 10, reserved=5.0, used=1.0).progress(1) == 1.0


def test_the_clock_of_a_budget_stands_still_until_it_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    budget = Budget(BudgetSpec(minutes=1.0), 10, used=15.0)
    assert (budget.seconds(), budget.progress(0)) == (15.0, 0.25)
    monkeypatch.setattr(time, "monotonic", lambda: 50.0)
    budget.start()
    monkeypatch.setattr(time, "monotonic", lambda: 60.0)
    assert budget.seconds() == 25.0


def test_the_announcement_says_how_long_and_until_when(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Budget(BudgetSpec(steps=1200), 3).announcement() == "training: until update 1,200."
    moment = time.mktime((2026, 3, 1, 14, 3, 10, 0, 0, -1))
    monkeypatch.setattr(time, "time", lambda: moment)
    closing = "the closing figures take a little longer."
    assert Budget(BudgetSpec(minutes=0.2), 3).announcement() == f"training: 12 s, until 14:03:22; {closing}"
    assert Budget(BudgetSpec(minutes=3), 3).announcement() == f"training: 3 min, until 14:06:10; {closing}"
    assert Budget(BudgetSpec(minutes=0.2), 3, used=5.0).announcement() == f"training: 7 s, until 14:03:17; {closing}"


def test_a_run_of_minutes_ends_where_most_of_another_step_would_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    budget = Budget(BudgetSpec(minutes=1.0), 10, reserved=5.0, used=54.0, started=0.0)
    assert not budget.is_over(9, step_seconds=1.0)
    assert budget.is_over(9, step_seconds=2.5)
    assert not Budget(BudgetSpec(steps=10), 3).is_over(9, step_seconds=100.0)
    assert Budget(BudgetSpec(steps=10), 3).is_over(10, step_seconds=0.0)
