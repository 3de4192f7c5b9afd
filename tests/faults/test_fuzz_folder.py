"""Any damage to a model folder: the outcome is a result or two lines, and reading changes nothing."""

import random
import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("short_runs")

FILES = [
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "generation_config.json",
    "recipe.toml",
    "history.jsonl",
    "training/last.safetensors",
    "training/best.safetensors",
    "training/training.json",
    "training/validation.json",
    "training/training.tokens",
    "training/validation.tokens",
]
OFTEN = ("config.json", "model.safetensors", "training/training.json")  # are tried each time; the others are slow
READING = [["generate", "{}", "--seed", 1, "--max-new-tokens", 3, "--json"], ["evaluate", "{}", "--json"]]
RESUMING = ["train", "--resume", "{}"]
TABLES = {  # options of a run on rows, how what comes of it is used, and the files that only such a run has
    "translation": (
        ["--source", "a", "--target", "b", "--tokenizer", "char"],
        [["translate", "{}", "a word", "--json"], ["inspect", "{}", "--text", "a", "--json"], ["evaluate", "{}"]],
        ["source_tokenizer.json", "training/validation.pairs.json", "training/findings.json"],
    ),
    "classification": (
        ["--text", "a", "--label", "b", "--tokenizer", "char"],
        [["classify", "{}", "a word", "--json"], ["evaluate", "{}", "--json"]],
        ["training/training.labels", "training/validation.labels", "training/validation.starts"],
    ),
    "conditional": (
        ["--text", "a", "--condition", "b"],
        [["generate", "{}", "--condition", "x", "--max-new-tokens", 3, "--json"], ["evaluate", "{}", "--json"]],
        ["training/training.conditions", "training/validation.conditions", "training/training.starts"],
    ),
}


def damages(data: bytes, generator: random.Random, count: int):
    """Truncated, flipped, emptied, replaced and lengthened versions of a file."""
    yield from (b"", b"null", b"[]", b"{}", b"\0" * len(data), data + b"x", generator.randbytes(len(data)), data[8:])
    for _ in range(count):
        yield data[: generator.randrange(len(data))]
        flipped = bytearray(data)
        place = generator.randrange(len(data) if generator.random() < 0.6 else min(len(data), 700))
        flipped[place] ^= 1 << generator.randrange(8)
        yield bytes(flipped)


def commands(place: Path, reading=READING):
    return [[str(part).replace("{}", str(place)) for part in command] for command in reading]


@pytest.mark.parametrize("name", [one if one in OFTEN else pytest.param(one, marks=pytest.mark.slow) for one in FILES])
def test_a_damaged_file_is_refused_or_harmless(faults, trial, unfinished, tmp_path, name):
    generator = random.Random(name)
    place = shutil.copytree(unfinished, tmp_path / "m")
    good = (place / name).read_bytes()
    for data in damages(good, generator, 9):
        (place / name).write_bytes(data)
        before = faults.bytes_of(place)
        for command in commands(place):
            trial((name, data), *command)
        assert faults.bytes_of(place) == before
    shutil.rmtree(place)
    for number, data in enumerate(damages(good, generator, 2)):
        copy = shutil.copytree(unfinished, tmp_path / f"m{number}")
        (copy / name).write_bytes(data)
        trial((name, data), *[str(part).replace("{}", str(copy)) for part in RESUMING])


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_or_a_folder_in_its_place_is_told(trial, unfinished, tmp_path, name):
    for kind in ("missing", "folder"):
        place = shutil.copytree(unfinished, tmp_path / kind)
        (place / name).unlink()
        if kind == "folder":
            (place / name).mkdir()
        for command in [*READING, RESUMING]:
            trial((name, kind), *[str(part).replace("{}", str(place)) for part in command])


@pytest.fixture(scope="module")
def unfinished_tables(faults, cut_off, tmp_path_factory):
    """Runs of every other task that were cut off after five steps."""
    folder = tmp_path_factory.mktemp("tables")
    (folder / "t.csv").write_text("a,b\n" + "one,x\ntwo words,y\nthree,x\n" * 20, encoding="utf-8")
    small = ["--steps", 8, "--validations", 4, "--threads", 1, "--precision", "float32"]
    sizes = {"classification": ["--encoder-size", 8], "conditional": ["--hidden-size", 8]}
    for task, (options, _, _) in TABLES.items():
        chosen = sizes.get(task, ["--encoder-size", 8, "--hidden-size", 8])
        cut_off("train", folder / "t.csv", "--out", folder / task, *options, *chosen, *small)
    return folder


@pytest.mark.parametrize(("task", "name"), [(task, name) for task in TABLES for name in TABLES[task][2]])
def test_a_damaged_or_missing_file_of_another_task_is_told(faults, trial, unfinished_tables, tmp_path, task, name):
    generator, reading = random.Random(name), TABLES[task][1]
    place = shutil.copytree(unfinished_tables / task, tmp_path / "m")
    good = (place / name).read_bytes()
    for data in damages(good, generator, 4):
        (place / name).write_bytes(data)
        before = faults.bytes_of(place)
        for command in commands(place, reading):
            trial((name, data), *command)
        assert faults.bytes_of(place) == before
    for number, data in enumerate([*damages(good, generator, 1), None]):
        copy = shutil.copytree(unfinished_tables / task, tmp_path / f"m{number}")
        (copy / name).write_bytes(data) if data is not None else (copy / name).unlink()
        for command in commands(copy, [*reading, RESUMING]):
            trial((name, data), *command)


def test_a_recipe_cut_off_between_sections_is_not_filled_up_with_defaults(faults, unfinished, tmp_path):
    place = shutil.copytree(unfinished, tmp_path / "m")
    recipe = (place / "recipe.toml").read_text(encoding="utf-8")
    (place / "recipe.toml").write_text(recipe[: recipe.index("[budget]")], encoding="utf-8")
    result = faults.call("train", "--resume", place)
    assert result.code == 4
    assert result.clean, result.err
