"""Kneser-Ney smoothing by hand, and the corners of counting."""

from pathlib import Path

import numpy as np
import pytest

from unspool.arrays import Array, IntArray
from unspool.data.tokens import open_part, write_tokens
from unspool.engines.ngram import counts as counting
from unspool.engines.ngram.backoff import backoff_from_arrays, backoff_model
from unspool.engines.ngram.counts import counts_from_arrays, counts_of, documents_of, merged, without
from unspool.engines.ngram.model import NgramModel, build_model, levels_of, model_from_arrays
from unspool.engines.ngram.network import build_network
from unspool.engines.ngram.packing import Packing, are_ascending, positions, sorting
from unspool.engines.ngram.smoothing import FALLBACK, estimate_discounts
from unspool.errors import DataError, ModelFolderError, UsageError
from unspool.folder.serialization import dump_safetensors, parse_safetensors
from unspool.text.tokenizer import BEGIN, END, PAD, UNKNOWN
from unspool.text.vocabulary import character_tokenizer

A, B, SIZE = 4, 5, 6
DOCUMENTS = [np.array([A, B, A, END]), np.array([A, A, END])]


def after(model: NgramModel, *context: int) -> dict[str, float]:
    """The distribution after a context."""
    network = build_network(model, compiled=False)
    logits, _ = network.unroll(np.array([context]), network.initial_state(1))
    found = np.exp(logits[0, -1].astype(np.float64))
    return {name: float(found[token]) for name, token in (("a", A), ("b", B), ("end", END), ("unknown", UNKNOWN))}


def test_pairs_by_hand() -> None:
    """Counts: <s> a 2, a b 1, b a 1, a a 1, a </s> 2; before a stand 3 tokens, before b and </s> one each."""
    model = build_model(counts_of(DOCUMENTS, 2, SIZE))
    alone = {"a": 1.5 / 5 + 0.5 / 4, "b": 0.5 / 5 + 0.5 / 4, "end": 0.5 / 5 + 0.5 / 4, "unknown": 0.5 / 4}
    assert after(model, PAD) == pytest.approx(alone)
    own = {"a": 0.5 / 4, "b": 0.5 / 4, "end": 1 / 4, "unknown": 0.0}
    assert after(model, A) == pytest.approx({name: own[name] + 0.5 * alone[name] for name in own})
    once = {"a": 0.5, "b": 0.0, "end": 0.0, "unknown": 0.0}
    assert after(model, B) == pytest.approx({name: once[name] + 0.5 * alone[name] for name in once})
    assert after(model, BEGIN) == pytest.approx({name: once[name] + 0.5 * alone[name] for name in once})


def test_shorter_ngrams_count_what_stands_before_them_but_after_the_beginning() -> None:
    model = build_model(counts_of(DOCUMENTS, 3, SIZE))
    start, end = levels_of(model.first, 3)[1:3]
    parents = np.repeat(np.arange(SIZE), np.diff(model.first[: SIZE + 1]))
    found = {
        (int(parent), int(token)): int(count)
        for parent, token, count in zip(parents, model.tokens[start:end], model.counts[start:end], strict=True)
    }
    assert found == {(BEGIN, A): 2, (A, B): 1, (B, A): 1, (A, A): 1, (A, END): 2}


def test_discounts_by_hand() -> None:
    counts = np.repeat([0, 1, 2, 3, 4, 9], [7, 10, 5, 3, 2, 1])
    np.testing.assert_allclose(estimate_discounts(counts), [0, 0.5, 1.1, 3 - 4 * 0.5 * 2 / 3])


@pytest.mark.parametrize("counts", [[], [1], [1, 2], [1, 1, 2, 3, 3, 3, 3, 3], [5] * 9, [1, 2, 3, *[4] * 9]])
def test_where_discounts_cannot_be_estimated_there_are_others(counts: list[int]) -> None:
    assert estimate_discounts(np.array(counts, np.int64)).tolist() == [0, *FALLBACK]


def test_what_is_pruned_is_left_to_shorter_contexts() -> None:
    counts = counts_of(DOCUMENTS, 3, SIZE)
    whole, pruned = build_model(counts), build_model(counts, 2)
    assert len(pruned.tokens) < len(whole.tokens)
    assert after(pruned, B, A) == pytest.approx(after(whole, PAD, A))  # (b a </s>) was seen once
    assert after(whole, B, A) != pytest.approx(after(whole, PAD, A))
    assert build_model(counts, 1).pruned.size == 0


ODD: list[list[IntArray]] = [
    [],
    [np.array([], np.int64)],
    [np.array([A])],
    [np.full(500, A)],
    [np.array([END])] * 40,
    [np.array([UNKNOWN] * 3)],
    [np.arange(3, SIZE)] * 7,
]


@pytest.mark.parametrize("documents", ODD)
@pytest.mark.parametrize("order", [1, 2, 3, 12])
def test_odd_corpora_have_a_distribution(documents: list[IntArray], order: int) -> None:
    for min_count in (1, 3):
        model = build_model(counts_of(documents, order, SIZE), min_count)
        for context in ([BEGIN], [PAD], [A] * 20, [BEGIN, A, A]):
            assert sum(after(model, *context).values()) == pytest.approx(1)
            assert min(after(model, *context).values()) > 0


def test_a_large_document_is_counted_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    document = np.random.default_rng(0).integers(3, 9, 1000)
    whole = counts_of([document, document[:50]], 5, 9)
    monkeypatch.setattr(counting, "BLOCK", 64)
    blocks = counts_of([document, document[:50]], 5, 9)
    assert whole.ngrams.tobytes() == blocks.ngrams.tobytes()
    assert whole.counts.tobytes() == blocks.counts.tobytes()


def test_words_of_several_numbers_sort_and_are_found_as_their_tokens() -> None:
    packing, generator = Packing.of_vocabulary(70_000), np.random.default_rng(0)
    tokens = generator.integers(0, 3, (5, 400))
    words = packing.pack(list(tokens))
    assert len(words) == 2
    order = sorting(words)
    as_tuples = sorted(map(tuple, tokens.T.tolist()))
    assert [tuple(int(packing.field(words, i)[n]) for i in range(5)) for n in order] == as_tuples
    wanted = packing.pack(list(generator.integers(0, 3, (5, 50))))
    expected = [
        sum(one < tuple(int(packing.field(wanted, i)[n]) for i in range(5)) for one in as_tuples) for n in range(50)
    ]
    assert positions(words[:, order], wanted).tolist() == expected


@pytest.mark.parametrize("size", [6, 70_000])
def test_packed_tokens_are_turned_around_and_lose_their_last(size: int) -> None:
    packing, generator = Packing.of_vocabulary(size), np.random.default_rng(0)
    tokens = generator.integers(0, size, (7, 50))
    words = packing.pack(list(tokens))
    for fields in range(2, 8):
        first = packing.pack(list(tokens[:fields]))
        assert packing.turned(words, fields).tolist() == packing.pack(list(tokens[:fields][::-1])).tolist()
        assert packing.without_last(first, fields).tolist() == packing.pack(list(tokens[: fields - 1])).tolist()
    assert are_ascending(words[:, sorting(words)])
    assert not are_ascending(words)
    assert not are_ascending(np.repeat(words[:, :1], 2, axis=1))
    assert are_ascending(words[:, :0])


def test_documents_come_from_a_part_of_a_corpus(tmp_path: Path) -> None:
    lines = ["ab ba", "b"]
    tokenizer = character_tokenizer("ab ")
    for by_document in (True, False):
        write_tokens(tmp_path, "part", tokenizer, lines, by_document, lambda size: None)
        found = [document.tolist() for document in documents_of(open_part(tmp_path, "part"))]
        expected = [tokenizer.encode(line).tolist() for line in lines]
        assert found == ([[*ids, END] for ids in expected] if by_document else [[*expected[0], *expected[1]]])


def test_what_was_never_counted_cannot_be_taken_out() -> None:
    counts = counts_of(DOCUMENTS, 3, SIZE)
    for document in (np.array([B]), np.array([A, END])):
        with pytest.raises(DataError, match="taken out only of counts that hold it"):
            without(counts, [document])


@pytest.mark.parametrize("document", [[PAD], [BEGIN], [SIZE], [-1]])
def test_tokens_that_no_document_can_have_are_refused(document: list[int]) -> None:
    with pytest.raises(DataError, match="a document must have token ids of 1 to 5"):
        counts_of([np.array(document)], 3, SIZE)


def test_settings_that_cannot_be_are_refused() -> None:
    for order in (0, 13):
        with pytest.raises(UsageError, match="order of n-grams must be 1 to 12"):
            counts_of([], order, SIZE)
    with pytest.raises(UsageError, match="special tokens"):
        counts_of([], 2, 3)
    with pytest.raises(UsageError, match="same order and vocabulary"):
        merged([counts_of([], 2, SIZE), counts_of([], 3, SIZE)])
    with pytest.raises(UsageError, match="min_count must be at least 1"):
        build_model(counts_of([], 2, SIZE), 0)


def test_a_model_keeps_its_bytes_in_safetensors(tmp_path: Path) -> None:
    model = build_model(counts_of(DOCUMENTS, 4, SIZE), 2)
    data = dump_safetensors(model.to_arrays(), {})
    arrays, _ = parse_safetensors(data, tmp_path)
    assert dump_safetensors(model_from_arrays(arrays).to_arrays(), {}) == data


@pytest.mark.parametrize(("order", "min_count"), [(1, 1), (1, 2), (2, 2), (5, 1), (5, 2)])
def test_a_model_comes_back_from_its_arrays_and_from_those_of_before(order: int, min_count: int) -> None:
    model = build_model(counts_of(DOCUMENTS, order, SIZE), min_count)
    for arrays in (model.to_arrays(), model._asdict()):
        found = model_from_arrays(arrays)
        for one, other in zip(found, model, strict=True):
            np.testing.assert_array_equal(one, other)
            assert one.dtype == other.dtype


def test_n_grams_take_eight_bytes_or_less_pruned_or_not() -> None:
    generator = np.random.default_rng(0)
    words = np.minimum(generator.zipf(1.3, 200_000) + 3, 9_999)
    letters = np.minimum(generator.geometric(0.15, 300_000) + 3, 90)
    for tokens, order, size in ((words, 5, 10_000), (letters, 8, 91)):
        counts = counts_of([tokens], order, size)
        for min_count in (1, 2, 3):
            model = build_model(counts, min_count)
            stored = len(dump_safetensors(model.to_arrays(), {}))
            assert stored / len(model.tokens) <= 8


def damaged(arrays: dict[str, Array]) -> list[dict[str, Array]]:
    """Arrays that lookups would leave, or that are of other types."""
    children, tokens = arrays["children.1"].astype(np.uint64), arrays["tokens"].copy()
    children[3] = 2**63 - 1
    tokens[-1] = SIZE
    return [
        {},
        {**arrays, "children.1": children},
        {**arrays, "children.1": arrays["children.1"][:-1]},
        {**arrays, "children.1": arrays["children.1"].astype(np.int64)},
        {**arrays, "children.2": arrays["children.2"][:0]},
        {name: array for name, array in arrays.items() if name != "children.2"},
        {name: array for name, array in arrays.items() if name != "counts.1"},
        {**arrays, "tokens": tokens},
        {**arrays, "tokens": arrays["tokens"][:-1]},
        {**arrays, "counts.2": arrays["counts.2"][None]},
        {**arrays, "counts.9": arrays["counts.2"]},
        {**arrays, "pruned.1": np.zeros(1, np.uint8)},
        {**arrays, "discounts": np.float64(1)},
        {**arrays, "discounts": arrays["discounts"][:2]},
        {**arrays, "discounts": arrays["discounts"] * np.nan},
    ]


def test_damaged_arrays_are_refused() -> None:
    model = build_model(counts_of(DOCUMENTS, 3, SIZE))
    for arrays in damaged(model.to_arrays()):
        with pytest.raises(ModelFolderError, match="n-grams must have the arrays"):
            model_from_arrays(arrays)
    counts = counts_of(DOCUMENTS, 3, SIZE).to_arrays()
    for wrong in (
        {},
        {**counts, "counts": 0 * counts["counts"]},
        {**counts, "ngrams": counts["ngrams"][:, ::-1]},
        {**counts, "ngrams": counts["ngrams"][:, 1:]},
    ):
        with pytest.raises(ModelFolderError, match="counts must have the arrays"):
            counts_from_arrays(wrong)


def test_damaged_arrays_of_probabilities_are_refused() -> None:
    arrays = backoff_model(build_model(counts_of(DOCUMENTS, 3, SIZE))).to_arrays()
    assert backoff_from_arrays(arrays).order == 3
    infinite = np.full_like(arrays["log_probabilities"], np.inf)
    for wrong in (
        {},
        {**arrays, "order": np.array([2])},
        {**arrays, "order": np.array(3)},
        {**arrays, "tokens": arrays["tokens"][:-1]},
        {**arrays, "log_backoffs": arrays["log_backoffs"][:-1]},
        {**arrays, "log_backoffs": arrays["log_backoffs"] * np.nan},
        {**arrays, "log_probabilities": infinite},
        {**arrays, "log_probabilities": arrays["log_probabilities"].astype(np.float64)},
    ):
        with pytest.raises(ModelFolderError, match="n-grams of a file must have the arrays"):
            backoff_from_arrays(wrong)
