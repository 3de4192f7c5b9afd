"""What is held back from the network and from the counts, so that they can be weighed."""

import numpy as np
import pytest

from unspool.data.batches import VectorSource
from unspool.data.conditions import CONDITIONS, Conditions, first_of_labels
from unspool.data.example_batches import PairBatches
from unspool.data.examples import TEXT, Examples
from unspool.data.pairs import Pairs
from unspool.data.reserve import ENOUGH, MAX_FRACTION, reserve
from unspool.data.tokens import Part
from unspool.specs.condition import ConditionSpec
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
    assert abs(len(before) - len(after)) <= 1
    np.testing.assert_array_equal(np.concatenate([before, divided.held_back.tokens, after]), tokens)
    assert len(divided.held_back.tokens) == ENOUGH
    assert divided.documents is divided.chosen is None
    assert reserve(Part(tokens[: int(ENOUGH / MAX_FRACTION) - 1], None, 1, 1, 0.0, stream.counts)) is None


def test_documents_that_are_held_back_are_learnt_by_nobody() -> None:
    part = documents(8000)
    divided = reserve(part)
    assert divided is not None
    assert divided.documents is not None
    assert divided.chosen is not None
    assert ENOUGH * 0.9 < len(divided.held_back.tokens) < ENOUGH * 1.1
    assert sorted([*divided.documents, *divided.chosen]) == list(range(8000))
    np.testing.assert_array_equal(divided.held_back.document(0), part.document(int(divided.chosen[0])))
    assert len(divided.learnt) == len(divided.documents)


def test_what_is_not_learnt_is_not_held_back_and_some_can_be_spared() -> None:
    part, kept = documents(16_000), np.arange(0, 16_000, 2)
    whole = reserve(part, kept)
    assert whole is not None
    assert whole.chosen is not None
    assert whole.documents is not None
    assert sorted([*whole.documents, *whole.chosen]) == kept.tolist()
    less = reserve(part, kept, whole.chosen[:5])
    assert less is not None
    assert less.chosen is not None
    assert less.documents is not None
    assert less.chosen.tolist() == whole.chosen[5:].tolist()
    assert set(whole.chosen[:5].tolist()) <= set(less.documents.tolist())


def test_the_first_text_of_each_label_is_spared() -> None:
    pairs = rows(4000)
    assert isinstance(pairs.sources, Conditions)
    specs = pairs.sources.specs
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
