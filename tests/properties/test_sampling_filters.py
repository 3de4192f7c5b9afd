"""The filters of the sampler keep exactly the tokens that an obvious implementation keeps."""

import math

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from unspool.decode.sampler import Samplers, distribution
from unspool.specs.sampling import SamplingSpec

# thousandths: what lies closer may have equal probabilities, and then the order of equals would be tested
logits = st.lists(st.integers(-8000, 8000).map(lambda n: n / 1000), min_size=1, max_size=30, unique=True)
masses = st.floats(0.01, 0.99)


def softmax(values: list[float], temperature: float = 1.0) -> list[float]:
    highest = max(values)
    weights = [math.exp((value - highest) / temperature) for value in values]
    return [weight / math.fsum(weights) for weight in weights]


def prefix(order: list[int], probabilities: list[float], mass: float) -> set[int]:
    """The shortest beginning of an order that reaches a mass."""
    kept, total = set(), 0.0
    for token in order:
        kept.add(token)
        total += probabilities[token]
        assume(abs(total - mass) > 1e-9)  # on the edge, rounding decides
        if total > mass:
            break
    return kept


def probabilities_of(values: list[float], **settings: float) -> np.ndarray:
    spec = SamplingSpec(**{"temperature": 1.0, **settings})
    return distribution(
        np.array(values, np.float64), Samplers.one(spec, np.zeros(len(values), np.bool_), [], 0).parameters[0]
    )


def kept(values: list[float], **settings: float) -> set[int]:
    probabilities = probabilities_of(values, **settings)
    assert abs(probabilities.sum() - 1) < 1e-12
    return set(np.flatnonzero(probabilities).tolist())


def by_probability(values: list[float]) -> list[int]:
    return sorted(range(len(values)), key=lambda token: (-values[token], token))


@given(logits, st.floats(0.05, 20))
def test_temperature_divides_the_logits(values: list[float], temperature: float) -> None:
    found = probabilities_of(values, temperature=temperature)
    np.testing.assert_allclose(found, softmax(values, temperature), rtol=1e-9)


@given(logits, st.integers(1, 40))
def test_top_k_keeps_the_k_likeliest(values: list[float], k: int) -> None:
    assume(np.unique(softmax(values)).size == len(values))
    assert kept(values, top_k=k) == set(by_probability(values)[:k])


def test_top_k_keeps_the_lowest_ids_of_a_tie() -> None:
    assert kept([0.0, 0.0, 0.0, 0.0], top_k=2) == {0, 1}


@given(logits, masses)
def test_top_p_keeps_the_likeliest_that_reach_the_mass(values: list[float], mass: float) -> None:
    assert kept(values, top_p=mass) == prefix(by_probability(values), softmax(values), mass)


@given(logits, st.floats(0, 1))
def test_min_p_keeps_what_is_near_the_likeliest(values: list[float], share: float) -> None:
    probabilities = softmax(values)
    assume(all(abs(p - share * max(probabilities)) > 1e-12 or share == 1 for p in probabilities))
    assume(share < 1 or sorted(probabilities)[-2:][0] < max(probabilities) - 1e-9 or len(values) == 1)
    assert kept(values, min_p=share) == {i for i, p in enumerate(probabilities) if p >= share * max(probabilities)}


@given(logits, masses)
def test_typical_p_keeps_what_is_nearest_the_entropy(values: list[float], mass: float) -> None:
    probabilities = softmax(values)
    entropy = -math.fsum(p * math.log(p) for p in probabilities)
    distance = [abs(-math.log(p) - entropy) for p in probabilities]
    gaps = np.diff(sorted(distance))
    assume((gaps > 1e-9).all())
    order = sorted(range(len(values)), key=distance.__getitem__)
    assert kept(values, typical_p=mass) == prefix(order, probabilities, mass)


@given(logits, st.integers(1, 30), masses, masses, st.floats(0, 0.5))
def test_filters_combine_and_leave_something(values: list[float], k: int, p: float, typical: float, m: float) -> None:
    together = kept(values, top_k=k, top_p=p, typical_p=typical, min_p=m)
    assert together
    assert together <= kept(values, top_k=k)


@given(logits, st.sampled_from([5e-324, 1e-300, 1e-30, 1e30, 1e300, 1.7e308]))
def test_extreme_temperatures_give_numbers(values: list[float], temperature: float) -> None:
    found = probabilities_of(values, temperature=temperature)
    assert np.isfinite(found).all()
    expected = np.full(len(values), 1 / len(values)) if temperature > 1 else np.eye(len(values))[np.argmax(values)]
    np.testing.assert_allclose(found, expected, atol=1e-9)
