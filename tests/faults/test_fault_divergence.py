"""A loss that is not a number costs half the rate, twice at most; a memorised text ends early."""

import json
import math

import pytest

from unspool.tasks.language.job import LanguageJob


def events(place, kind):
    lines = (place / "history.jsonl").read_text(encoding="utf-8").splitlines()
    return [event for event in map(json.loads, lines) if event["event"] == kind]


pytestmark = pytest.mark.engines


@pytest.fixture
def breaking(learner, monkeypatch):
    """Make the loss at a step NaN the first so many times; what comes back lists (step, rate) of all steps."""
    real = learner.train_step

    def at(step, times, value=math.nan):
        seen, left = [], [times]

        def train_step(self, batch, rate, number, forcing):
            seen.append((number, rate))
            if number == step and left[0]:
                left[0] -= 1
                return value
            return real(self, batch, rate, number, forcing)

        monkeypatch.setattr(learner, "train_step", train_step)
        return seen

    return at


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_one_divergence_goes_back_to_the_last_checkpoint_with_half_the_rate(faults, fox, tmp_path, breaking, value):
    seen = breaking(7, 1, value)
    options = ["--steps", 12, "--validations", 4, "--patience", 99, *faults.small]
    result = faults.call("train", fox, "--out", tmp_path / "m", *options)
    assert result.code == 0, result.err
    _, *steps = (number for number, _ in seen)  # the first is tried before the run begins
    assert steps == [*range(8), *range(6, 12)]  # the checkpoint was made after step 6
    rates = [rate for number, rate in seen if number == 6]
    assert math.isclose(rates[1], rates[0] / 2)
    assert len(events(tmp_path / "m", "divergence")) == 1


def test_two_divergences_take_a_quarter_of_the_rate(faults, fox, tmp_path, breaking):
    seen = breaking(7, 2)
    options = ["--steps", 12, "--validations", 4, "--patience", 99, *faults.small]
    assert faults.call("train", fox, "--out", tmp_path / "m", *options).code == 0
    rates = [rate for number, rate in seen if number == 6]
    assert math.isclose(rates[2], rates[0] / 4)


def test_the_third_divergence_is_an_error_and_the_best_model_is_kept(faults, fox, tmp_path, breaking):
    breaking(7, 99)
    options = ["--steps", 12, "--validations", 4, "--patience", 99, *faults.small]
    result = faults.call("train", fox, "--out", tmp_path / "m", *options)
    assert result.code == 5
    assert result.clean, result.err
    assert "--learning-rate" in result.err
    assert faults.call("generate", tmp_path / "m", "--seed", 1).code == 0
    assert events(tmp_path / "m", "validation")[-1]["best"] is True


def test_a_divergence_before_the_first_model_brings_no_old_model_into_danger(faults, fox, tmp_path, breaking):
    place = tmp_path / "m"
    assert faults.call("train", fox, "--out", place, "--steps", 3, *faults.small).code == 0
    before = faults.bytes_of(place)
    breaking(1, 99)
    result = faults.call("train", fox, "--out", place, "--overwrite", "--steps", 12, *faults.small)
    assert result.code == 5
    assert result.clean, result.err
    kept = [path for path in (place, tmp_path / "m.replaced") if path.exists() and faults.bytes_of(path) == before]
    assert kept


def test_a_run_ends_after_so_many_validations_without_a_new_best(faults, fox, tmp_path, monkeypatch):
    figures = iter([3.0, 2.0, 2.5, 2.4, 2.3, 1.0, 0.9])
    monkeypatch.setattr(LanguageJob, "validate", lambda self, network: next(figures))
    options = ["--steps", 70, "--validations", 7, "--patience", 3, *faults.small]
    result = faults.call("train", fox, "--out", tmp_path / "m", *options)
    assert result.code == 0, result.err
    assert [event["fresh"] for event in events(tmp_path / "m", "validation")] == [3.0, 2.0, 2.5, 2.4, 2.3]
    (end,) = events(tmp_path / "m", "end")
    assert end["step"] == 50
    assert end["best_step"] == 20
