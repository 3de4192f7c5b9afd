"""A maximum length that is not requested leaves out hardly anything; one that leaves out more is warned about."""

import numpy as np
import pytest

from unspool.data.limit import LONGEST, choose_limit, limit_warnings, with_limit
from unspool.tasks.conditional.specs import ConditionalDataSpec


def test_the_usual_limit_stays_where_it_keeps_nearly_all() -> None:
    assert choose_limit(np.array([10] * 99 + [5000]), 100) == 100
    assert choose_limit(np.full(50, 100), 100) == 100


def test_a_higher_limit_keeps_ninety_nine_in_a_hundred_up_to_a_bound() -> None:
    lengths = np.arange(1, 1001)
    limit = choose_limit(lengths, 100)
    assert 0.99 <= (lengths <= limit).mean() < 0.995
    assert choose_limit(np.full(50, 10 * LONGEST), 100) == LONGEST


def test_what_is_requested_is_kept() -> None:
    lengths = np.full(50, 300)
    assert with_limit(ConditionalDataSpec(), lengths, 100).max_length == 300
    assert with_limit(ConditionalDataSpec(max_length=7), lengths, 100).max_length == 7


@pytest.mark.parametrize(("beyond", "warned"), [(0, False), (50, False), (51, True), (1000, True)])
def test_more_than_one_example_in_twenty_is_warned_about(beyond: int, warned: bool) -> None:
    found = limit_warnings(beyond, 1000, 100, "left out")
    assert bool(found) is warned
    assert not found or found[0].startswith(f"warning: {beyond:,} of 1,000 examples")
