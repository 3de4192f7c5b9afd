"""The sampler draws by the distribution, obeys its penalties, and never draws what is forbidden."""

import math
from typing import Any

import numpy as np
import pytest

from unspool.decode.sampler import Samplers, draw, log_probability, penalised
from unspool.errors import ModelFolderError, UsageError
from unspool.specs.sampling import SamplingSpec


class One:
    """A sampler of one row."""

    def __init__(
        self, seed: int = 0, forbidden: tuple[int, ...] = (), prompt: tuple[int, ...] = (), **settings: Any
    ) -> None:
        spec = SamplingSpec(**{"temperature": 1.0, **settings})
        self.samplers = Samplers.one(spec, np.isin(np.arange(6), forbidden), prompt, seed)
        self.parameters = self.samplers.parameters[0]

    def choose(self, logits: np.ndarray[Any, Any]) -> int:
        return int(self.samplers.choose(logits[None])[0])


sampler = One


def logits(*values: float) -> np.ndarray[Any, Any]:
    return np.array(values, np.float32)


def test_drawn_frequencies_follow_the_distribution() -> None:
    expected = np.array([0.4, 0.3, 0.15, 0.1, 0.04, 0.01])
    one, count = sampler(seed=11), 20_000
    found = np.bincount([one.choose(np.log(expected).astype(np.float32)) for _ in range(count)], minlength=6)
    chi_square = float(((found - count * expected) ** 2 / (count * expected)).sum())
    assert chi_square < 20.5  # 0.999 quantile for 5 degrees of freedom


def test_the_seed_decides_the_draws() -> None:
    draws = [[s.choose(logits(0, 0, 0, 0, 0, 0)) for _ in range(20)] for s in (sampler(3), sampler(3), sampler(4))]
    assert draws[0] == draws[1] != draws[2]


def test_temperature_zero_takes_the_likeliest_and_the_lowest_id_of_a_tie() -> None:
    assert sampler(temperature=0.0).choose(logits(0, 2, 1, 2, 0, 0)) == 1


@pytest.mark.parametrize("temperature", [0.0, 1e-300, 1.0, 1e6])
def test_what_is_forbidden_is_never_drawn(temperature: float) -> None:
    one = sampler(forbidden=(0, 1, 5), temperature=temperature)
    drawn = {one.choose(logits(50, 50, 0, 0, 0, 50)) for _ in range(200)}
    assert drawn <= {2, 3, 4}


@pytest.mark.parametrize(("temperature", "drawn"), [(5e-324, {1}), (1e-300, {1}), (1e6, {0, 1, 2, 3, 4, 5})])
def test_extreme_temperatures_draw(temperature: float, drawn: set[int]) -> None:
    one = sampler(temperature=temperature)
    assert {one.choose(logits(1, 3, 2, -50, 0, 0)) for _ in range(300)} == drawn


def test_a_token_of_probability_zero_is_never_drawn_at_the_edges() -> None:
    probabilities = np.array([0.0, 0.5, 0.0, 0.5, 0.0])
    assert draw(probabilities, 0.0) == 1
    assert draw(probabilities, 0.5) == 3
    assert draw(probabilities, math.nextafter(1, 0)) == 3
    thirds = np.array([0.1] * 7 + [0.0])
    assert draw(thirds, math.nextafter(1, 0)) == 6


def test_the_repetition_penalty_counts_the_prompt_and_what_was_written() -> None:
    seen = np.array([True, True, False])
    found = penalised(np.array([2.0, -2.0, 4.0]), np.zeros(3, int), seen, sampler(repetition_penalty=2.0).parameters)
    assert found.tolist() == [1.0, -4.0, 4.0]
    assert sampler(temperature=0.0, repetition_penalty=10.0, prompt=(1,)).choose(logits(1, 2, 0, 0, 0, 0)) == 0


def test_frequency_counts_each_time_and_presence_once() -> None:
    written = np.array([0, 1, 3])
    zeros, seen = np.zeros(3), np.zeros(3, bool)
    assert penalised(zeros, written, seen, sampler(frequency_penalty=0.5).parameters).tolist() == [0.0, -0.5, -1.5]
    assert penalised(zeros, written, seen, sampler(presence_penalty=0.5).parameters).tolist() == [0.0, -0.5, -0.5]


def test_a_prompt_does_not_count_for_frequency_and_presence() -> None:
    one = sampler(temperature=0.0, presence_penalty=5.0, frequency_penalty=5.0, prompt=(1, 1))
    assert [one.choose(logits(1, 2, 0, 0, 0, 0)) for _ in range(2)] == [1, 0]


@pytest.mark.parametrize(
    "settings",
    [
        {"frequency_penalty": 1e6},
        {"frequency_penalty": -1e6},
        {"presence_penalty": -1e6},
        {"repetition_penalty": 1e6},
        {"repetition_penalty": 1e-6},
    ],
)
def test_extreme_penalties_draw(settings: dict[str, float]) -> None:
    one = sampler(forbidden=(0,), **settings)
    drawn = [one.choose(logits(1, 2, 0, -3, 50, -50)) for _ in range(30)]
    assert all(1 <= token < 6 for token in drawn)


@pytest.mark.parametrize("name", ["frequency_penalty", "presence_penalty", "repetition_penalty"])
def test_penalties_beyond_their_bounds_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match=name):
        SamplingSpec().changed(**{name: 1e308})


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_logits_that_are_no_numbers_are_an_error(value: float) -> None:
    with pytest.raises(ModelFolderError, match="NaN or infinity"):
        sampler().choose(logits(0, value, 0, 0, 0, 0))


def test_rows_draw_with_their_own_settings_whoever_is_beside_them() -> None:
    settings: list[dict[str, Any]] = [{}, {"temperature": 0.0}, {"top_k": 2, "presence_penalty": 0.5}]
    alone = [One(seed, **own) for seed, own in enumerate(settings)]
    together = Samplers.join([One(seed, **own).samplers for seed, own in enumerate(settings)])
    values = np.random.default_rng(0).normal(size=(20, 3, 6)).astype(np.float32)
    for found in values[:10]:
        assert together.choose(found).tolist() == [one.choose(row) for one, row in zip(alone, found, strict=True)]
    rest = together.select(np.array([2, 0]))
    for found in values[10:]:
        assert rest.choose(found[[2, 0]]).tolist() == [alone[i].choose(found[i]) for i in (2, 0)]


def test_the_log_probability_is_that_of_the_logits_alone() -> None:
    expected = np.array([0.5, 0.25, 0.125, 0.125, 0, 0])
    with np.errstate(divide="ignore"):
        found = [log_probability(np.log(expected) + 700, token) for token in range(4)]
    assert found == pytest.approx([math.log(p) for p in expected[:4]])


def test_the_callers_logits_stay_as_they_are() -> None:
    given = logits(1, 2, 3, 4, 5, 6)
    sampler(forbidden=(5,), presence_penalty=1.0, repetition_penalty=2.0).choose(given)
    assert given.tolist() == [1, 2, 3, 4, 5, 6]
