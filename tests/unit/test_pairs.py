"""Pairs: out of tables and aligned files, whole, in batches of like length; and the dates made here."""

import datetime
import gzip
from pathlib import Path

import numpy as np
import pytest

from unspool.data.dates import date_pairs
from unspool.data.pairs import (
    PairBatches,
    Pairs,
    all_pairs,
    keep_texts,
    kept_empty,
    kept_texts,
    open_pairs,
    read_pairs,
    write_pairs,
)
from unspool.errors import DataError, MissingExtraError, ModelFolderError, UsageError
from unspool.specs.base import build
from unspool.specs.data import DataSpec
from unspool.text.tokenizer import BEGIN, END, PAD
from unspool.text.vocabulary import make_tokenizer

PAIRS = [(f"{'a' * (1 + i % 7)}b", f"{'x' * (1 + i % 5)} y") for i in range(40)]


def spec(**settings: object) -> DataSpec:
    return build(DataSpec, settings, "data")


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
    found = all_pairs(spec(sources=[str(tmp_path / name)], source_column="en", target_column="de"))
    assert found == ([("house", "Haus"), ("red", "rot")])


def test_parquet_is_read_or_its_extra_named(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    wanted = spec(sources=[str(path)], source_column="en", target_column="de")
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        path.write_bytes(b"PAR1")
        with pytest.raises(MissingExtraError, match="pyarrow"):
            all_pairs(wanted)
        return
    parquet.write_table(pyarrow.table({"en": ["house"], "de": ["Haus"], "n": [1]}), path)
    assert all_pairs(wanted) == [("house", "Haus")]


def files(tmp_path: Path, source: str, target: str) -> dict[str, str]:
    (tmp_path / "a.en").write_text(source, encoding="utf-8")
    (tmp_path / "a.de.gz").write_bytes(gzip.compress(target.encode()))
    return {"source_file": str(tmp_path / "a.en"), "target_file": str(tmp_path / "a.de.gz")}


def test_pairs_are_the_lines_of_two_files_and_empty_ones_are_left_out(tmp_path: Path) -> None:
    assert all_pairs(spec(**files(tmp_path, "one\n\nthree\n", "eins\nzwei\ndrei\n"))) == [
        ("one", "eins"),
        ("three", "drei"),
    ]


@pytest.mark.parametrize(("source", "target"), [("1\n2\n3\n", "1\n2\n"), ("1\n2\n", "1\n2\n3\n")])
def test_files_that_are_not_aligned_are_refused_by_line(tmp_path: Path, source: str, target: str) -> None:
    with pytest.raises(DataError, match=r"line 3 of .*a\..* has none in .*a\..*, which ends at line 2"):
        all_pairs(spec(**files(tmp_path, source, target)))


def test_one_side_alone_is_refused() -> None:
    with pytest.raises(UsageError, match="source_file and target_file belong together"):
        spec(source_file="a.en")


def test_too_few_pairs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="at least 10 pairs"):
        read_pairs(spec(**files(tmp_path, "1\n2\n", "1\n2\n")))


def test_held_out_files_leave_the_others_whole(tmp_path: Path) -> None:
    named = files(tmp_path, "1\n" * 20, "2\n" * 20)
    held = {"validation_source_file": named["source_file"], "validation_target_file": named["target_file"]}
    assert [len(part) for part in read_pairs(spec(**named))[:2]] == [18, 2]
    assert [len(part) for part in read_pairs(spec(**named, **held))[:2]] == [20, 20]


def test_pairs_with_an_empty_side_are_counted(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("en\tde\n" + "red\trot\n" * 20 + "\tleer\n \tleer\nempty\t\n", encoding="utf-8")
    (tmp_path / "v.tsv").write_text("en\tde\nred\trot\nempty\t\n", encoding="utf-8")
    whole = spec(sources=[str(tmp_path / "t.tsv")], source_column="en", target_column="de")
    training, held_out, empty = read_pairs(whole)
    assert (len(training), len(held_out), empty) == (18, 2, 3)
    training, held_out, empty = read_pairs(whole.changed(validation_sources=(str(tmp_path / "v.tsv"),)))
    assert (len(training), len(held_out), empty) == (20, 1, 4)
    named = files(tmp_path, "1\n" * 20 + "\n", "2\n" * 21)
    assert read_pairs(spec(**named))[2] == 1


def test_the_count_of_empty_sides_is_kept_or_missed(tmp_path: Path) -> None:
    keep_texts(tmp_path, [("a", "b")], 3)
    assert (kept_texts(tmp_path), kept_empty(tmp_path)) == ([("a", "b")], 3)
    for path in tmp_path.iterdir():
        path.write_text("nothing", encoding="utf-8")
    for read in (kept_texts, kept_empty):
        with pytest.raises(ModelFolderError, match="is missing or damaged"):
            read(tmp_path)


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
    assert 0 < len(pairs.kept) == expected < len(PAIRS)
    assert all(feed_size <= 6 for feed_size in PairBatches(pairs, 8, 0).batch(0, 0).targets.shape[1:])


def test_dates_are_dates_in_several_styles_and_none_comes_twice() -> None:
    pairs = date_pairs(500)
    assert pairs == date_pairs(500)
    assert len({target for _, target in pairs}) == 500
    for source, target in pairs:
        date = datetime.date.fromisoformat(target)
        assert str(date.year) in source
        assert str(date.day) in source
