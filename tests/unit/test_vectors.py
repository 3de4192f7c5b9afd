"""Rows of numbers with labels: which columns are read, what is missing in them, and what a person may give."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unspool.data.findings import Findings
from unspool.data.given_vectors import given_rows
from unspool.data.sources import Sources
from unspool.data.vector_rows import Table, read_vectors
from unspool.data.vectors import Vectors, learn_scales, open_vectors, scaled, write_vectors
from unspool.errors import DataError, ModelFolderError, UsageError
from unspool.specs.condition import NumbersSpec
from unspool.specs.data import SourcesSpec

NAMES = ("a", "b", "c")
SPECS = tuple(NumbersSpec(name=name, mean=10.0, deviation=2.0) for name in NAMES)


def read(path: Path, features: tuple[str, ...] = (), label: str = "kind") -> tuple[Table, Findings]:
    findings = Findings()
    return read_vectors(Sources((str(path),), SourcesSpec(), True, findings), features, label, findings), findings


def written(tmp_path: Path, text: str, name: str = "t.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def numbers(table: Table) -> list[tuple[float, ...]]:
    return [row.item for row in table.rows]


def test_named_columns_are_read_in_their_order_and_commas_separate_names(tmp_path: Path) -> None:
    path = written(tmp_path, "a,kind,b,c\n1,x,2,3\n4,y,5,6\n")
    table, _ = read(path, ("c,a", "b"))
    assert (table.names, numbers(table)) == (("c", "a", "b"), [(3, 1, 2), (6, 4, 5)])
    assert [(row.label, row.origin.name.endswith("line 2")) for row in table.rows[:1] if row.origin] == [("x", True)]


def test_a_column_whose_name_has_a_comma_can_be_named(tmp_path: Path) -> None:
    table, _ = read(written(tmp_path, 'kind,"height, cm",b\nx,170,1\ny,180,2\n'), ("height, cm", "b"))
    assert table.names == ("height, cm", "b")


def test_without_names_all_columns_of_numbers_are_read_and_named_aloud(tmp_path: Path) -> None:
    path = written(tmp_path, "id,a,town,flag,kind\n1,0.5,Ulm,true,x\n2,,Bonn,false,y\n3,1.5,Kiel,true,x\n")
    table, findings = read(path)
    assert table.names == ("id", "a", "flag")
    assert numbers(table)[0] == (1, 0.5, 1)
    assert math.isnan(numbers(table)[1][1])
    assert findings.lines == [
        "features: the columns that hold numbers, id, a, flag; left out, as they hold none: 'town'.",
        "cells of 'a' that hold no number, read as its mean: 1, the first in t.csv, line 3.",
    ]


def test_what_lacks_a_label_or_every_number_is_left_out_and_counted(tmp_path: Path) -> None:
    path = written(tmp_path, '{"a": 1, "kind": "x"}\n{"a": null, "kind": "y"}\n{"a": 3, "kind": ""}\n', "t.jsonl")
    table, findings = read(path, ("a",))
    assert numbers(table) == [(1.0,)]
    assert findings.lines == [
        "rows left out because 'kind' is empty: 1, the first in t.jsonl, line 3.",
        "rows left out because they hold no number: 1, the first in t.jsonl, line 2.",
    ]


@pytest.mark.parametrize(
    ("cells", "found"),
    [(["1,5", "2,25"], [1.5, 2.25]), (["1e3", "-.5"], [1000, -0.5]), (["NA", "2"], [math.nan, 2])],
)
def test_numbers_are_read_as_people_write_them(tmp_path: Path, cells: list[str], found: list[float]) -> None:
    path = written(tmp_path, "a\tb\tkind\n" + "".join(f"{cell}\t1\tx\n" for cell in cells), "t.tsv")
    np.testing.assert_array_equal([row[0] for row in numbers(read(path, ("a", "b"))[0])], found)


@pytest.mark.parametrize(
    ("text", "features", "message"),
    [
        ("a,kind\nred,x\nblue,y\n", ("a",), "'a' must hold numbers .* 2 of 2 that hold none, such as 'red'"),
        ("a,kind\n,x\n,y\n", ("a",), r"'a' must hold numbers .* Received: none\."),
        ("a,kind\nred,x\nblue,y\n", (), "other than the label must hold numbers. Received: 'a'"),
        ("a,kind\n1,x\n", ("b",), "no column 'b'"),
        ("a,kind\n1,x\n", ("a", "kind"), "label cannot be one of the features"),
        ('a,kind\n"1,234",x\n"2,345",y\n', ("a",), "commas of numbers must be decimal"),
    ],
)
def test_columns_that_cannot_be_learnt_from_are_refused(
    tmp_path: Path, text: str, features: tuple[str, ...], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read(written(tmp_path, text), features)


def test_numbers_are_scaled_by_their_column_and_a_missing_one_is_its_mean(tmp_path: Path) -> None:
    rows = [(1.0, 5.0), (3.0, 5.0), (math.nan, 5.0)]
    specs = learn_scales(rows, ("a", "b"))
    assert [(spec.mean, spec.deviation) for spec in specs] == [(2, 1), (5, 1)]
    np.testing.assert_array_equal(scaled(rows, specs), np.array([[-1, 0], [1, 0], [0, 0]], np.float32))
    write_vectors(tmp_path, "training", rows, specs)
    opened = open_vectors(tmp_path, "training", 2, 3)
    np.testing.assert_array_equal(opened.read(np.array([1, 0])).values, [[1, 0], [-1, 0]])
    with pytest.raises(ModelFolderError, match="the features of training are missing or damaged"):
        open_vectors(tmp_path, "training", 2, 4)
    with pytest.raises(UsageError, match="at most 1e\\+30 standard deviations"):
        scaled([(1e35, 0.0)], specs)


@pytest.mark.parametrize(
    ("rows", "single"),
    [
        ({"c": 3, "a": 1, "b": 2, "other": "x"}, True),
        ([1, 2, 3], True),
        (np.array([1, 2, 3]), True),
        ("a=1, b=2; c=3", True),
        ('{"a": 1, "b": "2", "c": 3.0}', True),
        ("1 2,3", True),
        ([[1, 2, 3]], False),
        (np.array([[1, 2, 3]]), False),
        ([{"a": 1, "b": 2, "c": 3}], False),
        (["a=1,b=2,c=3"], False),
        ({"a": [1], "b": [2], "c": [3]}, False),
    ],
)
def test_rows_may_be_given_in_any_usual_form(rows: Any, single: bool) -> None:
    found, alone = given_rows(rows, NAMES)
    assert (found.tolist(), alone) == ([[1, 2, 3]], single)


def test_a_data_frame_is_rows_and_none_is_missing() -> None:
    pandas = pytest.importorskip("pandas")
    found, single = given_rows(pandas.DataFrame({"b": [2.0, None], "a": [1, 4], "c": [3, 6]}), NAMES)
    np.testing.assert_array_equal(found, [[1, 2, 3], [4, np.nan, 6]])
    assert not single
    assert given_rows([], NAMES)[0].shape == (0, 3)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"a": 1, "b": 2, "C": 3}, "must have a number for a, b, c. Received: none for 'c'"),
        ([[1, 2, 3], [1, 2]], "row 2 must have 3 numbers: a, b, c. Received: 2"),
        ([1, 2, "blue"], "c must be a number. Received: 'blue'"),
        ([1, 2, "1,234"], "c must be a number. Received: '1,234'"),
        ([1, 2, math.inf], "c must be a number. Received: inf"),
        ('{"a": 1', "must be JSON"),
    ],
)
def test_rows_that_do_not_fit_are_refused_by_name(rows: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        given_rows(rows, NAMES)


def test_in_training_some_numbers_are_those_of_the_means_and_only_then() -> None:
    vectors, every = Vectors(np.ones((400, 5), np.float32), dropout=0.3), np.arange(400)
    assert (vectors.read(every).values == 1).all()
    dropped = vectors.read(every, np.random.default_rng(0)).values
    assert 0.27 < float((dropped == 0).mean()) < 0.33
    assert set(np.unique(dropped)) == {0, 1}
