"""`unspool train --text --label`, `classify`, `evaluate` and `inspect` of what comes of it."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import unspool
from conformance.engines import compared_engines, trainer
from helpers.commands import Result, call_main
from unspool.api import train

FRUIT, METAL = ("apple", "pear", "plum", "cherry"), ("iron", "tin", "lead", "zinc")
SIZES = {"encoder_size": 12, "encoder_embedding": 8, "batch_size": 16, "word_dropout": 0.0}
QUICK = {"threads": 1, "precision": "float32", "validations": 2, "learning_rate": 0.02, "dropout": 0.0}
COLUMNS = {"text": "text", "label": "kind", "tokenizer": "word"}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rows") / "things.csv"
    names = [(f"an {one} and a {other}", kind) for kind, words in (("fruit", FRUIT), ("metal", METAL))
             for one in words for other in words]  # fmt: skip
    path.write_text("text,kind\n" + "".join(f"{text},{kind}\n" for text, kind in names * 8), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def classifier(rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("model") / "things"
    train(rows, out=place, engine=trainer(), steps=60, input_dropout=0.0, **COLUMNS, **SIZES, **QUICK)
    return place


@pytest.fixture(scope="module")
def language(rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("language") / "things"
    train(rows, out=place, steps=10, hidden_size=12, embedding_size=8, text="text", tokenizer="word", **QUICK)
    return place


def test_a_process_trains_and_classifies(rows: Path, tmp_path: Path, run: Callable[..., Result]) -> None:
    sizes = ["--encoder-size", 12, "--encoder-embedding", 8, "--threads", 1, "--learning-rate", 0.02]
    trained = run("train", rows, "--text", "text", "--label", "kind", "--steps", 60, *sizes, "--out", tmp_path / "m")
    assert trained.code == 0, trained.err
    assert "fruit 115 (50.0%)" in trained.err
    assert f"unspool classify {tmp_path / 'm'}" in trained.out
    found = run("classify", tmp_path / "m", input="an apple and a plum\nan iron and a zinc\n")
    assert (found.code, found.out) == (0, "fruit\nmetal\n")


@pytest.mark.engines
@pytest.mark.parametrize("engine", ["auto", *compared_engines()])
def test_lines_arguments_and_files_are_told_in_order(classifier: Path, tmp_path: Path, engine: str) -> None:
    texts = ["an iron and a tin", "", "an pear and a plum"]
    (tmp_path / "in.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    found = [
        call_main("classify", classifier, *texts, "--engine", engine),
        call_main("classify", classifier, "--file", tmp_path / "in.txt", "--engine", engine),
        call_main("classify", classifier, "--engine", engine, input="\n".join(texts)),
    ]
    assert len({result.out for result in found}) == 1
    told = found[0].out.splitlines()
    assert (told[0], told[2], len(told)) == ("metal", "fruit", 3)


def test_json_has_probabilities_that_sum_to_one(classifier: Path) -> None:
    found = call_main("classify", classifier, "an apple and a pear", "--json", "--top", 2).json()
    assert found["labels"] == ["fruit", "metal"]
    assert sum(found["probabilities"].values()) == pytest.approx(1, abs=1e-9)
    label, share, other, _ = call_main("classify", classifier, "an apple", "--top", 2).out.strip().split("\t")
    assert (label, other) == ("fruit", "metal")
    assert 0.5 < float(share) <= 1
    assert call_main("classify", classifier, "an apple", "--top", 0).code == 2


def test_evaluate_counts_what_was_taken_for_what(classifier: Path, rows: Path, tmp_path: Path) -> None:
    page = tmp_path / "c.html"
    figures = call_main("evaluate", classifier, rows, "--json", "--html", page).json()
    assert (figures["accuracy"], figures["macro_f1"], figures["rows"]) == (1.0, 1.0, 256)
    assert figures["confusion"] == [[128, 0], [0, 128]]
    assert (
        page.read_text(encoding="utf-8").count("<td") == 2 * 4 + 4 + 1
    )  # the figures of each label, the matrix and its corner
    assert figures["per_label"]["fruit"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 128}
    told = call_main("evaluate", classifier).out
    assert "accuracy" in told
    assert "fruit" in told.splitlines()[-2]


def test_evaluate_reads_the_columns_that_are_named(classifier: Path, tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("is\twhat\nfruit\tan apple\nfruit\tan iron\n", encoding="utf-8")
    result = call_main("evaluate", classifier, tmp_path / "t.tsv", "--text", "what", "--label", "is", "--json").json()
    assert result["accuracy"] == 0.5
    several = ["--text", "what", "--text", "what", "--label", "is", "--json"]
    assert call_main("evaluate", classifier, tmp_path / "t.tsv", *several).json()["rows"] == 2
    (tmp_path / "t.tsv").write_text("is\twhat\nfruits\tan apple\n", encoding="utf-8")
    result = call_main("evaluate", classifier, tmp_path / "t.tsv", "--text", "what", "--label", "is")
    assert result.code == 0
    assert "1 texts have labels that the model does not know, and count as wrong: 'fruits' 1." in result.out


@pytest.mark.parametrize(
    "options", [["--source", "text", "--target", "kind"], ["--beams", "3"], ["--lines"], ["--condition", "kind"]]
)
def test_evaluate_refuses_options_of_other_tasks(classifier: Path, rows: Path, options: list[str]) -> None:
    for data in ([rows], []):
        result = call_main("evaluate", classifier, *data, *options)
        assert (result.code, result.clean) == (2, True)
        assert f"must be one that classification has. Received: {options[0]}" in result.err


@pytest.mark.parametrize(("option", "owner"), [("--copying", "language and ngram"), ("--adapt", "language and ngram")])
def test_evaluate_names_the_tasks_that_measure_it(classifier: Path, option: str, owner: str) -> None:
    result = call_main("evaluate", classifier, option)
    assert (result.code, result.clean) == (2, True)
    assert f"Received: {option}, a setting of {owner}." in result.err


def test_inspect_refuses_what_only_a_search_has(classifier: Path) -> None:
    result = call_main("inspect", classifier, "--text", "an apple", "--beams", 3)
    assert (result.code, result.clean) == (2, True)
    assert "must be one that classification has. Received: --beams." in result.err


def test_inspect_marks_what_moved_the_decision(classifier: Path, tmp_path: Path) -> None:
    page = tmp_path / "i.html"
    result = call_main("inspect", classifier, "--text", "an apple and a plum", "--text", "<b>", "--html", page)
    assert result.code == 0, result.err
    assert result.out.startswith("fruit (")
    assert "[apple]" in result.out or "[plum]" in result.out
    drawn = page.read_text(encoding="utf-8")
    assert "&lt;b&gt;" in drawn
    assert "<b>" not in drawn


def test_rare_labels_count_more_and_are_shown(rows: Path, tmp_path: Path) -> None:
    lines = rows.read_text(encoding="utf-8").splitlines()
    many = [line for line in lines if line.endswith("fruit")]
    few = [line for line in lines if line.endswith("metal")][:8]
    uneven = tmp_path / "uneven.csv"
    uneven.write_text("\n".join([lines[0], *many, *few]) + "\n", encoding="utf-8")
    columns = ["--text", "text", "--label", "kind", "--steps", 2, "--threads", 1]
    told = call_main("train", uneven, *columns, "--out", tmp_path / "a").err
    assert "warning: fruit is 16 times as frequent as metal" in told
    told = call_main("train", uneven, *columns, "--class-weights", "--out", tmp_path / "b").err
    assert "warning" not in told
    weights = unspool.load(tmp_path / "b").path / "recipe.toml"
    assert "class_weights = [\n    0.5" in weights.read_text(encoding="utf-8")


def test_a_run_is_resumed_to_the_end_it_would_have_had(rows: Path, language: Path, tmp_path: Path) -> None:
    columns = {"text": "text", "label": "kind"}
    settings = {**columns, **QUICK, "steps": 30, "batch_size": 16, "start_from": language, "unfreeze": "gradual"}

    class Cut(unspool.Callback):
        def on_step(self, event: object) -> None:
            if event.step == 17:  # type: ignore[attr-defined]
                raise KeyboardInterrupt

    train(rows, out=tmp_path / "whole", **settings)
    with pytest.raises(KeyboardInterrupt):
        train(rows, out=tmp_path / "cut", callback=Cut(), **settings)
    unspool.resume(tmp_path / "cut")
    whole, cut = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "cut"))
    assert whole == cut


def test_layers_of_a_language_model_learn_at_once_or_from_the_head_down(
    rows: Path, language: Path, tmp_path: Path
) -> None:
    before = load_file(language / "model.safetensors")
    columns = {"text": "text", "label": "kind", **QUICK}
    for unfreeze, moved in (("at-once", True), ("gradual", False)):
        out = tmp_path / unfreeze
        train(rows, out=out, start_from=language, steps=4, unfreeze=unfreeze, **columns)
        after = load_file(out / "model.safetensors")
        same = np.array_equal(after["encoder.cell.weight_hh_l0"], before["decoder.cell.weight_hh_l0"])
        assert same is not moved


def test_a_language_models_words_are_read_in_small_letters_unless_asked(rows: Path, tmp_path: Path) -> None:
    columns = {"text": "text", "tokenizer": "word", **QUICK, "steps": 2}
    capitals = tmp_path / "capitals.csv"
    capitals.write_text(rows.read_text(encoding="utf-8").replace(" a ", " A ", 40), encoding="utf-8")
    train(capitals, out=tmp_path / "language", hidden_size=8, embedding_size=6, **columns)
    for lowercase, spellings in ((None, 1), (False, 2)):
        settings = {**columns, "label": "kind", "lowercase": lowercase, "start_from": tmp_path / "language"}
        model = train(capitals, out=tmp_path / f"classifier-{lowercase}", **settings)
        assert len({" a", " A"}.intersection(model.tokenizer.vocabulary)) == spellings


def test_layers_may_learn_one_more_each_so_many_updates(rows: Path, language: Path, tmp_path: Path) -> None:
    columns = [
        "--text",
        "text",
        "--label",
        "kind",
        "--from",
        language,
        "--steps",
        4,
        "--validations",
        1,
        "--threads",
        1,
    ]
    before = load_file(language / "model.safetensors")["decoder.cell.weight_hh_l0"]
    for updates, moved in ((2, True), (9, False)):
        told = call_main("train", rows, *columns, "--unfreeze", updates, "--out", tmp_path / str(updates))
        assert told.code == 0, told.err
        after = load_file(tmp_path / str(updates) / "model.safetensors")["encoder.cell.weight_hh_l0"]
        assert np.array_equal(after, before) is not moved


def test_a_classifier_is_no_start_and_keeps_the_sizes_of_its_own(
    rows: Path, classifier: Path, language: Path, tmp_path: Path
) -> None:
    columns = ["--text", "text", "--label", "kind", "--out", tmp_path / "m"]
    refused = call_main("train", rows, *columns, "--from", classifier)
    assert refused.clean
    assert "one of classification" in refused.err
    refused = call_main("train", rows, *columns, "--from", language, "--encoder-size", 99)
    assert refused.clean
    assert "Received: encoder_size" in refused.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--text", "texts", "--label", "kind"], "did you mean 'text'?"),
        (["--text", "text", "--label", "text", "--attention", "dot"], "attention, a setting of translation"),
        (["--label", "kind"], "--label needs --text"),
        (["--text", "text", "--label", "kind", "--hidden-size", 9], "Received: --hidden-size"),
        (["--text", "text", "--label", "kind", "--task", "language"], "must be classification, because label is given"),
        (
            ["--text", "text", "--label", "kind", "--unfreeze", "slowly"],
            "--unfreeze: must be at-once, gradual, ",
        ),
        (["--text", "text", "--label", "kind", "--encoder-cell", "mingru", "--bidirectional"], "the cell is mingru"),
        (
            ["--text", "text", "--label", "kind", "--teacher-forcing", 0.5],
            "--teacher-forcing, a setting of language, translation",
        ),
        (["--text", "text", "--label", "kind", "--scheduled-sampling"], "--scheduled-sampling, a setting of language"),
        (["--text", "text", "--label", "kind", "--joint-vocabulary"], "--joint-vocabulary, a setting of translation"),
        (["--text", "text", "--label", "kind", "--unfreeze", 0], "at least 1. Received: 0."),
        (["--text", "text", "--label", "kind", "--unfreeze", 3], "Received: unfreeze=3, and no model"),
    ],
)
def test_what_cannot_be_is_told_in_two_lines(rows: Path, tmp_path: Path, options: list[object], told: str) -> None:
    result = call_main("train", rows, *options, "--out", tmp_path / "m", "--steps", 1)
    assert result.clean
    assert result.code
    assert told in result.err
    assert not (tmp_path / "m" / "config.json").exists()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b'text,kind\n"open', b"", b"text,kind\n\x00,\x00\n"])
def test_a_damaged_table_is_told_in_two_lines(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    result = call_main("train", tmp_path / "t.csv", "--text", "text", "--label", "kind", "--out", tmp_path / "m")
    assert result.clean
    assert result.code == 3


def test_only_a_classifier_classifies(language: Path, classifier: Path) -> None:
    result = call_main("classify", language, "a text")
    assert result.clean
    assert re.search("this command must be given a .*classifier", result.err)
    assert "use `unspool generate`" in result.error_lines[1]
    assert result.error_lines[1].endswith("use `unspool generate`.")
    result = call_main("generate", classifier)
    assert result.clean
    assert unspool.load(classifier).classify(["an iron and a tin"]) == ["metal"]


def test_config_keeps_the_labels_and_refuses_others(classifier: Path, tmp_path: Path) -> None:
    config = json.loads((classifier / "config.json").read_text(encoding="utf-8"))
    assert config["labels"] == ["fruit", "metal"]
    unspool.load(classifier).save(tmp_path / "copy")
    config["labels"] = ["fruit"]
    (tmp_path / "copy" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    result = call_main("classify", tmp_path / "copy", "a text")
    assert result.clean
    assert "labels must be 2 different names" in result.err
