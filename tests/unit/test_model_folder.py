"""A model folder that is missing something, damaged or newer is refused with a sentence and a hint."""

import json
import shutil
from pathlib import Path

import pytest

import unspool
from helpers.small import TINY
from unspool.errors import ModelFolderError, OutputError
from unspool.folder.atomic import replaced, set_aside
from unspool.folder.model_folder import ModelFolder, check_free
from unspool.folder.serialization import dump_safetensors, parse_safetensors
from unspool.tasks.language.specs import LanguageRecipe
from unspool.tasks.opening import read_recipe
from unspool.text.vocabulary import make_tokenizer


@pytest.fixture
def folder(model_folder: Path, tmp_path: Path) -> Path:
    """A copy that may be spoilt."""
    return Path(shutil.copytree(model_folder, tmp_path / "copy"))


def test_a_folder_holds_what_the_design_says(model_folder: Path) -> None:
    names = {path.name for path in model_folder.iterdir()}
    expected = "config.json model.safetensors tokenizer.json generation_config.json recipe.toml README.md history.jsonl"
    shown = {"report.html", "curve.svg", "tokenizer_config.json"}
    assert names == {*expected.split(), *shown, "training"}
    assert not [path for path in model_folder.rglob("*") if path.suffix in (".pt", ".pkl", ".bin", ".npy")]


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"{}", b"\xff\x00" * 20])
def test_a_missing_or_damaged_file_is_refused(folder: Path, name: str, content: bytes | None) -> None:
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(ModelFolderError) as caught:
        unspool.load(folder)
    assert "\n" not in caught.value.message
    assert caught.value.hint


def test_a_half_written_file_of_weights_is_refused(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(ModelFolderError, match="damaged"):
        unspool.load(folder)


def test_a_newer_format_is_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "format_version": 99, "new": 1}))
    with pytest.raises(ModelFolderError, match="format version 99") as caught:
        unspool.load(folder)
    assert caught.value.hint == "update unspool."


def test_a_tokenizer_of_another_size_is_refused(folder: Path) -> None:
    ModelFolder(folder).write_tokenizer(make_tokenizer("char", ["xyz"]))
    with pytest.raises(ModelFolderError, match=r"tokenizer\.json has 7 tokens, and config\.json says \d+"):
        unspool.load(folder)


def test_weights_of_another_size_are_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["network"]["decoder"]["vocabulary_size"] += 1
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelFolderError, match=r"decoder\.embedding\.weight must be float32 \(\d+, 8\)\. Received: "):
        unspool.load(folder)


def test_the_training_folder_may_be_deleted(folder: Path) -> None:
    shutil.rmtree(folder / "training")
    model = unspool.load(folder)
    assert model.generate("a", max_new_tokens=3, seed=0)
    with pytest.raises(ModelFolderError, match="validation part"):
        model.evaluate()


def test_the_recipe_survives_its_file(model_folder: Path, tmp_path: Path) -> None:
    recipe = read_recipe(ModelFolder(model_folder))
    (tmp_path / "config.json").write_bytes((model_folder / "config.json").read_bytes())
    ModelFolder(tmp_path).write_recipe(recipe)
    assert read_recipe(ModelFolder(tmp_path)) == recipe
    assert type(recipe) is LanguageRecipe
    assert recipe.budget.steps == TINY["steps"]


def test_a_place_that_is_taken_is_not_written_over(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="holds a model already"):
        check_free(folder, overwrite=False)
    check_free(folder, overwrite=True)
    (tmp_path / "notes").mkdir()
    check_free(tmp_path / "notes", overwrite=False)  # empty
    (tmp_path / "notes" / "diary.txt").write_text("x")
    for overwrite in (False, True):
        with pytest.raises(OutputError, match="not a model folder"):
            check_free(tmp_path / "notes", overwrite)
        with pytest.raises(OutputError, match="is a file"):
            check_free(tmp_path / "notes" / "diary.txt", overwrite)


def test_a_run_that_was_cut_off_is_not_written_over(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(OutputError, match="holds a run that was cut off") as caught:
        check_free(folder, overwrite=False)
    assert "--resume" in caught.value.hint
    check_free(folder, overwrite=True)


def test_a_place_beside_which_a_model_waits_is_taken(folder: Path) -> None:
    set_aside(folder)
    for make in (lambda: None, folder.mkdir, ModelFolder(folder).create):  # where a process may have been killed
        make()
        with pytest.raises(OutputError, match=f"still waits in {replaced(folder)}") as caught:
            check_free(folder, overwrite=False)
        assert "--overwrite" in caught.value.hint
        check_free(folder, overwrite=True)


def test_what_a_process_left_that_was_killed_while_it_read_the_data_is_in_nobodys_way(tmp_path: Path) -> None:
    path = tmp_path / "m"
    (path / "training").mkdir(parents=True)
    check_free(path, overwrite=False)
    ModelFolder(path).create()
    (path / "training" / "training.tokens").write_bytes(b"x")
    check_free(path, overwrite=False)


def test_a_folder_of_training_data_is_no_model_folder(tmp_path: Path) -> None:
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "mine.txt").write_text("do not delete")
    for overwrite in (False, True):
        with pytest.raises(OutputError, match="not a model folder"):
            check_free(tmp_path, overwrite)


def test_arrays_and_facts_survive_safetensors(model_folder: Path) -> None:
    weights = ModelFolder(model_folder).read_weights()
    arrays, about = parse_safetensors(dump_safetensors(weights, {"step": 3}), Path("x"))
    assert about == {"step": 3}
    assert all((arrays[name] == weights[name]).all() for name in weights)
