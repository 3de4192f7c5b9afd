"""`unspool train --features --label`, and `classify`, `evaluate` and `inspect` of what comes of it."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.commands import Result, call_main

ROWS = [(f"{size + 0.1 * (n % 4):.1f}", f"{n % 3}", kind) for kind, size in (("s", 1), ("l", 9)) for n in range(20)]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rows") / "things.csv"
    path.write_text("size,noise,kind\n" + "".join(f"{','.join(row)}\n" for row in ROWS), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def model(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("model") / "things"
    sizes = ["--steps", 150, "--encoder-size", 8, "--out", out]
    trained = call_main("train", table, "--features", "size,noise", "--label", "kind", *sizes)
    assert trained.code == 0, trained.err
    assert f"classify {out} --file rows.csv" in trained.out
    return out


def test_a_process_trains_on_all_columns_of_numbers(table: Path, tmp_path: Path, run: Callable[..., Result]) -> None:
    trained = run(
        "train", table, "--task", "vector-classification", "--label", "kind", "--steps", 5, "--out", tmp_path / "m"
    )
    assert trained.code == 0, trained.err
    assert "features: the columns that hold numbers, size, noise." in trained.err


def test_the_rows_of_a_table_come_back_with_their_labels(model: Path, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "labelled.csv"
    assert call_main("classify", model, "--file", table, "--out", out, "--probabilities").code == 0
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["kind"] for row in rows] == [row["predicted_label"] for row in rows]
    assert all(0.5 < float(row["predicted_label_probability"]) <= 1 for row in rows)
    assert list(rows[0]) == ["size", "noise", "kind", "predicted_label", "predicted_label_probability"]


def test_missing_numbers_are_counted_and_a_row_without_any_has_no_label(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_text("noise,size\n1,9\n?,1\n,\n", encoding="utf-8")
    found = call_main("classify", model, "--file", path, "--column", "found")
    assert found.out == "noise,size,found\n1,9,l\n?,1,s\n,,\n"
    assert "cells of 'noise' that hold no number, read as its mean: 1, the first in new.csv, line 3." in found.err
    assert "rows without an answer because every number is empty: 1" in found.err
    path.write_text('noise,size\n1,"1,234"\n', encoding="utf-8")
    assert "commas of numbers must be decimal ones" in call_main("classify", model, "--file", path).err


@pytest.mark.parametrize("row", ["size=9,noise=1", '{"size": 9, "noise": null}', "9 1"])
def test_a_row_can_be_typed(model: Path, row: str) -> None:
    assert call_main("classify", model, row).out == "l\n"
    found = call_main("classify", model, row, "--json").json()
    assert (found["labels"], found["text"]) == (["l"], row)


def test_it_is_measured_and_explained(model: Path, table: Path) -> None:
    figures = call_main("evaluate", model, table, "--json").json()
    assert (figures["rows"], figures["accuracy"]) == (40, 1.0)
    assert "l (" in call_main("inspect", model, "--text", "9 1").out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--file", "TABLE", "--json"], "not answered with --json"),
        (["9 1", "--out", "x.csv"], "--out is for a table"),
        (["size=9"], "none for 'noise'"),
    ],
)
def test_what_cannot_be_is_refused(model: Path, table: Path, options: list[str], message: str) -> None:
    found = call_main("classify", model, *[str(table) if one == "TABLE" else one for one in options])
    assert found.clean
    assert message in found.err
