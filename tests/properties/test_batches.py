"""Batches read every token once an epoch, continue where they ended, and depend on nothing but their index."""

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.arrays import IntArray
from unspool.data import batches
from unspool.data.batches import Batch
from unspool.data.stream_batches import DocumentBatches, StreamBatches
from unspool.data.tokens import Part
from unspool.text.tokenizer import BEGIN, END, PAD, UNKNOWN

FIRST = 4  # the first id that is not special

sizes = st.integers(1, 200)
rows = st.integers(1, 9)
windows = st.integers(1, 30)
resets = st.sampled_from([0.0, 0.3, 1.0])


@pytest.fixture(autouse=True, scope="module")
def without_unknown_tokens() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "UNKNOWN_RATE", 0.0)
        yield


def distinct(size: int) -> IntArray:
    """Ids that are their positions."""
    return np.arange(FIRST, FIRST + size, dtype=np.uint16)


def part_of(tokens: IntArray, starts: IntArray | None = None) -> Part:
    return Part(tokens, starts, 0, 0, 0.0, np.bincount(tokens, minlength=FIRST))


def epoch_of(batches: StreamBatches | DocumentBatches, epoch: int) -> list[Batch]:
    return [batches.batch(epoch, index) for index in range(batches.steps(epoch))]


def targets_of(epoch: list[Batch]) -> list[int]:
    return sorted(int(i) for batch in epoch for i in batch.targets.ravel() if i != PAD)


@given(sizes, rows, windows, resets, st.integers(0, 3))
def test_a_stream_gives_every_token_once_an_epoch(size: int, b: int, t: int, p: float, epoch: int) -> None:
    tokens = distinct(size)
    assert targets_of(epoch_of(StreamBatches(part_of(tokens), b, t, p, 5), epoch)) == tokens.tolist()


@given(sizes, rows, windows, resets, st.integers(0, 3))
def test_rows_of_a_stream_continue_from_batch_to_batch(size: int, b: int, t: int, p: float, epoch: int) -> None:
    found = epoch_of(StreamBatches(part_of(distinct(size)), b, t, p, 5), epoch)
    assert found[0].reset.all()
    for batch in found:
        assert (batch.inputs[batch.reset, 0] == BEGIN).all()
        known = batch.targets[:, :-1] != PAD
        assert (batch.inputs[:, 1:][known] == batch.targets[:, :-1][known]).all()
    for before, after in itertools.pairwise(found):
        going = ~after.reset & (after.targets[:, 0] != PAD)
        assert (after.inputs[going, 0] == before.targets[going, -1]).all()


@given(sizes, rows, windows, st.data(), st.integers(0, 3))
def test_what_is_held_back_of_a_stream_is_never_read(
    size: int, b: int, t: int, data: st.DataObject, epoch: int
) -> None:
    start = data.draw(st.integers(0, size - 1))
    place = slice(start, data.draw(st.integers(start, size - (start == 0))))
    tokens = distinct(size)
    found = epoch_of(StreamBatches(part_of(tokens), b, t, 0.0, 5, place), epoch)
    assert targets_of(found) == np.delete(tokens, place).tolist()
    assert not np.isin(np.concatenate([batch.inputs.ravel() for batch in found]), tokens[place]).any()


@given(sizes, rows, windows)
def test_resets_have_the_probability_that_is_set(size: int, b: int, t: int) -> None:
    never, always = (epoch_of(StreamBatches(part_of(distinct(size)), b, t, p, 0), 0) for p in (0.0, 1.0))
    assert not any(batch.reset.any() for batch in never[1:])
    assert all(batch.reset.all() for batch in always)


def test_epochs_of_a_stream_begin_at_different_positions() -> None:
    batches = StreamBatches(part_of(distinct(1000)), 4, 8, 0.0, 0)
    assert len({int(batches.batch(epoch, 0).targets[0, 0]) for epoch in range(6)}) > 3


@st.composite
def documents(draw: st.DrawFn) -> Part:
    lengths = draw(st.lists(st.integers(0, 25), min_size=1, max_size=20))
    starts = np.cumsum([0, *(length + 1 for length in lengths)])
    tokens = distinct(int(starts[-1]))
    tokens[starts[1:] - 1] = END
    return part_of(tokens, starts)


@given(documents(), rows, windows, st.integers(0, 3))
def test_documents_give_every_token_once_an_epoch(part: Part, b: int, t: int, epoch: int) -> None:
    assert targets_of(epoch_of(DocumentBatches(part, b, t, 5), epoch)) == sorted(part.tokens.tolist())


@given(documents(), rows, windows, st.integers(0, 3))
def test_documents_begin_at_the_initial_state_and_are_padded(part: Part, b: int, t: int, epoch: int) -> None:
    for batch in epoch_of(DocumentBatches(part, b, t, 5), epoch):
        assert batch.reset.all() or not batch.reset.any()
        assert len(batch.targets) <= b
        assert (batch.targets != PAD).any()
        if batch.reset.all():
            assert (batch.inputs[:, 0] == BEGIN).all()
        padding = batch.targets == PAD
        assert (batch.inputs[padding] == PAD).all()
        assert not (padding[:, :-1] & ~padding[:, 1:]).any(), "padding stands at the end"
        known = ~padding[:, 1:]
        assert (batch.inputs[:, 1:][known] == batch.targets[:, :-1][known]).all()


@given(documents(), rows, windows)
def test_long_documents_continue_in_the_next_batch(part: Part, b: int, t: int) -> None:
    found = epoch_of(DocumentBatches(part, b, t, 5), 0)
    assert found[0].reset.all()
    for before, after in itertools.pairwise(found):
        if not after.reset.any():
            going = after.targets[:, 0] != PAD
            assert (after.inputs[going, 0] == before.targets[going, -1]).all()


@given(st.integers(0, 2**63 - 1), st.integers(0, 4))
def test_a_batch_depends_on_seed_epoch_and_index_alone(seed: int, epoch: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "UNKNOWN_RATE", 0.25)
        tokens = distinct(300)
        part = part_of(np.append(tokens, END), np.array([0, 100, 301]))
        for make in (
            lambda: StreamBatches(part_of(tokens), 3, 16, 0.3, seed),
            lambda: DocumentBatches(part, 2, 16, seed),
        ):
            used = make()
            used.batch(epoch + 1, 0)
            again = used.batch(epoch, 2)
            fresh = make().batch(epoch, 2)
            for name in ("inputs", "targets", "reset"):
                assert (getattr(again, name) == getattr(fresh, name)).all()


def test_rare_tokens_are_shown_as_unknown_and_frequent_ones_hardly_ever() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "UNKNOWN_RATE", 0.25)
        tokens = np.concatenate([distinct(1000), np.full(9000, 3000)])
        targets = np.concatenate(
            [b.targets.ravel() for b in epoch_of(StreamBatches(part_of(tokens), 10, 50, 0.0, 0), 0)]
        )
    assert 150 < (targets == UNKNOWN).sum() < 250  # a / (a + 1) = 0.2 of the thousand that occur once
    assert (targets == 3000).sum() > 8990
