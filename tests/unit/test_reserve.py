"""What is held back from the network and from the counts, so that they can be weighed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.data.batches import VectorSource
from unspool.data.conditions import CONDITIONS, Conditions, first_of_labels
from unspool.data.example_batches import PairBatches
from unspool.data.examples import TEXT, Examples
from unspool.data.pairs import Pairs
from unspool.data.reserve import ENOUGH, MAX_FRACTION, Reserve, reserve
from unspool.data.tokens import Part
from unspool.specs.condition import ConditionSpec
from unspool.tasks.mixing import evenly
from unspool.text.tokenizer import END

LENGTH, LABELS = 11, 40


def documents(count: int, length: int = LENGTH) -> Part:
    tokens = np.tile(np.append(np.arange(4, 3 + length), END), count)
    starts = np.arange(count + 1) * length
    return Part(tokens, starts, len(tokens), len(tokens), 0.0, np.bincount(tokens, minlength=32))


def rows(count: int, max_length: int | None = None) -> Pairs:
    """Texts that depend on a label."""
    part = documents(count)
    labels = np.arange(count) * 7 % LABELS
    examples = Examples({TEXT: part}, {CONDITIONS: labels[:, None].astype(np.float32)}, max_length)
    spec = ConditionSpec(name="kind", labels=tuple(map(str, range(LABELS))), counts=(1,) * LABELS)
    return Pairs(examples, Conditions(examples.numbers[CONDITIONS], (spec,)))


def test_the_middle_of_a_stream_is_held_back() -> None:
    tokens = np.arange(100_000)
    stream = Part(tokens, None, 1, 1, 0.0, np.zeros(5, np.int64))
    divided = reserve(stream)
    assert divided is not None
    before, after = divided.learnt
    np.testing.assert_array_equal(np.concatenate([before, divided.held_back.tokens, after]), tokens)
    assert len(divided.held_back.tokens) == ENOUGH
    assert divided.chosen is divided.kept_back is None
    assert reserve(Part(tokens[: int(ENOUGH / MAX_FRACTION) - 1], None, 1, 1, 0.0, stream.counts)) is None


def halves(divided: Reserve | None) -> tuple[list[int], list[int]]:
    """The documents that are learnt, and those that are held back."""
    assert divided is not None
    assert divided.chosen is not None
    assert divided.kept_back is not None
    return divided.chosen.tolist(), divided.kept_back.tolist()


def test_documents_that_are_held_back_are_learnt_by_nobody() -> None:
    part = documents(8000)
    divided = reserve(part)
    assert divided is not None
    learnt, held_back = halves(divided)
    assert ENOUGH * 0.9 < len(divided.held_back.tokens) < ENOUGH * 1.1
    assert sorted([*learnt, *held_back]) == list(range(8000))
    np.testing.assert_array_equal(divided.held_back.document(0), part.document(held_back[0]))
    assert len(divided.learnt) == len(learnt)


def test_a_document_that_would_be_too_much_is_not_held_back() -> None:
    lengths = np.where(np.arange(60) == 22, 30_000, 1_000)
    tokens = np.full(int(lengths.sum()), 5)
    part = Part(tokens, np.cumsum([0, *lengths]), 1, 1, 0.0, np.bincount(tokens, minlength=32))
    assert reserve(part) is None  # the only one that would be chosen is a third of the text
    twenty = documents(20, 5_000)
    _, held_back = halves(reserve(twenty))
    assert held_back == [10]
    assert reserve(documents(10, 5_000)) is None


def test_what_is_not_learnt_is_not_held_back_and_some_can_be_spared() -> None:
    part, learnable = documents(16_000), np.arange(0, 16_000, 2)
    learnt, held_back = halves(reserve(part, learnable))
    assert sorted([*learnt, *held_back]) == learnable.tolist()
    others, less = halves(reserve(part, learnable, np.array(held_back[:5])))
    assert less == held_back[5:]
    assert set(held_back[:5]) <= set(others)


@given(st.lists(st.integers(1, 40), min_size=300, max_size=500), st.integers(0, 6000))
def test_a_group_is_learnt_or_held_back_as_a_whole(sizes: list[int], popular: int) -> None:
    groups = np.arange(len(sizes) + 1).repeat([*sizes, popular])
    learnable = np.flatnonzero(np.arange(len(groups)) % 9)  # the others are too long
    divided = reserve(documents(len(groups)), learnable, groups=groups)
    if divided is not None:
        learnt, held_back = halves(divided)
        assert not set(groups[learnt]) & set(groups[held_back])
        assert sorted([*learnt, *held_back]) == learnable.tolist()
        assert len(held_back) <= MAX_FRACTION * len(learnable)
    assert divided is not None or len(learnable) * LENGTH < ENOUGH / MAX_FRACTION or popular > len(groups) / 2


def test_a_group_that_is_all_there_is_is_learnt() -> None:
    part, groups = documents(8000), np.repeat([0, 1], [4, 7996])
    assert reserve(part, np.arange(4, 8000), groups=groups) is None
    spared, whole = np.array([7]), np.arange(8000) // 10
    learnt, held_back = halves(reserve(part, None, spared, whole))
    assert sorted([*learnt, *held_back]) == list(range(8000))
    assert 0 not in whole[held_back]


def test_the_first_text_of_each_label_is_spared() -> None:
    pairs = rows(4000)
    specs = pairs.sources.specs  # type: ignore[attr-defined]
    first = first_of_labels(pairs, specs)
    assert len(first) == LABELS
    assert set(pairs.examples.numbers[CONDITIONS][first, 0].astype(int).tolist()) == set(range(LABELS))
    assert first.max() < LABELS
    assert not len(first_of_labels(pairs, (ConditionSpec(name="year"),)))


def test_batches_leave_out_what_is_held_back() -> None:
    pairs = rows(64)
    chosen = np.arange(0, 64, 2)
    batches = PairBatches(pairs, 8, 0, chosen)
    seen = []
    for index in range(batches.steps(0)):
        source = batches.batch(0, index).source
        assert isinstance(source, VectorSource)
        seen += source.values.argmax(axis=1).tolist()
    assert sorted(seen) == sorted((chosen * 7 % LABELS).tolist())


@pytest.mark.parametrize("length", [None, LENGTH - 1])
def test_all_texts_that_are_short_enough_are_learnt_without_counts(length: int | None) -> None:
    batches = PairBatches(rows(64, length), 8, 0)
    assert sum(len(batches.batch(0, index).inputs) for index in range(batches.steps(0))) == 64


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12), st.integers(1, 15))
def test_positions_are_evenly_spread_however_they_are_divided(sizes: list[int], every: int) -> None:
    found, seen = [], 0
    for size in sizes:
        found += evenly((np.arange(seen, seen + size),), every, seen)[0].tolist()
        seen += size
    assert found == list(range(0, sum(sizes), every))
