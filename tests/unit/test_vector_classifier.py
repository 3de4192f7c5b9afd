"""Classifiers of rows of numbers: trained, asked in every form, measured, explained."""

from pathlib import Path

import numpy as np
import pytest

import unspool
from conformance.engines import compared_engines, trainer
from unspool.errors import DataWarning, UsageError, WrongModelError

ROWS = [
    {"size": size + wiggle, "weight": 5.0 + wiggle, "noise": float(number % 3), "kind": kind}
    for kind, size in (("small", 1.0), ("large", 9.0))
    for number in range(30)
    for wiggle in [0.1 * (number % 5)]
]


QUICK = {"encoder_size": 8, "learning_rate": 0.02}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> unspool.VectorClassifier:
    out = tmp_path_factory.mktemp("model") / "sizes"
    found = unspool.train(
        ROWS, out=out, engine=trainer(), features=("size,weight", "noise"), label="kind", steps=150, **QUICK
    )
    assert isinstance(found, unspool.VectorClassifier)
    return found


def test_rows_get_the_label_that_their_numbers_tell(model: unspool.VectorClassifier) -> None:
    assert (model.labels, model.features) == (("large", "small"), ("size", "weight", "noise"))
    assert model.classify({"size": 1.2, "weight": 5, "noise": 1}) == "small"
    assert model.classify(np.array([[1.2, 5, 1], [9, 5, 1]])) == ["small", "large"]
    found = model.probabilities([[1.2, 5, 1], [9, 5, 1]])
    np.testing.assert_allclose(found.sum(axis=1), 1)
    np.testing.assert_allclose(found[:1], model.probabilities([1.2, 5, 1]), atol=1e-6)


@pytest.mark.engines
@pytest.mark.parametrize("engine", compared_engines())
def test_every_engine_finds_the_same(model: unspool.VectorClassifier, engine: str) -> None:
    other = unspool.load(model.path, engine=engine)
    rows = np.random.default_rng(0).normal(5, 3, (20, 3))
    np.testing.assert_allclose(other.probabilities(rows), model.probabilities(rows), atol=1e-5)


def test_a_number_that_is_missing_is_the_mean_and_this_is_said(model: unspool.VectorClassifier) -> None:
    means = {spec.name: spec.mean for spec in model.config.features}
    with pytest.warns(DataWarning, match=r"^1 number is missing, and read as the mean"):
        found = model.probabilities({"size": 9, "weight": None, "noise": 1})
    np.testing.assert_allclose(found, model.probabilities({"size": 9, "weight": means["weight"], "noise": 1}))


def test_what_decides_is_what_counts(model: unspool.VectorClassifier) -> None:
    found = model.inspect([[9, 5.2, 1]])
    (row,) = found.rows
    assert (row["row"], row["label"]) == ({"size": 9, "weight": 5.2, "noise": 1}, "large")
    assert "".join(row["parts"]) == "size=9 weight=5.2 noise=1"
    assert row["nats"][0] == max(row["nats"]) > 0.05
    assert "[size=9]" in found.text
    with pytest.raises(UsageError):
        model.inspect([[9, 5.2, 1]], top=3)


def test_it_is_measured_on_held_out_rows_and_on_others(model: unspool.VectorClassifier) -> None:
    figures = model.evaluate()
    assert (figures.rows, figures.accuracy) == (6, 1.0)
    others = [{"size": 1, "weight": 5, "noise": 1, "kind": kind} for kind in ("small", "large", "huge")]
    found = model.evaluate(others)
    assert (found.rows, found.accuracy, found.unknown_labels) == (3, pytest.approx(1 / 3), {"huge": 1})
    report = model.describe(found)
    assert "1 rows have labels that the model does not know" in report.text
    assert '<th scope="col">rows</th>' in (report.page or "")


def test_a_run_is_a_function_of_its_seed_and_says_its_columns(tmp_path: Path) -> None:
    notes: list[str] = []

    class Notes(unspool.Callback):
        def on_note(self, line: str) -> None:
            notes.append(line)

    settings = {"task": "vector-classification", "label": "kind", "steps": 30, "encoder_size": 4}
    for name in ("one", "two"):
        unspool.train(ROWS, out=tmp_path / name, callback=Notes(), **settings)
    one, two = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("one", "two"))
    assert one == two
    assert "features: the columns that hold numbers, size, weight, noise." in notes
    assert any("2 labels: large 27 (50.0%), small 27 (50.0%)" in line for line in notes)
    card = (tmp_path / "one" / "README.md").read_text(encoding="utf-8")
    assert "pipeline_tag: tabular-classification" in card
    assert "4 hidden units read 3 numbers" in card


def test_what_it_cannot_do_is_said_with_what_can(model: unspool.VectorClassifier) -> None:
    with pytest.raises(WrongModelError, match="generate needs a TextModel"):
        model.generate("a")
    with pytest.raises(UsageError, match="tokenizer, a setting of"):
        unspool.train(ROWS, features="size", label="kind", tokenizer="word", steps=1)
    with pytest.raises(UsageError, match="Received: no label="):
        unspool.train(ROWS, features="size", steps=1)
