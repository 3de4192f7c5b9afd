"""Texts with labels: out of tables, divided alike every time, in batches."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unspool.data.example_batches import LabelledBatches
from unspool.data.findings import Findings
from unspool.data.labelled import Labelled, LabelledPart, divide_labelled, label_names
from unspool.data.labelled_texts import WrittenTexts, open_labelled, read_labelled, write_labelled
from unspool.data.sources import Sources
from unspool.errors import DataError, ModelFolderError, UsageError
from unspool.specs.base import build
from unspool.specs.data import DataSpec, Split
from unspool.tasks.classification.specs import ClassificationDataSpec
from unspool.text.tokenizer import UNKNOWN
from unspool.text.vocabulary import make_tokenizer

ROWS = [Labelled(f"{'a' * (1 + i % 7)} b{i}", "red" if i % 3 else "blue") for i in range(60)]


def read(path: Path, text: tuple[str, ...] = ("text",), label: str = "label") -> list[Labelled[str]]:
    return read_labelled(Sources((str(path),), DataSpec()), text, label)


def rows_of(path: Path, *columns: Any) -> list[tuple[str, str]]:
    return [row[:2] for row in read(path, *columns)]


def table(tmp_path: Path, rows: Sequence[tuple[str, str]], name: str = "t.tsv") -> Path:
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
    assert rows_of(tmp_path / name) == [("a b", "1"), ("c", "2")]


def test_columns_without_names_have_numbers_and_several_texts_are_joined(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('"3","A title","and more"\n"1","Another",""\n', encoding="utf-8")
    assert rows_of(tmp_path / "t.csv", ("2", "3"), "1") == [("A title and more", "3"), ("Another", "1")]


def test_numbers_as_labels_are_their_text(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"text": "a", "label": 1.5}\n{"text": "b", "label": 2}\n', encoding="utf-8")
    assert rows_of(tmp_path / "t.jsonl") == [("a", "1.5"), ("b", "2")]


def test_rows_are_divided_alike_and_by_label_however_they_are_sorted() -> None:
    rows = sorted(ROWS, key=lambda row: row.label)
    training, held_out = divide_labelled(rows, None, Split(0.2, None), "t.tsv", Findings())
    assert (training, held_out) == divide_labelled(rows, None, Split(0.2, None), "t.tsv", Findings())
    assert sorted(training + held_out) == sorted(ROWS)
    assert Counter(row.label for row in held_out) == {"red": 8, "blue": 4}


def test_a_label_that_comes_once_is_learnt() -> None:
    rows = [*ROWS[:20], *(Labelled(f"t{number}", f"rare {number}") for number in range(20))]
    training, _ = divide_labelled(rows, None, Split(0.5, None), "t.tsv", Findings())
    assert label_names(training) == label_names(rows)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", "x")] * 30, "at least 2 labels. Received: only 'x' in .*t.tsv"),
        ([("a", "x"), ("b", "y")], "at least 10 rows"),
        (
            [(f"t{i}", str(i)) for i in range(30)],
            "more than once to be learnt. Received: 30 labels .* that occur once, such as '0'",
        ),
    ],
)
def test_rows_that_teach_nothing_are_refused(tmp_path: Path, rows: list[tuple[str, str]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        divide_labelled(read(table(tmp_path, rows)), None, Split(0.1, None), "t.tsv", Findings())


def test_a_held_out_label_that_nobody_learnt_is_refused(tmp_path: Path) -> None:
    held_out = read(table(tmp_path, [("a", "red"), ("b", "blues")]))
    with pytest.raises(DataError, match=r"Received: 'blues' in .*t\.tsv, line 3\.") as caught:
        divide_labelled(ROWS, held_out, Split(0.1, None), "t.tsv", Findings())
    assert caught.value.hint == "the nearest: 'blue'."


def test_a_label_needs_a_text() -> None:
    with pytest.raises(UsageError, match="label needs text, the column"):
        build(ClassificationDataSpec, {"label": "label"}, "data")


def test_an_epoch_has_every_row_once_with_its_label(tmp_path: Path) -> None:
    tokenizer, labels = make_tokenizer("char", [row.item for row in ROWS]), label_names(ROWS)
    write_labelled(tmp_path, "training", tokenizer, ROWS, labels, lambda size: None)
    texts, indices = open_labelled(tmp_path, "training", len(labels))
    batches, seen = LabelledBatches(LabelledPart(WrittenTexts(texts, 5), indices), 8, seed=3), Counter[int]()
    for index in range(batches.steps(0)):
        batch = batches.batch(0, index)
        assert batch.source is not None
        assert batch.source.lengths is not None
        assert batch.labels is not None
        assert batch.source.lengths.max() <= 5
        seen.update(batch.labels.tolist())
    assert seen == Counter(indices.tolist())


def test_word_dropout_replaces_tokens_at_its_rate(tmp_path: Path) -> None:
    tokenizer, labels = make_tokenizer("char", [row.item for row in ROWS]), label_names(ROWS)
    write_labelled(tmp_path, "training", tokenizer, ROWS * 5, labels, lambda size: None)
    texts, indices = open_labelled(tmp_path, "training", 2)
    source = LabelledBatches(LabelledPart(WrittenTexts(texts, 100, 0.5), indices), 300, seed=3).batch(0, 0).source
    assert source is not None
    assert source.tokens is not None
    assert source.lengths is not None
    rate = np.count_nonzero(source.tokens == UNKNOWN) / (source.lengths.sum() - 300)
    assert 0.4 < rate < 0.6


@pytest.mark.parametrize("damage", [b"", b"\x07" * 8 * 60, None])
def test_damaged_labels_are_refused(tmp_path: Path, damage: bytes | None) -> None:
    tokenizer, labels = make_tokenizer("char", [row.item for row in ROWS]), label_names(ROWS)
    write_labelled(tmp_path, "training", tokenizer, ROWS, labels, lambda size: None)
    path = tmp_path / "training.labels"
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    with pytest.raises(ModelFolderError, match="the labels of training are missing or damaged"):
        open_labelled(tmp_path, "training", 2)
