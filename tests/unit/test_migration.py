"""Recipes of version 0.1.0, which held every setting of every task, are read as those of their own task."""

from pathlib import Path
from typing import Any

import pytest

from unspool.errors import ModelFolderError
from unspool.folder.migration import DEFAULTS, RENAMED, migrated_recipe, renamed
from unspool.folder.model_folder import ModelFolder, read_toml
from unspool.specs.recipe import sections
from unspool.tasks.opening import read_config, read_recipe, row_of_folder
from unspool.tasks.registry import ROWS
from unspool.tasks.settings import known_settings

FOLDERS = Path(__file__).parent.parent / "folders"
NAMES = sorted(path.parent.name for path in FOLDERS.glob("*/recipe.toml"))


def test_there_is_a_recipe_of_each_task_of_that_version() -> None:
    tasks = {"language", "translation", "conditional", "classification"}
    assert {row_of_folder(ModelFolder(FOLDERS / name)).name for name in NAMES} == tasks <= set(ROWS)


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_is_read_with_the_values_that_its_file_has(name: str) -> None:
    folder = ModelFolder(FOLDERS / name)
    recipe, file = read_recipe(folder), read_toml(folder.path / "recipe.toml")
    assert type(recipe) is row_of_folder(folder).load("recipe")
    flat = {key: value for section in file.values() if isinstance(section, dict) for key, value in section.items()}
    flat = renamed(flat)
    compared = set()
    for section in sections(type(recipe)):
        for key, value in getattr(recipe, section).model_dump(exclude_none=True).items():
            if key in flat:
                written = tuple(flat[key]) if isinstance(flat[key], list) else flat[key]
                assert value == written, (section, key)
                compared.add(key)
    assert {"sources", "tokenizer", "seed", "optimizer", "validation_split"} <= compared
    left = {key: flat[key] for key in flat.keys() - compared}
    defaults = {key: value for section in DEFAULTS.values() for key, value in section.items()}
    for key, value in left.items():  # what is of no use to the task is what 0.1.0 wrote by itself
        assert (tuple(value) if isinstance(value, list) else value) == defaults[key], key


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_that_was_read_is_written_and_read_as_it_is(name: str, tmp_path: Path) -> None:
    recipe = read_recipe(ModelFolder(FOLDERS / name))
    folder = ModelFolder(tmp_path)
    folder.write_config(read_config(ModelFolder(FOLDERS / name)))
    folder.write_recipe(recipe)
    assert read_recipe(folder) == recipe
    text = (tmp_path / "recipe.toml").read_text(encoding="utf-8")
    assert not [former for former in (*RENAMED, "text_column", "further_columns") if f"\n{former} =" in text]


FOREIGN = [
    ("language", "data", "joint_vocabulary = false", "joint_vocabulary = true", "data.joint_vocabulary"),
    ("language", "data", "max_length = 100", "max_length = 99", "data.max_length"),
    ("language", "training", 'unfreeze = "at-once"', 'unfreeze = "gradual"', "training.unfreeze"),
    ("translation", "training", "reset_probability = 0.02", "reset_probability = 0.5", "training.reset_probability"),
    ("translation", "data", "lines = false", "lines = true", "data.lines"),
    ("conditional", "training", "sequence_length = 64", "sequence_length = 65", "training.sequence_length"),
    ("classification", "training", "teacher_forcing = 1.0", "teacher_forcing = 0.5", "training.teacher_forcing"),
]


@pytest.mark.parametrize(("name", "section", "usual", "other", "told"), FOREIGN)
def test_a_foreign_setting_is_dropped_with_its_usual_value_and_refused_with_another(
    name: str, section: str, usual: str, other: str, told: str, tmp_path: Path
) -> None:
    for file in ("config.json", "recipe.toml"):
        (tmp_path / file).write_bytes((FOLDERS / name / file).read_bytes())
    text = (tmp_path / "recipe.toml").read_text(encoding="utf-8")
    if usual not in text:
        text = text.replace(f"[{section}]\n", f"[{section}]\n{usual}\n")
        (tmp_path / "recipe.toml").write_text(text, encoding="utf-8")
    read_recipe(ModelFolder(tmp_path))
    (tmp_path / "recipe.toml").write_text(text.replace(usual, other), encoding="utf-8")
    with pytest.raises(ModelFolderError, match=rf"recipe\.toml: {told} is not a known setting"):
        read_recipe(ModelFolder(tmp_path))


@pytest.mark.parametrize(
    ("values", "now"),
    [
        ({"text_column": "a"}, {"text": ("a",)}),
        ({"text_column": "a", "further_columns": ["b", "c"]}, {"text": ("a", "b", "c")}),
        ({"text_column": None, "further_columns": []}, {}),
        ({"label_column": "l", "text": ("a",)}, {"label": "l", "text": ("a",)}),
        ({"feed": "none", "seed": 1}, {"decoder_input": "none", "seed": 1}),
    ],
)
def test_settings_have_the_names_of_today(values: dict[str, Any], now: dict[str, Any]) -> None:
    assert renamed(values) == now


def test_attention_and_what_the_decoder_reads_move_to_the_decoder() -> None:
    known = known_settings(ROWS["translation"].load("recipe"))
    file = {"network": {"cell": "gru"}, "encoder": {"attention": "dot", "feed": "none", "encoder_size": 3}}
    assert migrated_recipe(file, known) == {
        "network": {"cell": "gru", "attention": "dot", "decoder_input": "none"},
        "encoder": {"encoder_size": 3},
    }
    assert file["encoder"] == {"attention": "dot", "feed": "none", "encoder_size": 3}
