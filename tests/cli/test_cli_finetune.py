"""A model trained further on another text keeps its sizes and learns the new characters."""

import json

import pytest

GREEK = "αβγδ ωψχφ. "


@pytest.fixture
def tuned(call, model, tmp_path):
    (tmp_path / "greek.txt").write_text(GREEK * 60, encoding="utf-8")
    options = ["--steps", 40, "--learning-rate", 0.02, "--threads", 1, "--dropout", 0, "--input-dropout", 0]
    result = call("train", tmp_path / "greek.txt", "--from", model, "--out", tmp_path / "tuned", *options)
    assert result.code == 0, result.err
    return tmp_path / "tuned"


def test_new_characters_are_learnt_and_written(call, model, tuned):
    assert call("score", model, "αβγδ", "--json").json()["bits_per_character"] > 20
    assert call("score", tuned, "αβγδ", "--json").json()["bits_per_character"] < 20
    text = call("generate", tuned, "-p", "αβ", "--seed", 1, "--no-echo", "--max-new-tokens", 300).out
    assert set(GREEK) - set(" .") & set(text)


def test_the_old_ids_stay_and_the_new_ones_follow(model, tuned):
    old, new = (json.loads((place / "tokenizer.json").read_text())["model"]["vocab"] for place in (model, tuned))
    assert {token: new[token] for token in old} == old
    assert set(new) - set(old) == set(GREEK) - set(old)
    sizes = [json.loads((place / "config.json").read_text())["network"]["decoder"] for place in (model, tuned)]
    assert sizes[0]["hidden_size"] == sizes[1]["hidden_size"]
    assert sizes[1]["vocabulary_size"] == len(new)


def test_the_recipe_says_what_it_started_from(model, tuned):
    assert f'started_from = "{model.name}"' in (tuned / "recipe.toml").read_text(encoding="utf-8")
    assert f'started_from = "{model}"' in (tuned / "training" / "recipe.toml").read_text(encoding="utf-8")


def test_sizes_and_tokenizer_cannot_change(call, model, text_file, tmp_path):
    for extra in (["--hidden-size", 32], ["--cell", "gru"], ["--tokenizer", "bpe"]):
        result = call("train", text_file, "--from", model, "--out", tmp_path / "m", "--steps", 1, *extra)
        assert result.code == 2
        assert len(result.error_lines) == 2


def test_documents_stay_documents(call, names_model, names_file, tmp_path):
    result = call("train", names_file, "--from", names_model, "--out", tmp_path / "m", "--steps", 1, "--threads", 1)
    assert result.code == 0, result.err
    assert json.loads((tmp_path / "m" / "config.json").read_text())["by_document"] is True


def test_the_model_it_starts_from_may_not_be_the_one_it_replaces_half_way(call, model, text_file, tmp_path):
    """With --overwrite onto itself either the new or the old model stands in the end."""
    import shutil

    place = tmp_path / "self"
    shutil.copytree(model, place)
    result = call("train", text_file, "--from", place, "--out", place, "--overwrite", "--steps", 2, "--threads", 1)
    assert result.code == 0, result.err
    assert call("generate", place, "--seed", 1).code == 0
