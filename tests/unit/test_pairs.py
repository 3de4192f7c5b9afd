"""Pairs: out of tables and aligned files, whole, in batches of like length; and the dates made here."""

import datetime
import gzip
from pathlib import Path

import numpy as np
import pytest

from unspool.data.dates import date_pairs
from unspool.data.example_batches import PairBatches
from unspool.data.findings import Findings
from unspool.data.pairs import (
    Names,
    Pair,
    Pairs,
    describe_pairs,
    divide_pairs,
    keep_pairs,
    kept_pairs,
    open_pairs,
    read_pairs,
    write_pairs,
)
from unspool.errors import DataError, ModelFolderError, UsageError
from unspool.specs.base import build
from unspool.specs.data import DataSpec, Split
from unspool.tasks.translation.specs import TranslationDataSpec
from unspool.text.tokenizer import BEGIN, END, PAD
from unspool.text.vocabulary import make_tokenizer

PAIRS = [Pair(f"{'a' * (1 + i % 7)}b", f"{'x' * (1 + i % 5)} y") for i in range(40)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.tsv", "en\tde\nhouse\tHaus\nred\trot\n\tleer\n"),
        ("t.csv", 'de,en\nHaus,house\nrot,"red"\n,empty\n'),
        ("t.jsonl", '{"en": "house", "de": "Haus"}\n{"en": "red", "de": "rot"}\n{"en": null, "de": "leer"}\n'),
    ],
)
def test_pairs_are_the_two_columns_of_a_table(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    found = read_pairs((str(tmp_path / name),), DataSpec(), ("en", "de"))
    assert found == [("house", "Haus"), ("red", "rot")]


def files(tmp_path: Path, source: str, target: str) -> Names:
    (tmp_path / "a.en").write_text(source, encoding="utf-8")
    (tmp_path / "a.de.gz").write_bytes(gzip.compress(target.encode()))
    return str(tmp_path / "a.en"), str(tmp_path / "a.de.gz")


def test_pairs_are_the_lines_of_two_files_and_empty_ones_are_left_out(tmp_path: Path) -> None:
    findings, names = Findings(), files(tmp_path, "one\n\nth\rree\nx\n", "eins\nzwei\ndrei\n  \n")
    found = read_pairs((), DataSpec(), files=names, findings=findings)
    assert found == [("one", "eins"), ("th\nree", "drei")]
    assert findings.lines == ["pairs left out because a side is empty: 2, the first in a.en, line 2."]


@pytest.mark.parametrize(("source", "target"), [("1\n2\n3\n", "1\n2\n"), ("1\n2\n", "1\n2\n3\n")])
def test_files_that_are_not_aligned_are_refused_by_line(tmp_path: Path, source: str, target: str) -> None:
    with pytest.raises(DataError, match=r"line 3 of .*a\..* has none in .*a\..*, which ends at line 2"):
        read_pairs((), DataSpec(), files=files(tmp_path, source, target))


def test_one_side_alone_is_refused() -> None:
    with pytest.raises(UsageError, match="source_file and target_file belong together"):
        build(TranslationDataSpec, {"source_file": "a.en"}, "data")


def test_without_data_dates_are_made_and_some_are_held_out() -> None:
    pairs = read_pairs((), DataSpec())
    assert describe_pairs(()) == "dates made by Unspool"
    training, held_out = divide_pairs(pairs, None, Split(0.1, None), "dates")
    assert sorted([*training, *held_out]) == sorted(pairs)
    assert len(held_out) == len(pairs) // 10


def test_pairs_are_held_out_at_random_unless_the_end_is_requested() -> None:
    pairs = [Pair("x" * (1 + number), "y") for number in range(40)]
    assert divide_pairs(pairs, None, Split(0.25, "end"), "t.tsv")[1] == pairs[30:]
    assert min(len(pair.source) for pair in divide_pairs(pairs, None, Split(0.25, None), "t.tsv")[1]) < 20


def test_held_out_texts_are_kept_or_missed(tmp_path: Path) -> None:
    keep_pairs(tmp_path, [Pair("a", "b")])
    assert kept_pairs(tmp_path) == [("a", "b")]
    for path in tmp_path.iterdir():
        path.write_text("nothing", encoding="utf-8")
    with pytest.raises(ModelFolderError, match="is missing or damaged"):
        kept_pairs(tmp_path)


def opened(folder: Path, max_length: int = 100) -> Pairs:
    tokenizers = [make_tokenizer("char", [pair[side] for pair in PAIRS]) for side in (0, 1)]
    write_pairs(folder, "training", (tokenizers[0], tokenizers[1]), PAIRS, lambda size: None)
    return open_pairs(folder, "training", max_length)


def test_an_epoch_has_every_pair_once_and_whole(tmp_path: Path) -> None:
    pairs = opened(tmp_path)
    batches = PairBatches(pairs, 8, seed=1)
    counted = []
    for index in range(batches.steps(0)):
        batch = batches.batch(0, index)
        source = batch.source
        assert source is not None
        assert source.tokens is not None
        assert source.lengths is not None
        assert (batch.inputs[:, 0] == BEGIN).all()
        assert batch.reset.all()
        for row, length in enumerate(source.lengths):
            target = batch.targets[row][batch.targets[row] != PAD]
            assert target[-1] == END == source.tokens[row, length - 1]
            assert (source.tokens[row, length:] == PAD).all()
            counted.append((int(length), len(target)))
        again = batches.batch(0, index)
        np.testing.assert_array_equal(again.inputs, batch.inputs)
    expected = [(len(source) + 1, len(target) + 1) for source, target in PAIRS]
    assert sorted(counted) == sorted(expected)


def test_pairs_that_are_too_long_are_left_out(tmp_path: Path) -> None:
    pairs = opened(tmp_path, max_length=5)
    expected = sum(len(source) <= 5 and len(target) <= 5 for source, target in PAIRS)
    assert 0 < len(pairs.examples.kept) == expected < len(PAIRS)
    assert PairBatches(pairs, 8, 0).batch(0, 0).targets.shape[1] <= 6


def test_dates_are_dates_in_several_styles_and_none_comes_twice() -> None:
    pairs = date_pairs(500)
    assert pairs == date_pairs(500)
    assert len({target for _, target in pairs}) == 500
    for source, target in pairs:
        date = datetime.date.fromisoformat(target)
        assert str(date.year) in source
        assert str(date.day) in source
