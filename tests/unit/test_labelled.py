"""Rows of texts and labels: out of tables, divided alike every time, in batches; and tables without names."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from unspool.data.labelled import (
    LabelledBatches,
    all_labelled,
    label_names,
    open_labelled,
    read_labelled,
    write_labelled,
)
from unspool.errors import DataError, ModelFolderError, UnspoolError, UsageError
from unspool.specs.base import build
from unspool.specs.data import DataSpec
from unspool.text.tokenizer import UNKNOWN
from unspool.text.vocabulary import make_tokenizer

ROWS = [(f"{'a' * (1 + i % 7)} b{i}", "red" if i % 3 else "blue") for i in range(60)]


def spec(path: Path, **settings: object) -> DataSpec:
    columns = {"text_column": "text", "label_column": "label"}
    return build(DataSpec, {"sources": [str(path)], **columns, **settings}, "data")


def table(tmp_path: Path, rows: list[tuple[str, str]], name: str = "t.tsv") -> Path:
    path = tmp_path / name
    path.write_text("text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.tsv", "text\tlabel\na b\t1\nc\t2\n"),
        ("t.csv", 'label,text\n1,"a b"\n2,c\n'),
        ("t.jsonl", '{"text": "a b", "label": 1}\n{"text": "c", "label": "2"}\n'),
    ],
)
def test_rows_are_the_columns_of_a_table(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    wanted = spec(tmp_path / name)
    assert all_labelled(wanted.sources, wanted) == [("a b", "1"), ("c", "2")]


def test_columns_without_names_have_numbers_and_several_texts_are_joined(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('"3","A title","and more"\n"1","Another",""\n', encoding="utf-8")
    wanted = spec(tmp_path / "t.csv", text_column="2", further_columns=["3"], label_column="1")
    assert all_labelled(wanted.sources, wanted) == [("A title and more", "3"), ("Another", "1")]


def test_numbers_as_labels_are_their_text(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"text": "a", "label": 1.5}\n{"text": "b", "label": 2}\n', encoding="utf-8")
    wanted = spec(tmp_path / "t.jsonl")
    assert all_labelled(wanted.sources, wanted) == [("a", "1.5"), ("b", "2")]


def test_numbers_that_are_names_are_names(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("2,1\nsome text,x\n", encoding="utf-8")
    wanted = spec(tmp_path / "t.csv", text_column="2", label_column="1")
    assert all_labelled(wanted.sources, wanted) == [("some text", "x")]


def test_rows_are_divided_alike_and_by_label_however_they_are_sorted(tmp_path: Path) -> None:
    path = table(tmp_path, sorted(ROWS, key=lambda row: row[1]))
    training, held_out = read_labelled(spec(path, validation_fraction=0.2))
    assert (training, held_out) == read_labelled(spec(path, validation_fraction=0.2))
    assert sorted(training + held_out) == sorted(ROWS)
    assert Counter(label for _, label in held_out) == {"red": 8, "blue": 4}


def test_a_label_that_comes_once_is_learnt(tmp_path: Path) -> None:
    rows = [*ROWS[:20], *((f"t{number}", f"rare {number}") for number in range(20))]
    training, _ = read_labelled(spec(table(tmp_path, rows), validation_fraction=0.5))
    assert label_names(training) == label_names(rows)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", "x")] * 30, "at least 2 labels. Received: only 'x'"),
        ([("a", "x"), ("b", "y")], "at least 10 rows"),
        ([*ROWS, ("a", " ")], "every row must have a label. Received: none in the column label of row 61"),
    ],
)
def test_rows_that_teach_nothing_are_refused(tmp_path: Path, rows: list[tuple[str, str]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_labelled(spec(table(tmp_path, rows)))


def test_an_unknown_column_names_the_nearest(tmp_path: Path) -> None:
    wanted = spec(table(tmp_path, ROWS), label_column="labels")
    with pytest.raises(DataError, match="row 1 has no column 'labels'") as caught:
        read_labelled(wanted)
    assert "did you mean label?" in caught.value.hint


def test_a_held_out_label_that_nobody_learnt_is_refused(tmp_path: Path) -> None:
    held_out = table(tmp_path, [("a", "blues")], "h.tsv")
    with pytest.raises(DataError, match="Received: 'blues'") as caught:
        read_labelled(spec(table(tmp_path, ROWS), validation_sources=[str(held_out)]))
    assert "did you mean blue?" in caught.value.hint


def test_a_label_needs_a_text(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="need text_column"):
        spec(tmp_path / "t.csv", text_column=None)


def test_an_epoch_has_every_row_once_with_its_label(tmp_path: Path) -> None:
    tokenizer, labels = make_tokenizer("char", [text for text, _ in ROWS]), label_names(ROWS)
    write_labelled(tmp_path, "training", tokenizer, ROWS, labels, lambda size: None)
    part = open_labelled(tmp_path, "training", len(labels))
    batches, seen = LabelledBatches(part, 8, 5, 0.0, seed=3), Counter[int]()
    for index in range(batches.steps(0)):
        batch = batches.batch(0, index)
        assert batch.source is not None
        assert batch.source.lengths is not None
        assert batch.labels is not None
        assert batch.source.lengths.max() <= 5
        seen.update(batch.labels.tolist())
    assert seen == Counter(part.labels.tolist())


def test_word_dropout_shows_its_share_as_unknown(tmp_path: Path) -> None:
    tokenizer, labels = make_tokenizer("char", [text for text, _ in ROWS]), label_names(ROWS)
    write_labelled(tmp_path, "training", tokenizer, ROWS * 5, labels, lambda size: None)
    batches = LabelledBatches(open_labelled(tmp_path, "training", 2), 300, 100, 0.5, seed=3)
    source = batches.batch(0, 0).source
    assert source is not None
    assert source.tokens is not None
    assert source.lengths is not None
    share = np.count_nonzero(source.tokens == UNKNOWN) / (source.lengths.sum() - 300)
    assert 0.4 < share < 0.6


@pytest.mark.parametrize("damage", [b"", b"\x07" * 8 * 60, None])
def test_labels_that_are_damaged_are_told(tmp_path: Path, damage: bytes | None) -> None:
    tokenizer, labels = make_tokenizer("char", [text for text, _ in ROWS]), label_names(ROWS)
    write_labelled(tmp_path, "training", tokenizer, ROWS, labels, lambda size: None)
    path = tmp_path / "training.labels"
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    with pytest.raises(ModelFolderError) as caught:
        open_labelled(tmp_path, "training", 2)
    assert isinstance(caught.value, UnspoolError)
