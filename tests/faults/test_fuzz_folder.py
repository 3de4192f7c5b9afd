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
READING = [["generate", "{}", "--seed", 1, "--max-new-tokens", 3, "--json"], ["evaluate", "{}", "--json"]]
RESUMING = ["train", "--resume", "{}"]


def damages(data: bytes, generator: random.Random, count: int):
    """Truncated, flipped, emptied, replaced and lengthened versions of a file."""
    yield from (b"", b"null", b"[]", b"{}", b"\0" * len(data), data + b"x", generator.randbytes(len(data)), data[8:])
    for _ in range(count):
        yield data[: generator.randrange(len(data))]
        flipped = bytearray(data)
        place = generator.randrange(len(data) if generator.random() < 0.6 else min(len(data), 700))
        flipped[place] ^= 1 << generator.randrange(8)
        yield bytes(flipped)


def commands(place: Path):
    return [[str(part).replace("{}", str(place)) for part in command] for command in READING]


@pytest.mark.parametrize("name", FILES)
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


def test_a_recipe_cut_off_between_sections_is_not_filled_up_with_defaults(faults, unfinished, tmp_path):
    place = shutil.copytree(unfinished, tmp_path / "m")
    recipe = (place / "recipe.toml").read_text(encoding="utf-8")
    (place / "recipe.toml").write_text(recipe[: recipe.index("[budget]")], encoding="utf-8")
    result = faults.call("train", "--resume", place)
    assert result.code == 4
    assert result.clean, result.err
