"""`unspool evaluate`: nothing to measure, labels that are not known, several references, the same figures as a run."""

import json
from pathlib import Path
from typing import Any

import pytest

import unspool
from helpers.commands import call_main, run_process
from unspool.api import train
from unspool.training.history import History

TINY: dict[str, Any] = {"threads": 1, "precision": "float32", "validations": 1, "dropout": 0.0}
ENCODER = {"encoder_size": 8, "encoder_embedding": 4}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A model of each task, of a table of words, of which many occur once."""
    place = tmp_path_factory.mktemp("models")
    rows = [f"the word {number} is {'red' if number % 2 else 'blue'},{'ab'[number % 2]},w {number}\n"
            for number in range(80)]  # fmt: skip
    (place / "t.csv").write_text("text,kind,other\n" + "".join(rows), encoding="utf-8")
    (place / "t.txt").write_text("".join(row.replace(",", " ") for row in rows), encoding="utf-8")
    folders = {name: place / name for name in ("classifier", "translator", "conditional", "language")}
    columns: dict[str, dict[str, Any]] = {
        "classifier": {"text": "text", "label": "kind", "tokenizer": "word", **ENCODER},
        "translator": {"source": "text", "target": "other", "tokenizer": "word", "hidden_size": 8, **ENCODER},
        "conditional": {"text": "text", "condition": ("kind",), "tokenizer": "word", "hidden_size": 8},
        "language": {"tokenizer": "word", "hidden_size": 8, "embedding_size": 4},
    }
    for name, folder in folders.items():
        source = place / ("t.txt" if name == "language" else "t.csv")
        train(source, out=folder, steps=30, learning_rate=0.02, **columns[name], **TINY)
    return folders


@pytest.mark.parametrize(
    ("name", "table", "options"),
    [
        ("classifier", "text,kind,other\n", []),
        ("classifier", "text,kind,other\n  ,a,\n", []),
        ("translator", "text,kind,other\n", []),
        ("translator", "text,kind,other\n,a,b\nc,a, \n", []),
        ("conditional", "text,kind,other\n", []),
        ("conditional", "text,kind,other\nc,z,\n", []),
        ("language", "", []),
        ("language", "\n\n", ["--lines"]),
        ("language", "text\n", ["--text", "text"]),
    ],
)
def test_nothing_to_evaluate_is_two_lines(
    models: dict[str, Path], tmp_path: Path, name: str, table: str, options: list[str]
) -> None:
    path = tmp_path / ("t.txt" if name == "language" and "--text" not in options else "t.csv")
    path.write_text(table, encoding="utf-8")
    for shape in ([], ["--json"]):
        result = call_main("evaluate", models[name], path, *options, *shape)
        assert (result.code, result.clean, result.out) == (3, True, "")
        assert "error: there is nothing to evaluate" in result.err


def test_labels_that_a_classifier_does_not_know_are_wrong_and_named(models: dict[str, Path], tmp_path: Path) -> None:
    rows = 'the word is red,b\nthe word is blue,a\nthe word is red,"c, or\nd"\nthe word is blue,e\nthe word,e\n'
    (tmp_path / "t.csv").write_text(f"text,kind\n{rows}", encoding="utf-8")
    page = tmp_path / "page.html"
    result = run_process("evaluate", models["classifier"], tmp_path / "t.csv", "--json", "--html", page)
    figures = result.json()
    assert figures["rows"] == 5
    assert figures["unknown_labels"] == {"e": 2, "c, or\nd": 1}
    assert figures["accuracy"] <= 2 / 5
    assert sum(map(sum, figures["confusion"])) == sum(one["support"] for one in figures["per_label"].values()) == 5
    assert set(figures["per_label"]) == {"a", "b", "e", "c, or\nd"}
    told = call_main("evaluate", models["classifier"], tmp_path / "t.csv").out
    named = r"3 texts have labels that the model does not know, and count as wrong: 'e' 2, 'c, or\nd' 1."
    assert named in told
    assert "precision     recall         F1      texts" in told
    assert "(unknown)" in told
    drawn = page.read_text(encoding="utf-8")
    assert "3 texts have labels that the model does not know" in drawn
    assert drawn.count("<table") == 3  # of network and counts, of labels, of what was taken for what


def test_rows_of_labels_that_a_conditional_model_does_not_know_are_left_out(
    models: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text("text,kind\nthe word is red,a\nthe word,z\nis blue,z\nis,y\n", encoding="utf-8")
    (tmp_path / "known.csv").write_text("text,kind\nthe word is red,a\n", encoding="utf-8")
    figures = call_main("evaluate", models["conditional"], tmp_path / "t.csv", "--json").json()
    assert (figures["left_out"], figures["unknown_labels"]) == (3, {"kind": {"z": 2, "y": 1}})
    known = call_main("evaluate", models["conditional"], tmp_path / "known.csv", "--json").json()
    assert known["nats_per_token"] == figures["nats_per_token"]
    assert "left_out" not in known
    told = call_main("evaluate", models["conditional"], tmp_path / "t.csv").out
    assert "3 rows are left out because the model does not know their kind: 'z' 2, 'y' 1." in told


def test_what_is_left_out_of_the_data_is_said(models: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text,kind,other\nthe word,a,w 1\n ,a,w\nthe word,,w\n", encoding="utf-8")
    for name in ("classifier", "conditional", "translator"):
        result = call_main("evaluate", models[name], tmp_path / "t.csv", "--json")
        assert result.code == 0, result.err
        warnings = [line for line in result.error_lines if "left out because" in line]
        assert all(line.startswith("warning: ") for line in result.error_lines)
        assert len(warnings) == (1 if name == "translator" else 2), result.err
        assert warnings[0].endswith("the first in t.csv, line 3.")
    with pytest.warns(unspool.DataWarning, match="left out because"):
        unspool.load(models["classifier"]).evaluate(tmp_path / "t.csv")


def test_the_figures_are_those_that_closed_the_run_also_of_unknown_words(models: dict[str, Path]) -> None:
    for name, folder in models.items():
        closing = History(folder / "history.jsonl").events()[-1]
        if name != "translator":
            measured = call_main("evaluate", folder, "--json").json()
            same = [figure for figure in measured if figure in closing and figure != "seconds"]
            assert len(same) >= 3
            for figure in same:  # of two engines
                assert measured[figure] == pytest.approx(closing[figure], rel=1e-5), figure


def test_several_references_are_compared_with(models: dict[str, Path], tmp_path: Path) -> None:
    sacrebleu = pytest.importorskip("sacrebleu")
    sources = [f"the word {number} is red" for number in (1, 3, 5)]
    found = call_main("translate", models["translator"], *sources, "--beams", 1).out.splitlines()
    assert any(found)
    references = [["x y z", "w 3", "w 5"], [found[0] or "x", "q", ""], ["", "z", found[2] or "x"]]
    lines = [f"{source},{','.join(cells)}\n" for source, *cells in zip(sources, *references, strict=True)]
    (tmp_path / "t.csv").write_text("text,other,second,third\n" + "".join(lines), encoding="utf-8")
    named = ["--reference", "second", "--reference", "third", "--beams", 1, "--json"]
    figures = call_main("evaluate", models["translator"], tmp_path / "t.csv", *named).json()
    streams = [references[0], [one or None for one in references[1]], [one or None for one in references[2]]]
    assert figures["bleu"] == sacrebleu.corpus_bleu(found, streams).score
    assert figures["chrf"] == sacrebleu.corpus_chrf(found, streams).score
    assert (figures["references"], figures["missing_references"]) == (3, 2)
    assert "nrefs:var" in figures["signature"]
    assert figures["exact"] >= sum(map(bool, (found[0], found[2]))) / 3
    for name, column in zip(("text", "other", "second", "third"), [sources, *references], strict=True):
        (tmp_path / name).write_text("".join(f"{line}\n" for line in column), encoding="utf-8")
    files = ["--source-file", tmp_path / "text", "--target-file", tmp_path / "other"]
    further = ["--reference-file", tmp_path / "second", "--reference-file", tmp_path / "third"]
    again = call_main("evaluate", models["translator"], *files, *further, "--beams", 1, "--json").json()
    assert {**again, "seconds": 0} == {**figures, "seconds": 0}
    (tmp_path / "third").write_text("one line\n", encoding="utf-8")
    short = call_main("evaluate", models["translator"], *files, *further)
    assert (short.code, short.clean) == (3, True)
    assert "must have as many lines as each other" in short.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--reference", "second"], "data must be named for reference to mean something"),
        (["t.csv", "--reference-file", "t.csv"], "files beside two files of pairs. Received: t.csv"),
        (["t.csv", "--reference", "nothing"], "has no column 'nothing'"),
    ],
)
def test_references_that_cannot_be_are_two_lines(
    models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("text,other,second\na,b,c\n", encoding="utf-8")
    result = call_main("evaluate", models["translator"], *options)
    assert result.clean
    assert result.code in (2, 3)
    assert told in result.err


def test_references_are_settings_of_a_translator_alone(models: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text,kind\na,b\n", encoding="utf-8")
    result = call_main("evaluate", models["classifier"], tmp_path / "t.csv", "--reference", "kind")
    assert (result.code, result.clean) == (2, True)
    assert "Received: --reference" in result.err
    assert call_main("train", tmp_path / "t.csv", "--reference", "kind").code == 2


def test_json_has_no_number_that_json_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    from unspool.cli.console import write_json

    write_json({"a": float("nan"), "b": [1.5, float("inf")], "c": {"d": (float("-inf"), "é")}})
    assert json.loads(capsys.readouterr().out) == {"a": None, "b": [1.5, None], "c": {"d": [None, "é"]}}
