"""Every field of every file of a model folder with a value of every wrong kind: a result or two lines."""

import json
import shutil
import tomllib

import numpy as np
import pytest
import tomli_w
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

pytestmark = pytest.mark.usefixtures("short_runs")

VALUES = [None, "x", "", -1, 0, 1, 7, 1.5, 10**30, True, [], [1, "a"], {}, {"a": 1}, float("nan"), "float64", "O"]
RECIPE_VALUES = ["x", "", -1, 0, 1.5, True, [], ["a"], {}, {"a": 1}, float("nan")]


def fields(values, path=()):
    """The path of every field, those inside of others too."""
    for name, value in values.items():
        yield (*path, name)
        if isinstance(value, dict):
            yield from fields(value, (*path, name))


def changed(values, path, value):
    copy = json.loads(json.dumps(values))
    inner = copy
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return copy


def command(words, place):
    return [str(word).replace("{}", str(place)) for word in words]


@pytest.mark.parametrize("name", ["config.json", "generation_config.json", "training/validation.json"])
def test_a_field_of_the_wrong_kind_is_refused_or_harmless(trial, unfinished, tmp_path, name):
    place = shutil.copytree(unfinished, tmp_path / "m")
    good = json.loads((place / name).read_text())
    words = ["evaluate", "{}", "--json"] if name.startswith("training") else ["generate", "{}", "--seed", "1", "--json"]
    for path in fields(good):
        for value in VALUES:
            if path == ("max_new_tokens",) and isinstance(value, int) and value > 1000:
                continue
            (place / name).write_text(json.dumps(changed(good, path, value)))
            trial((name, path, value), *command(words, place))


@pytest.mark.slow
def test_a_setting_of_a_recipe_of_the_wrong_kind_is_refused_or_harmless(trial, unfinished, fox, tmp_path):
    good = tomllib.loads((unfinished / "recipe.toml").read_text())
    good["budget"] = {"steps": 1}
    for number, path in enumerate(fields(good)):
        for value in RECIPE_VALUES[number % 3 :: 3]:
            recipe = tmp_path / "r.toml"
            recipe.write_text(tomli_w.dumps(changed(good, path, value)))
            place = tmp_path / f"m{number}"
            trial((path, value), "train", fox, "--config", recipe, "--out", place, "--overwrite", "--steps", 1)


@pytest.mark.slow
def test_a_resumed_recipe_of_the_wrong_kind_is_refused_or_harmless(trial, unfinished, tmp_path):
    good = tomllib.loads((unfinished / "recipe.toml").read_text())
    for number, path in enumerate(fields(good)):
        for value in RECIPE_VALUES[number % 4 :: 4]:
            place = tmp_path / "m"
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(unfinished, place)
            (place / "recipe.toml").write_text(tomli_w.dumps(changed(good, path, value)))
            trial((path, value), *command(["train", "--resume", "{}"], place))


@pytest.mark.slow
def test_a_corpus_description_of_the_wrong_kind_stops_no_resume_with_a_traceback(trial, unfinished, tmp_path):
    good = json.loads((unfinished / "training" / "training.json").read_text())
    for number, path in enumerate(fields(good)):
        for value in VALUES[number % 2 :: 2]:
            place = tmp_path / "m"
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(unfinished, place)
            (place / "training" / "training.json").write_text(json.dumps(changed(good, path, value)))
            trial((path, value), *command(["train", "--resume", "{}"], place))


def saved(place):
    with safe_open(place, "np") as file:
        return load_file(place), json.loads(file.metadata()["unspool"])


RARER = [pytest.param(damage, marks=pytest.mark.slow) for damage in ("shape", "rename", "type", "empty")]


@pytest.mark.parametrize("damage", ["drop", "nan", *RARER])
def test_a_checkpoint_whose_arrays_are_wrong_is_refused_or_harmless(trial, unfinished, tmp_path, damage):
    arrays, about = saved(unfinished / "training" / "last.safetensors")
    for name, array in arrays.items():
        wrong = dict(arrays)
        del wrong[name]
        wrong |= {
            "drop": {},
            "rename": {f"{name}x": array},
            "shape": {name: np.ascontiguousarray(np.atleast_2d(array)[:, :-1])},
            "type": {name: array.astype(np.int32)},
            "empty": {name: np.zeros(0, np.float32)},
            "nan": {name: np.full_like(array, np.nan)},
        }[damage]
        place = tmp_path / "m"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(unfinished, place)
        save_file(wrong, place / "training" / "last.safetensors", {"format": "pt", "unspool": json.dumps(about)})
        trial((damage, name), *command(["train", "--resume", "{}"], place), forked=True)


@pytest.mark.slow
def test_a_checkpoint_whose_progress_is_wrong_is_refused_or_harmless(trial, unfinished, tmp_path):
    arrays, about = saved(unfinished / "training" / "last.safetensors")
    for number, name in enumerate(about):
        for value in VALUES[number % 3 :: 3]:
            place = tmp_path / "m"
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(unfinished, place)
            wrong = json.dumps({**about, name: value})
            save_file(arrays, place / "training" / "last.safetensors", {"format": "pt", "unspool": wrong})
            trial((name, value), *command(["train", "--resume", "{}"], place))
