"""Scores and figures from the shell, for people and for programs."""

import json
import math

import pytest

from conformance.engines import compared_engines

SCORE = {"bits_per_byte", "bits_per_character", "nats_per_token", "perplexity", "tokens", "log_probabilities"}
FIGURES = {
    "bits_per_byte",
    "bits_per_character",
    "nats_per_token",
    "perplexity",
    "fresh_bits_per_character",
    "fresh_nats_per_token",
    "stuck",
    "tokens",
    "seconds",
}


def test_the_json_of_a_score_has_the_documented_keys_and_adds_up(call, model):
    values = call("score", model, "the quick", "--json").json()
    assert set(values) == SCORE
    assert values["tokens"] == list("the quick")
    nats = -sum(values["log_probabilities"])
    assert math.isclose(values["nats_per_token"], nats / 9, rel_tol=1e-9)
    assert math.isclose(values["bits_per_byte"], nats / math.log(2) / 9, rel_tol=1e-9)


def test_an_unknown_character_is_charged_for_its_name(call, model):
    values = call("score", model, "Ω", "--json").json()
    assert values["bits_per_character"] > 20
    assert math.isclose(values["bits_per_byte"] * 2, values["bits_per_character"])


def test_text_file_and_standard_input_score_alike(call, model, tmp_path):
    (tmp_path / "t.txt").write_text("the lazy dog", encoding="utf-8")
    ways = [
        call("score", model, "the lazy dog", "--json"),
        call("score", model, "--file", tmp_path / "t.txt", "--json"),
        call("score", model, "-", "--json", input="the lazy dog"),
        call("score", model, "--file", "-", "--json", input="the lazy dog"),
    ]
    assert len({way.out for way in ways}) == 1


def test_per_line_ranks_the_most_surprising_first(call, model, tmp_path):
    (tmp_path / "t.txt").write_text("the quick brown fox\nzzzqqqxxx\n\nthe lazy dog\n", encoding="utf-8")
    result = call("score", model, "--file", tmp_path / "t.txt", "--per-line", "--json")
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert rows[0]["text"] == "zzzqqqxxx"
    assert sorted(row["line"] for row in rows) == [1, 2, 4]
    values = [row["bits_per_character"] for row in rows]
    assert values == sorted(values, reverse=True)
    assert "zzzqqqxxx" in call("score", model, "--file", tmp_path / "t.txt", "--per-line").out.splitlines()[0]


def test_the_json_of_an_evaluation_has_the_documented_keys(call, model):
    values = call("evaluate", model, "--json").json()
    assert set(values) == FIGURES
    assert math.isclose(values["perplexity"], math.exp(values["nats_per_token"]))


def test_a_text_evaluates_as_it_scores(call, model, tmp_path):
    (tmp_path / "t.txt").write_text("the lazy dog", encoding="utf-8")
    figures = call("evaluate", model, tmp_path / "t.txt", "--json").json()
    score = call("score", model, "the lazy dog", "--json").json()
    assert math.isclose(figures["bits_per_byte"], score["bits_per_byte"], rel_tol=1e-6)


@pytest.mark.engines
def test_every_engine_gives_the_same_figures(call, model, names_model):
    for folder in (model, names_model):
        numpy, *others = (call("evaluate", folder, "--engine", name, "--json").json() for name in compared_engines())
        for other in others:
            assert math.isclose(numpy["nats_per_token"], other["nats_per_token"], rel_tol=1e-4)


def test_documents_are_evaluated_as_documents(call, names_model, names_file):
    values = call("evaluate", names_model, names_file, "--json").json()
    lines = names_file.read_text(encoding="utf-8").splitlines()
    assert values["tokens"] == sum(len(line) + 1 for line in lines)


def test_reading_commands_leave_the_model_as_it_was(call, model):
    before = {path: path.read_bytes() for path in model.rglob("*") if path.is_file()}
    call("generate", model, "--seed", 1)
    call("score", model, "the")
    call("evaluate", model)
    assert {path: path.read_bytes() for path in model.rglob("*") if path.is_file()} == before


def test_what_shorter_weights_cost_is_measured(call, model):
    for kind in ("bfloat16", "int8"):
        values = call("evaluate", model, "--weights", kind, "--json").json()
        assert set(values) == FIGURES | {"nats_per_token_lost_to_weights"}
        assert abs(values["nats_per_token_lost_to_weights"]) < 0.02
