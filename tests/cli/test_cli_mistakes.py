"""A mistake is met where it is made: with what the person typed, and with what they may have meant."""

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.commands import Result, call_main

Call = Callable[..., Result]


@pytest.fixture
def place(model: Path, text_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a text and two models below runs/."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    for name in ("fox", "tales"):
        (tmp_path / "runs" / name).symlink_to(model)
    (tmp_path / "fox.txt").write_text(text_file.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("command", "message", "hint"),
    [
        ("generate fox.txt", "a model is a folder. Received: fox.txt, a text.", "train fox.txt` learns it."),
        ("generate fox.txt", "Received: fox.txt", "Did you mean runs/fox?"),
        (
            "evaluate runs/fox/config.json",
            "Received: runs/fox/config.json, a file of one.",
            "name the folder: runs/fox.",
        ),
        ("generate runs/foks", "runs/foks does not exist, so it is", "did you mean runs/fox?"),
        ("generate Fox", "Fox does not exist", "did you mean runs/fox?"),
        ("evaluate runs", "runs has no config.json", "models in it: runs/"),
        ("generate .", ". has no config.json", "train .` learns the texts in it."),
        ("generate zebra", "zebra does not exist", "models here, the latest first: runs/"),
        ("generate", "unspool generate needs MODEL.", "name a model folder, the latest here: runs/"),
        ("generate runs/fox the quick", "takes fewer arguments. Received, too: quick.", "put a text of several words"),
        ("train foks.txt", "'foks.txt' does not exist.", "did you mean fox.txt?"),
        (
            "train fox.txt --no-counts order=8,min_count=2",
            "settings are options. Received: order=8,min_count=2.",
            "write --order 8 --min-count 2 in its place.",
        ),
        ("train fox.txt hidden_size=64", "Received: hidden_size=64.", "write --hidden-size 64 in its place."),
        (
            "train fox.txt --counts colour=8",
            "--counts may be followed by order=N,min_count=N. Received: colour=8.",
            "change",
        ),
        ("train fox.txt --counts=8", "--counts may be followed by order=N,min_count=N. Received: 8.", "change it"),
        ("train fox.txt --counts order=0,min_count=2", "greater than or equal to 1. Received: 0.", "change --order"),
        ("train fox.txt counts=64", "'counts=64' does not exist.", "name a file"),  # which takes no value
        ('generate ""', "MODEL must be the name of a file or a folder. Received: ''.", "write ."),
        ('train fox.txt ""', "DATA must be the name of a file or a folder. Received: ''.", "write ."),
        ('counts update runs/fox ""', "PATH... must be the name of a file or a folder. Received: ''.", "write ."),
        ('train fox.txt --out ""', "--out must be the name of a file or a folder. Received: ''.", "write ."),
        ("train fox.txt colour=64", "'colour=64' does not exist.", "name a file"),
        ("train fox.txt --from fox.txt", "a model is a folder.", "runs/"),
        ("fox.txt", "there is no command 'fox.txt'.", "`unspool train fox.txt` learns it."),
        ("runs/fox", "there is no command 'runs/fox'.", "`unspool generate runs/fox` generates with it."),
        ("trian fox.txt", "there is no command 'trian'.", "did you mean `unspool train`?"),
    ],
)
def test_what_was_meant_is_named(call: Call, command: str, message: str, hint: str) -> None:
    result = call(*shlex.split(command))
    assert result.clean
    assert len(result.error_lines) == 2
    assert message in result.error_lines[0]
    assert hint in result.error_lines[1]


def test_without_any_model_training_is_named(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("generate", "runs/first").error_lines[1].startswith("hint: train one with `unspool train`")


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("command", "message", "hint"),
    [
        ("generate runs/fox -n 0", "-n: input should be greater than or equal to 1. Received: 0.", "change -n and"),
        ("generate runs/fox --temp -1", "--temp: input should be", "change --temp and"),
        ("generate runs/fox --temp hot", "--temp: input should be", "change --temp and"),
        ("generate runs/fox -t=1 -t 2", "-t takes one value", "give -t once."),
        ("train fox.txt --lr 0", "--lr: input should be greater than 0. Received: 0.0.", "change --lr and"),
        ("train fox.txt --batch-size many", "--batch-size: ", "change --batch-size and"),
        ("train fox.txt --steps 1 --epochs 2", "exactly one of --minutes, --epochs and --steps", "change"),
        ("train fox.txt --label kind", "--label needs --text, the column of the texts", "change"),
        ("train --source-file fox.txt", "--source-file and --target-file belong together", "change"),
        (
            "train fox.txt --tie-weights --hidden-size 8 --embedding-size 4",
            "--tie-weights needs --embedding-size equal to --hidden-size (8)",
            "change",
        ),
        ("train fox.txt --beams 2", "has no option --beams", "--help-all` shows all."),
    ],
)
def test_an_option_is_named_as_it_was_typed(call: Call, command: str, message: str, hint: str) -> None:
    result = call(*command.split())
    assert (result.code, result.clean) == (2, True)
    assert message in result.error_lines[0]
    assert hint in result.error_lines[1]


@pytest.mark.usefixtures("place")
def test_a_variable_and_a_key_of_a_recipe_are_named(call: Call, place: Path) -> None:
    variable = call("generate", "runs/fox", env={"UNSPOOL_GENERATE_TEMPERATURE": "-1"})
    assert "error: UNSPOOL_GENERATE_TEMPERATURE: input should be" in variable.err
    words = call("generate", "runs/fox", env={"UNSPOOL_GENERATE_TEMPERATURE": "hot"})
    assert "UNSPOOL_GENERATE_TEMPERATURE" in words.err
    (place / "recipe.toml").write_text("[training]\nbatch_size = 0\n", encoding="utf-8")
    recipe = call("train", "fox.txt", "--config", "recipe.toml")
    assert recipe.code == 2
    assert "error: batch_size of [training] in recipe.toml: input should be" in recipe.err


def test_python_is_told_the_names_of_python(model: Path) -> None:
    import unspool
    from unspool.errors import UsageError

    with pytest.raises(UsageError, match="num_samples: input should be"):
        unspool.load(model).samples(num_samples=0)


def test_help_of_every_kind_that_cannot_be_written_ends_in_two_lines() -> None:
    """The process of each is in tests/faults/test_fault_streams.py; here, what is written."""
    for arguments in (("--help",), ("train", "--help"), ("train", "--help-all"), ("generate", "-h")):
        result = call_main(*arguments)
        assert (result.code, result.err) == (0, "")
        assert "Examples:" in result.out or arguments == ("--help",)
