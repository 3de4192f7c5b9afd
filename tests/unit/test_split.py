"""What is held out depends on the examples alone, and is what 0.1.0 held out."""

from collections import Counter

import pytest

from unspool.data.split import (
    MINIMUM_EXAMPLES,
    choose_by_label,
    choose_knowing_labels,
    choose_last,
    choose_randomly,
    divide,
    training_length,
)
from unspool.errors import DataError
from unspool.specs.data import Split

LABELS = [*["common"] * 12, *["other"] * 6, "rare", "twice", "twice"]


def test_both_parts_keep_the_order_of_the_examples() -> None:
    training, held_out = divide(range(20), None, Split(0.2, None), choose_randomly, "rows", "t.csv")
    assert (len(training), len(held_out)) == (16, 4)
    assert sorted(training) == training
    assert sorted(held_out) == held_out
    assert sorted([*training, *held_out]) == list(range(20))
    assert divide(range(20), None, Split(0.001, "end"), choose_randomly, "rows", "t.csv") == (list(range(19)), [19])


def test_examples_of_their_own_leave_the_others_whole() -> None:
    assert divide(range(10), [99], Split(0.5, None), choose_last, "rows", "t.csv") == (list(range(10)), [99])


@pytest.mark.parametrize(
    ("count", "held_out", "received"),
    [(3, None, "3 and 0"), (MINIMUM_EXAMPLES, None, "9 and 1"), (20, [], "20 and 0"), (9, [1], "9 and 1")],
)
def test_too_few_examples_are_refused(count: int, held_out: list[int] | None, received: str) -> None:
    with pytest.raises(DataError, match=rf"at least 10 pairs .*\. Received: {received} in t\.csv"):
        divide(range(count), held_out, Split(0.1, None), choose_last, "pairs", "t.csv")


def test_every_choice_is_that_of_0_1_0() -> None:
    """Resumed runs and comparisons depend on it: the same table must give the same held-out rows for ever."""
    columns = [(label,) for label in LABELS]
    assert choose_last(LABELS, 4).tolist() == [17, 18, 19, 20]
    assert sorted(choose_randomly(LABELS, 6).tolist()) == [2, 4, 10, 12, 16, 18]
    assert sorted(choose_knowing_labels(columns, 6).tolist()) == [2, 4, 6, 10, 12, 16]
    assert choose_by_label(LABELS, 6).tolist() == [4, 7, 11, 13]


def test_every_label_stays_known() -> None:
    for count in (1, 10, 21):
        held_out = set(choose_knowing_labels([(label,) for label in LABELS], count).tolist())
        assert {LABELS[i] for i in range(len(LABELS)) if i not in held_out} == set(LABELS)
        assert len(held_out) == min(count, len(LABELS) - len(set(LABELS)))
        held_out = set(choose_by_label(LABELS, count).tolist())
        assert {LABELS[i] for i in range(len(LABELS)) if i not in held_out} == set(LABELS)


def test_each_label_gives_its_fraction_however_the_examples_are_sorted() -> None:
    for labels in (["red"] * 40 + ["blue"] * 20, ["blue", "red", "red"] * 20):
        assert Counter(labels[index] for index in choose_by_label(labels, 12)) == {"red": 8, "blue": 4}


def test_a_text_is_cut_before_its_last_unit() -> None:
    assert [training_length(total, 0.1) for total in (0, 1, 2, 5, 1000)] == [-1, 0, 1, 4, 900]


def test_a_label_that_recurs_is_mostly_learnt_where_others_occur_once() -> None:
    labels = [("Anon",)] * 30 + [(f"author {number}",) for number in range(270)]
    held_out = choose_knowing_labels(labels, 30)
    assert 3 <= len(held_out) <= 6
    assert all(index < 30 for index in held_out.tolist())
