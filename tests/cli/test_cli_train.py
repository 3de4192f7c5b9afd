"""Training reads files, folders, standard input and tables, and writes a whole model folder."""

import json
import tomllib

import pytest

FILES = [
    "README.md",
    "config.json",
    "curve.svg",
    "generation_config.json",
    "history.jsonl",
    "model.safetensors",
    "recipe.toml",
    "report.html",
    "tokenizer_config.json",
]
FIGURES = ["bits_per_byte", "bits_per_character", "nats_per_token", "perplexity", "fresh_bits_per_character"]


def test_a_text_is_learnt_written_scored_and_evaluated_in_four_processes(run, small, text_file, tmp_path):
    place = tmp_path / "fox"
    trained = run("train", text_file, "--out", place, "--steps", 30, *small)
    assert trained.code == 0, trained.err
    assert f"unspool generate {place}" in trained.out
    assert sorted(file.name for file in place.iterdir() if file.is_file()) == sorted([*FILES, "tokenizer.json"])
    written = run("generate", place, "--prompt", "the ", "--max-new-tokens", 20, "--seed", 1)
    assert written.code == 0
    assert written.out.startswith("the ")
    assert len(written.out) == len("the ") + 20 + 1
    assert "bits per byte" in run("score", place, "the quick").out
    assert "perplexity" in run("evaluate", place).out


def test_a_folder_is_read_file_by_file_with_the_endings_asked_for(call, small, tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("a.txt", "b.md", "deep/c.txt", "d.py"):
        (tmp_path / "in" / name).write_text(name[-4] * 300, encoding="utf-8")
    result = call("train", tmp_path / "in", "--out", tmp_path / "m", "--steps", 1, *small)
    assert result.code == 0, result.err
    assert _all_characters(result.err) == 902  # a line end between files
    result = call("train", tmp_path / "in", "--out", tmp_path / "n", "--steps", 1, "--suffix", ".py", *small)
    assert result.code == 0, result.err
    assert _all_characters(result.err) == 300


def _all_characters(log: str) -> int:
    """The sum of both parts that the first line names."""
    line = next(line for line in log.splitlines() if line.startswith("text:"))
    words = line.replace(",", "").split()
    return sum(int(word) for word in words if word.isdigit())


def test_standard_input_is_a_source(call, small, tmp_path):
    result = call("train", "-", "--out", tmp_path / "m", "--steps", 1, *small, input="a text of few words. " * 20)
    assert result.code == 0, result.err
    assert "text: standard input" in result.err
    assert (tmp_path / "m" / "model.safetensors").exists()


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl"])
def test_the_column_of_a_table_holds_documents(call, small, tmp_path, suffix):
    table = tmp_path / f"table.{suffix}"
    rows = [{"id": str(i), "name": f"name {i % 7}"} for i in range(60)]
    mark = "," if suffix == "csv" else "\t"
    lines = [mark.join(row.values()) for row in [{"id": "id", "name": "name"}, *rows]]
    lines = [json.dumps(row) for row in rows] if suffix == "jsonl" else lines
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = call("train", table, "--text", "name", "--out", tmp_path / "m", "--steps", 2, *small)
    assert result.code == 0, result.err
    assert "54 documents" in result.err
    assert json.loads((tmp_path / "m" / "config.json").read_text())["by_document"] is True


@pytest.mark.parametrize("tokenizer", ["char", "word", "bpe", "byte"])
def test_every_tokenizer_trains_writes_and_scores(call, small, text_file, tmp_path, tokenizer):
    options = ["--tokenizer", tokenizer, "--vocab-size", 300, "--steps", 3]
    trained = call("train", text_file, "--out", tmp_path / "m", *options, *small)
    assert trained.code == 0, trained.err
    assert json.loads((tmp_path / "m" / "config.json").read_text())["tokenizer"] == tokenizer
    written = call("generate", tmp_path / "m", "-p", "the", "--max-new-tokens", 5, "--seed", 3)
    assert written.code == 0
    assert written.out.startswith("the")
    assert call("score", tmp_path / "m", "the quick Ω", "--json").json()["bits_per_byte"] > 0


def test_json_holds_the_figures_and_nothing_else_is_printed(call, small, text_file, tmp_path):
    result = call("train", text_file, "--out", tmp_path / "m", "--steps", 2, "--json", *small)
    values = result.json()
    assert values["model"] == str(tmp_path / "m")
    assert all(values[name] > 0 for name in FIGURES)
    assert values["step"] == 2
    assert all(line.startswith("warning") for line in result.err.splitlines())


def test_two_hundred_characters_train_with_a_warning(call, small, tmp_path):
    (tmp_path / "short.txt").write_text("abcdefghi " * 20, encoding="utf-8")
    result = call("train", tmp_path / "short.txt", "--out", tmp_path / "m", "--steps", 2, *small)
    assert result.code == 0, result.err
    assert "warning: 180 characters are very few" in result.err


def test_without_out_the_model_lies_in_runs_under_a_free_name(call, small, text_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("fox", "fox-2"):
        assert call("train", text_file, "--steps", 1, *small).code == 0
        assert (tmp_path / "runs" / name / "model.safetensors").exists()


def test_without_out_a_text_that_is_given_is_no_name(call, small, text_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = call("train", text_file.read_text(encoding="utf-8"), "--steps", 1, *small)
    assert result.code == 0, result.err
    assert (tmp_path / "runs" / "text" / "model.safetensors").exists()


def test_a_place_for_models_that_leads_nowhere_is_told(call, small, text_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").symlink_to(tmp_path / "gone")
    result = call("train", text_file, "--steps", 1, *small)
    assert (result.code, result.error_lines[0]) == (7, "error: runs cannot be written: File exists.")


def test_a_held_out_file_leaves_the_whole_text_to_learn(call, small, text_file, tmp_path):
    held = tmp_path / "held.txt"
    held.write_text("the lazy fox. " * 10, encoding="utf-8")
    result = call("train", text_file, "--out", tmp_path / "m", "--validation", held, "--steps", 1, *small)
    assert result.code == 0, result.err
    size = len(text_file.read_text(encoding="utf-8"))
    assert f"{size:,} characters to learn, 140 held out" in result.err
    assert call("evaluate", tmp_path / "m", "--json").json()["tokens"] == 140


def test_a_fraction_is_held_out_at_the_end(call, small, text_file, tmp_path):
    call("train", text_file, "--out", tmp_path / "m", "--validation", 0.25, "--steps", 1, *small)
    size = len(text_file.read_text(encoding="utf-8"))
    assert call("evaluate", tmp_path / "m", "--json").json()["tokens"] == size // 4
    assert tomllib.loads((tmp_path / "m" / "recipe.toml").read_text())["data"]["validation_split"] == 0.25


def test_a_budget_of_minutes_ends_on_time_and_is_written_down(call, small, text_file, tmp_path):
    result = call("train", text_file, "--out", tmp_path / "m", "--minutes", 0.05, "--json", *small)
    assert result.code == 0, result.err
    assert result.json()["seconds"] < 8
    assert tomllib.loads((tmp_path / "m" / "recipe.toml").read_text())["budget"] == {"minutes": 0.05}
