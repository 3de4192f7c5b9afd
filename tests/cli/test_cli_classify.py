"""`unspool train` on labelled rows, and `classify`, `evaluate` and `inspect` of what comes of it."""

import csv
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import unspool
from helpers.commands import call_main
from unspool.api import train
from unspool.engines.registry import installed_engines
from unspool.errors import UnspoolError
from unspool.folder.model_folder import ModelFolder

TOPICS = {"sport": ["ball", "goal", "team"], "food": ["soup", "bread", "cook"], "money": ["bank", "coin", "price"]}
COMMON = ["the", "a", "new", "old", "big", "was", "seen", "today", "by", "them"]
QUICK: dict[str, Any] = {"threads": 1, "precision": "float32", "validations": 2, "dropout": 0.0, "input_dropout": 0.0}
SIZES: dict[str, Any] = {"encoder_size": 12, "encoder_embedding": 12, "learning_rate": 0.02}
COLUMNS: dict[str, Any] = {"text_column": "text", "label_column": "topic", "tokenizer": "word"}


def write_rows(path: Path, labels: dict[str, int], seed: int = 0) -> Path:
    """Rows of common words with one word of their topic; sorted by label, as tables often are."""
    draw = random.Random(seed)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["topic", "text"])
        for label, count in labels.items():
            for _ in range(count):
                words = draw.choices(COMMON, k=draw.randrange(3, 9))
                words.insert(draw.randrange(len(words)), draw.choice(TOPICS[label]))
                writer.writerow([label, " ".join(words)])
    return path


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rows(tmp_path_factory.mktemp("rows") / "rows.csv", dict.fromkeys(TOPICS, 100))


@pytest.fixture(scope="module")
def classifier(rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("model") / "topics"
    train(rows, out=place, steps=150, **COLUMNS, **SIZES, **QUICK)
    return place


def test_lines_are_classified_in_order(classifier: Path, tmp_path: Path) -> None:
    text = "the old team\nnew bread today\n\na big bank\n"
    result = call_main("classify", classifier, input=text)
    assert result.code == 0, result.err
    found = result.out.splitlines()
    assert (found[0], found[1], found[3], len(found)) == ("sport", "food", "money", 4)
    (tmp_path / "in.txt").write_text(text, encoding="utf-8")
    assert call_main("classify", classifier, "--input", tmp_path / "in.txt").out == result.out
    assert call_main("classify", classifier, "a big bank", "the old team").out == "money\nsport\n"


def test_probabilities_sum_to_one_and_the_likeliest_come_first(classifier: Path) -> None:
    line = call_main("classify", classifier, "goal", "--json", "--top", 2).json()
    shares = list(line["probabilities"].values())
    assert sum(shares) == pytest.approx(1, abs=1e-9)
    assert shares == sorted(shares, reverse=True)
    assert line["labels"] == list(line["probabilities"])[:2]
    assert call_main("classify", classifier, "goal", "--top", 3).out.startswith("sport\t0.9")
    assert call_main("classify", classifier, "goal", "--top", 0).code == 2


@pytest.mark.parametrize("engine", installed_engines())
def test_batches_and_engines_agree(classifier: Path, engine: str) -> None:
    texts = ["the ball", "", "new soup was seen by them today", "coin " * 30]
    expected = unspool.load(classifier, engine="numpy").classifier().probabilities(texts)
    found = unspool.load(classifier, engine=engine).classifier()
    np.testing.assert_allclose(found.probabilities(texts), expected, atol=1e-5)
    alone = [found.probabilities([text])[0] for text in texts]
    np.testing.assert_allclose(alone, expected, atol=1e-5)


def test_evaluation_counts_what_was_taken_for_what(classifier: Path, tmp_path: Path) -> None:
    table = write_rows(tmp_path / "test.csv", {"sport": 7, "food": 5, "money": 3}, seed=1)
    with table.open("a", encoding="utf-8") as file:
        file.write("money,the old team\n")
    options = ["evaluate", classifier, table, "--text", "text", "--label", "topic"]
    figures = call_main(*options, "--json").json()
    assert figures["labels"] == ["food", "money", "sport"]
    assert figures["confusion"] == [[5, 0, 0], [0, 3, 1], [0, 0, 7]]
    assert figures["accuracy"] == pytest.approx(15 / 16)
    assert figures["macro_f1"] == pytest.approx((1 + 6 / 7 + 14 / 15) / 3)
    page = tmp_path / "page.html"
    shown = call_main(*options, "--html", page).out
    assert "2 money" in shown
    assert shown.splitlines()[-1].split() == ["3", "sport", "0", "0", "7"]
    assert page.read_text(encoding="utf-8").count("<td") == 9
    assert call_main("evaluate", classifier, "--json").json()["accuracy"] > 0.9


def test_inspect_marks_the_word_that_decides(classifier: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    result = call_main("inspect", classifier, "--text", "the old team was seen", "--html", page)
    lines = result.out.splitlines()
    assert lines[0].startswith("the old team was seen -> sport (")
    assert lines[1].split()[1] == "team"
    assert ">team</span>" in page.read_text(encoding="utf-8")
    told = call_main("inspect", classifier, "--text", "the old team", "--json").json()
    assert "".join(part["text"] for part in told["parts"]) == "the old team"
    assert max(told["parts"], key=lambda part: part["nats"])["text"] == "team"


def test_imbalance_is_shown_and_weighed(tmp_path: Path) -> None:
    table = write_rows(tmp_path / "t.csv", {"sport": 400, "food": 20})
    options = ["--text", "text", "--label", "topic", "--steps", 1, "--threads", 1, "--encoder-size", 8]
    plain = call_main("train", table, *options, "--out", tmp_path / "plain")
    assert "sport 360 (95.2%), food 18 (4.8%)" in plain.err + plain.out
    assert "--class-weights" in plain.err + plain.out
    weighed = call_main("train", table, *options, "--class-weights", "--out", tmp_path / "weighed")
    assert weighed.code == 0, weighed.err
    weights = ModelFolder(tmp_path / "weighed").read_recipe().training.class_weights
    assert weights == pytest.approx((378 / 2 / 18, 378 / 2 / 360))


@pytest.mark.parametrize("unfreeze", ["at-once", "gradual"])
def test_a_classifier_starts_from_a_language_model(rows: Path, tmp_path: Path, unfreeze: str) -> None:
    language = tmp_path / "language"
    sizes = {"cell": "gru", "hidden_size": 12, "embedding_size": 12, "learning_rate": 0.02}
    train(rows, out=language, text_column="text", tokenizer="word", steps=30, **sizes, **QUICK)
    first = ModelFolder(language).read_weights()
    settings = {**QUICK, "learning_rate": 0.02, "unfreeze": unfreeze, "averaged": 1}
    columns = {name: COLUMNS[name] for name in ("text_column", "label_column")}
    short, long = tmp_path / "short", tmp_path / "long"
    train(rows, out=short, start_from=language, steps=1, **columns, **settings)
    after = ModelFolder(short).read_weights()
    kept = {name for name in after if (after[name] == first.get(name.replace("encoder", "decoder", 1))).all()}
    assert ("encoder.cell.weight_hh_l0" in kept) == (unfreeze == "gradual")
    model = train(rows, out=long, start_from=language, steps=150, **columns, **settings)
    assert model.evaluate().accuracy > 0.9  # type: ignore[union-attr]


def test_a_run_with_frozen_layers_is_resumed(rows: Path, tmp_path: Path) -> None:
    from unit.test_training_runs import Crash, CrashAt

    language, whole, cut = (tmp_path / name for name in ("language", "whole", "cut"))
    train(rows, out=language, text_column="text", tokenizer="word", steps=5, hidden_size=12, cell="gru", **QUICK)
    columns = {name: COLUMNS[name] for name in ("text_column", "label_column")}
    settings = {**columns, **QUICK, "unfreeze": "gradual", "steps": 24, "start_from": language}
    train(rows, out=whole, **settings)
    with pytest.raises(Crash):
        train(rows, out=cut, listener=CrashAt(13), **settings)
    unspool.resume(cut)
    expected = ModelFolder(whole).read_weights()
    assert all((array == expected[name]).all() for name, array in ModelFolder(cut).read_weights().items())


@pytest.mark.parametrize(
    ("content", "options", "told"),
    [
        ("topic,text\n" + "a,b c\n" * 30, [], "at least 2 labels"),
        ("topic,text\n" + "a,b c\nb,c d\n" * 15 + ",e\n", [], "every row must have a label"),
        ("topics,text\n" + "a,b c\nb,c d\n" * 15, [], "no column 'topic'"),
        ("topic,text\na,b\n", [], "at least"),
        ("topic,text\n" + "a,b c\nb,c d\n" * 15, ["--hidden-size", "9"], "a classifier has no decoder"),
    ],
)
def test_what_cannot_be_learnt_is_told(tmp_path: Path, content: str, options: list[str], told: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(content, encoding="utf-8")
    result = call_main("train", path, "--text", "text", "--label", "topic", "--out", tmp_path / "m", *options)
    assert result.clean
    assert result.code != 0
    assert told in result.error_lines[-2]
    assert not (tmp_path / "m").exists()


def test_a_language_model_does_not_classify(model_folder: Path) -> None:
    result = call_main("classify", model_folder, "text")
    assert result.clean
    assert result.code == 2
    with pytest.raises(UnspoolError, match="classify needs"):
        unspool.load(model_folder).classifier()


def test_a_conditional_model_classifies_by_the_same_command(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("letter,text\n" + "a,aaaa\nb,bbbb\n" * 60, encoding="utf-8")
    sizes = {"hidden_size": 12, "embedding_size": 8, "learning_rate": 0.02}
    train(path, out=tmp_path / "m", text_column="text", condition_columns=("letter",), steps=80, **sizes, **QUICK)
    assert call_main("classify", tmp_path / "m", "aaaa", "bbbb").out == "a\nb\n"
    told = call_main("inspect", tmp_path / "m", "--text", "aaaa", "--json").json()
    assert told["label"] == "a"
