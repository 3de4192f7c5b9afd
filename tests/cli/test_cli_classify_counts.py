"""A classifier of texts is mixed with counts: in its folder, its figures, its answers and its explanations."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

import unspool
from conformance.engines import compared_engines, trainer
from helpers.commands import call_main
from unspool.api import train
from unspool.errors import DataWarning
from unspool.training.history import History

WORDS = {"fruit": ("apple", "pear", "plum", "cherry"), "metal": ("iron", "tin", "lead", "zinc")}
SETTINGS: dict[str, Any] = {
    **{"text": "text", "label": "kind", "tokenizer": "word", "encoder_size": 8, "encoder_embedding": 4},
    **{"batch_size": 16, "steps": 6, "validations": 1, "threads": 1, "precision": "float32"},
}
COUNTS = "counts.safetensors"
TEXTS = ["an apple and a plum", "an iron and a zinc", "a cherry", "and a an"]


def write_table(path: Path, shuffled: bool = False) -> Path:
    """Write 400 rows, of which a tenth have the other label; all of them have any where the labels are shuffled."""
    generator, lines = np.random.default_rng(0), ["text,kind"]
    for number in range(400):
        kind, other = ("fruit", "metal") if number % 2 else ("metal", "fruit")
        one, two = generator.choice(WORDS[kind], 2)
        label = generator.choice(["fruit", "metal"]) if shuffled else other if number % 20 < 2 else kind
        lines.append(f"an {one} and a {two},{label}")
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_table(tmp_path_factory.mktemp("rows") / "things.csv")


@pytest.fixture(scope="module")
def mixed(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose network has hardly learnt anything, so that counts help."""
    place = tmp_path_factory.mktemp("mixed") / "things"
    train(table, out=place, engine=trainer(), **SETTINGS)
    return place


def closing(place: Path) -> dict[str, Any]:
    event: dict[str, Any] = History(place / "history.jsonl").events()[-1]
    assert event["event"] == "end"
    return event


def test_the_folder_has_both_and_says_so(mixed: Path, tmp_path: Path) -> None:
    config = json.loads((mixed / "config.json").read_text(encoding="utf-8"))
    characters = {"order": 5, "max_features": 200_000, "labels": 2, "tokenizer": "char"}
    assert {name: config["counts"][name] for name in characters} == characters
    assert (mixed / COUNTS).is_file()
    assert (mixed / "counts_tokenizer.json").is_file()
    unspool.load(mixed).save(tmp_path / "copy")
    assert (tmp_path / "copy" / COUNTS).read_bytes() == (mixed / COUNTS).read_bytes()


def test_the_mixture_is_better_than_a_network_that_knows_little(mixed: Path) -> None:
    figures = closing(mixed)
    assert figures["nats_per_label"] < figures["network_nats_per_label"]
    assert figures["accuracy"] == figures["counts_accuracy"] > figures["network_accuracy"]
    assert figures["untrained"] is False


def test_figures_are_those_of_the_mixture_and_of_each_component(mixed: Path, table: Path, tmp_path: Path) -> None:
    found, closed = call_main("evaluate", mixed, "--json").json(), closing(mixed)
    names = [
        f"{part}{name}" for part in ("", "network_", "counts_") for name in ("accuracy", "macro_f1", "nats_per_label")
    ]
    for name in names:
        assert found[name] == pytest.approx(closed[name], rel=1e-4), name
        assert f"| {name} | {closed[name]:.4f} |" in (mixed / "README.md").read_text(encoding="utf-8")
    shown = call_main("evaluate", mixed, table, "--html", tmp_path / "page.html").out
    assert "network accuracy" in shown
    assert '<th scope="row">mixture</th>' in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_the_card_says_how_much_was_counted(mixed: Path) -> None:
    card = (mixed / "README.md").read_text(encoding="utf-8")
    count = len(unspool.load(mixed)._mixed.counts.features.keys)  # type: ignore[attr-defined]
    assert count > 8
    assert f"mixed with a linear classifier of {count} runs of up to 5 tokens (" in card


@pytest.mark.engines
@pytest.mark.parametrize("engine", ["auto", *compared_engines()])
def test_answers_have_the_probabilities_of_all_three(mixed: Path, engine: str) -> None:
    lines = call_main("classify", mixed, *TEXTS, "--json", "--engine", engine).out.splitlines()
    model = unspool.load(mixed, engine=engine)
    assert isinstance(model, unspool.TextClassifier)
    together, apart = model.probabilities(TEXTS), model.component_probabilities(TEXTS)
    weights = model._mixed.weights
    logs = weights.network * np.log(apart["network"]) + weights.counts * np.log(apart["counts"])
    expected = np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(together, expected, atol=1e-6)
    for number, line in enumerate(map(json.loads, lines)):
        for place, label in enumerate(model.labels):
            assert line["probabilities"][label] == pytest.approx(together[number, place], abs=1e-6)
            for name in ("network", "counts"):
                assert line["components"][name][label] == pytest.approx(apart[name][number, place], abs=1e-6)
    assert model.classify(TEXTS[:2]) == ["fruit", "metal"]


def test_an_explanation_is_of_the_mixture(mixed: Path) -> None:
    model = unspool.load(mixed)
    assert isinstance(model, unspool.TextClassifier)
    row = call_main("inspect", mixed, "--text", TEXTS[0], "--json").json()
    whole, without = model.probabilities([TEXTS[0], "an and a plum"])[:, model.labels.index("fruit")]
    assert row["label"] == "fruit"
    assert row["nats"][1] == pytest.approx(np.log(whole / without), abs=1e-6)
    assert row["components"]["counts"] == pytest.approx(model.component_probabilities(TEXTS[0])["counts"][0, 0])
    assert "counts" in call_main("inspect", mixed, "--text", TEXTS[0]).out


def test_counts_can_be_left_out(table: Path, tmp_path: Path) -> None:
    columns = ["--text", "text", "--label", "kind", "--steps", 2, "--threads", 1, "--no-counts"]
    told = call_main("train", table, *columns, "--out", tmp_path / "m")
    assert told.code == 0, told.err
    assert not (tmp_path / "m" / COUNTS).exists()
    assert "counts" not in json.loads((tmp_path / "m" / "config.json").read_text(encoding="utf-8"))
    assert "network_accuracy" not in closing(tmp_path / "m")
    assert "360 to learn, 40 held out;" in told.err
    assert "components" not in call_main("classify", tmp_path / "m", "an apple", "--json").json()


def test_counts_that_do_not_help_are_left_out(tmp_path: Path) -> None:
    table = write_table(tmp_path / "noise.csv", shuffled=True)
    train(table, out=tmp_path / "m", **SETTINGS)
    model = unspool.load(tmp_path / "m")
    assert isinstance(model, unspool.TextClassifier)
    assert model.component_probabilities(TEXTS) == {}
    assert "network_accuracy" not in model.evaluate().to_dict()


def test_too_few_rows_are_not_counted(tmp_path: Path) -> None:
    lines = write_table(tmp_path / "all.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "few.csv").write_text("\n".join([*lines[:41], ""]), encoding="utf-8")
    train(tmp_path / "few.csv", out=tmp_path / "m", **SETTINGS)
    assert not (tmp_path / "m" / COUNTS).exists()


def test_the_held_out_rows_have_no_say_in_the_weights(table: Path, tmp_path: Path) -> None:
    """Other labels of the rows that are reported leave network, counts and weights as they are."""
    lines = table.read_text(encoding="utf-8").splitlines()
    learnt, kept = lines[:350], lines[350:]
    other = [line.replace(",fruit", ",other").replace(",metal", ",fruit").replace(",other", ",metal") for line in kept]
    (tmp_path / "learnt.csv").write_text("\n".join([*learnt, ""]), encoding="utf-8")
    folders = []
    for name, rows in (("one", kept), ("two", other)):
        (tmp_path / f"{name}.csv").write_text("\n".join([lines[0], *rows, ""]), encoding="utf-8")
        folders.append(tmp_path / name)
        train(tmp_path / "learnt.csv", validation=(str(tmp_path / f"{name}.csv"),), out=folders[-1], **SETTINGS)
    assert (folders[0] / COUNTS).read_bytes() == (folders[1] / COUNTS).read_bytes()
    one, other = (load_file(folder / "model.safetensors") for folder in folders)
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_a_run_that_was_cut_off_while_it_closed_is_closed_by_resume(table: Path, tmp_path: Path) -> None:
    settings = {**SETTINGS, "steps": 24, "validations": 8, "averaged": 3}

    class Cut(unspool.Callback):
        def __init__(self, words: str) -> None:
            self._words = words

        def on_note(self, line: str) -> None:
            if self._words in line:
                raise KeyboardInterrupt

    train(table, out=tmp_path / "whole", **settings)
    with pytest.raises(KeyboardInterrupt):
        train(table, out=tmp_path / "cut", callback=Cut("the mean of the last best weights"), **settings)
    with pytest.raises(KeyboardInterrupt):
        unspool.resume(tmp_path / "cut", callback=Cut("fitted and weighed"))
    assert not History(tmp_path / "cut" / "history.jsonl").closed()
    unspool.resume(tmp_path / "cut")
    for file in ("model.safetensors", COUNTS):
        assert (tmp_path / "whole" / file).read_bytes() == (tmp_path / "cut" / file).read_bytes()
    assert call_main("train", "--resume", tmp_path / "cut").code  # it is trained to the end


def test_long_texts_are_counted_in_pairs_in_lower_case(table: Path, tmp_path: Path) -> None:
    header, *lines = table.read_text(encoding="utf-8").splitlines()
    long = [f"Here we have {line.replace(' and ', ' and beside it on the same table ')}" for line in lines]
    (tmp_path / "long.csv").write_text("\n".join([header, *long, ""]), encoding="utf-8")
    train(tmp_path / "long.csv", out=tmp_path / "m", **SETTINGS)
    model = unspool.load(tmp_path / "m")
    assert isinstance(model, unspool.TextClassifier)
    assert model.config.counts is not None
    assert (model.config.counts.tokenizer, model.config.counts.order) == ("bpe", 3)
    one, other = (model.component_probabilities(text)["counts"] for text in ("HERE an APPLE", "here an apple"))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("damage", [None, b"", b"\x00" * 64])
def test_a_damaged_file_of_counts_is_said_in_two_lines(mixed: Path, tmp_path: Path, damage: bytes | None) -> None:
    shutil.copytree(mixed, tmp_path / "m")
    (tmp_path / "m" / COUNTS).unlink()
    if damage is not None:
        (tmp_path / "m" / COUNTS).write_bytes(damage)
    result = call_main("classify", tmp_path / "m", "an apple")
    assert result.clean
    assert result.code
    assert COUNTS in result.err


def test_what_is_exported_is_the_network_alone(mixed: Path) -> None:
    model = unspool.load(mixed)
    with pytest.warns(DataWarning, match="counts"):
        model.exported_weights()
