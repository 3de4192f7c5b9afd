"""A setting comes from the option, else the environment, else the recipe file, else the rules."""

import tomllib
from pathlib import Path

import pytest

RECIPE = """
task = "language"
[network]
hidden_size = 12
embedding_size = 6
[training]
batch_size = 3
sequence_length = 11
learning_rate = 0.001
dropout = 0.25
threads = 1
precision = "float32"
[budget]
epochs = 1.0
"""


@pytest.fixture
def written(call, text_file, tmp_path):
    """Train with a recipe file, and read the recipe that was written."""

    def train(*options, env=None, recipe=RECIPE):
        file, place = tmp_path / "given.toml", tmp_path / "m"
        file.write_text(recipe, encoding="utf-8")
        result = call("train", text_file, "--out", place, "--overwrite", "--config", file, *options, env=env)
        assert result.code == 0, result.err
        return tomllib.loads(Path(place / "recipe.toml").read_text(encoding="utf-8"))

    return train


def test_the_recipe_file_beats_the_rules(written):
    recipe = written()
    assert recipe["training"]["batch_size"] == 3
    assert recipe["training"]["sequence_length"] == 11
    assert recipe["network"]["hidden_size"] == 12
    assert recipe["budget"] == {"epochs": 1.0}
    assert recipe["training"]["optimizer"] == "muon"  # nobody said otherwise


def test_the_environment_beats_the_recipe_file_and_an_option_beats_both(written):
    env = {"UNSPOOL_TRAIN_BATCH_SIZE": "4", "UNSPOOL_TRAIN_SEQUENCE_LENGTH": "12", "UNSPOOL_TRAIN_CELL": "gru"}
    recipe = written("--batch-size", 5, env=env)
    assert recipe["training"]["batch_size"] == 5
    assert recipe["training"]["sequence_length"] == 12
    assert recipe["network"]["cell"] == "gru"
    assert recipe["training"]["dropout"] == 0.25


def test_an_old_name_of_an_environment_variable_is_understood(written):
    recipe = written("--steps", 1, env={"UNSPOOL_TRAIN_SEQ_LEN": "12", "UNSPOOL_TRAIN_SUFFIX": ".txt .rst"})
    assert recipe["training"]["sequence_length"] == 12
    assert recipe["data"]["suffixes"] == [".txt", ".rst"]


def test_a_budget_in_the_environment_replaces_the_one_in_the_file(written):
    assert written(env={"UNSPOOL_TRAIN_STEPS": "2"})["budget"] == {"steps": 2}


def test_a_budget_given_as_an_option_replaces_one_of_another_kind_in_the_environment(written):
    assert written("--steps", 2, env={"UNSPOOL_TRAIN_MINUTES": "5"})["budget"] == {"steps": 2}


def test_a_share_to_hold_out_replaces_the_held_out_file_of_the_recipe(written, text_file):
    recipe = f"{RECIPE}\n[data]\nvalidation_sources = ['{text_file}']\n"
    data = written("--validation", 0.2, recipe=recipe)["data"]
    assert data["validation_split"] == 0.2
    assert data["validation"] == []


def test_a_switch_that_is_on_can_be_switched_off_in_the_environment(call, model):
    shown = call("generate", model, "--prompt", "the ", "--seed", 1, "--no-stream")
    hidden = call("generate", model, "--prompt", "the ", "--seed", 1, env={"UNSPOOL_GENERATE_ECHO": "0"})
    assert shown.out == "the " + hidden.out


def test_lines_given_as_an_option_replace_the_text_column_of_the_recipe(written):
    data = written("--lines", "--steps", 1, recipe=f"{RECIPE}\n[data]\ntext_column = 'name'\n")["data"]
    assert data["lines"] is True


def test_a_switch_can_be_set_in_the_environment(written):
    assert written("--steps", 1, env={"UNSPOOL_TRAIN_LINES": "1"})["data"]["lines"] is True


def test_a_written_recipe_is_a_recipe_file(call, text_file, tmp_path, written):
    first = written("--steps", 2)
    result = call("train", "--config", tmp_path / "m" / "recipe.toml", "--out", tmp_path / "again")
    assert result.code == 0, result.err
    assert tomllib.loads((tmp_path / "again" / "recipe.toml").read_text()) == first
    same = [(tmp_path / name / "tokenizer.json").read_bytes() for name in ("m", "again")]
    assert same[0] == same[1]


@pytest.mark.parametrize(
    "recipe",
    ["[trainig]\nbatch_size = 3\n", "[training]\nbatch = 3\n", "task = 'painting'\n", "training = 3\n", "not toml ["],
)
def test_a_recipe_that_breaks_a_rule_is_refused_in_two_lines(call, text_file, tmp_path, recipe):
    (tmp_path / "r.toml").write_text(recipe, encoding="utf-8")
    result = call("train", text_file, "--config", tmp_path / "r.toml", "--out", tmp_path / "m", "--steps", 1)
    assert result.code in (2, 4)
    assert [line.split(":")[0] for line in result.error_lines] == ["error", "hint"]
    assert not (tmp_path / "m").exists()
