"""A task is one file and one row: with these, every command and `load` know it."""

import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from helpers.commands import Result, environment

RUN = """
import sys
from unspool.tasks.registry import ROWS, Command, Row

ROWS["reversal"] = Row(
    name="reversal",
    recipe="helpers.toy_task:ReversalRecipe",
    config="helpers.toy_task:ReversalConfig",
    task="helpers.toy_task:Reversal",
    model="helpers.toy_task:Reverser",
    command=Command("reverse", "helpers.toy_task:reverse", "Reverse words.", ("mirror",)),
    implied_by=(("backwards",),),
)
"""
MAIN = "from unspool.cli.main import main; main()"
LOAD = "from unspool import load; model = load(sys.argv[1]); print(type(model).__name__, *model.reverse(sys.argv[2:]))"
TESTS = Path(__file__).parents[1]


def process(code: str, *arguments: object) -> Result:
    """A process that knows the task."""
    command = [
        sys.executable,
        "-c",
        f"import sys; sys.path.append({str(TESTS)!r})\n{RUN}\n{code}",
        *map(str, arguments),
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=120)
    return Result(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("words") / "words.txt"
    path.write_text("".join(f"{''.join(letters)}\n" for letters in product("abcde", repeat=3)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def model(words: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `train` learns of the task that `--backwards` implies."""
    path = tmp_path_factory.mktemp("model") / "reverser"
    options = ["--steps", 150, "--threads", 1, "--learning-rate", 0.01, "--hidden-size", 48, "--validations", 2]
    trained = process(MAIN, "train", words, "--backwards", *options, "--out", path)
    assert trained.code == 0, trained.err
    assert "words: 113 to learn, 12 held out." in trained.err
    assert re.search(
        r"of the held-out words are reversed\.\nreport: \S*/report\.html\ntry: \S*unspool reverse ", trained.out
    )
    return path


def test_its_command_reverses_words(model: Path) -> None:
    reversed_words = process(MAIN, "reverse", model, "abc", "edd")
    assert (reversed_words.code, reversed_words.out) == (0, "cba\ndde\n"), reversed_words.err


def test_evaluate_measures_it_on_what_was_held_out_and_on_other_words(model: Path, words: Path) -> None:
    figures = process(MAIN, "evaluate", model, "--json").json()
    assert figures == {"exact": 1.0, "words": 12}
    assert process(MAIN, "evaluate", model, words, "--json").json()["words"] == 125
    refused = process(MAIN, "evaluate", model, words, "--label", "kind")
    assert (refused.code, refused.clean) == (2, True)
    assert "must be one that reversal has. Received: --label, a setting of classification" in refused.err


def test_load_returns_its_class_and_other_commands_name_it(model: Path) -> None:
    assert process(LOAD, model, "bca").out == "Reverser acb\n"
    refused = process(MAIN, "generate", model)
    assert (refused.code, refused.clean) == (2, True)
    assert "a reverser.\nhint: use `unspool reverse`." in refused.err


def test_help_shows_its_option_and_its_command() -> None:
    said = " ".join(process(MAIN, "train", "--help-all").out.split())
    assert "Reversal: --backwards Learns to reverse the words. [for reversal only]" in said
    assert " reverse Reverse words." in " ".join(process(MAIN, "--help").out.split())
    assert "did you mean `unspool reverse`?" in process(MAIN, "mirror").err


def test_a_setting_that_is_not_its_own_is_refused(words: Path, tmp_path: Path) -> None:
    refused = process(MAIN, "train", words, "--backwards", "--pooling", "max", "--out", tmp_path / "m")
    assert (refused.code, refused.clean) == (2, True)
    assert "must be one that reversal has. Received: --pooling, a setting of classification" in refused.err
    both = process(MAIN, "train", words, "--backwards", "--label", "kind", "--out", tmp_path / "m")
    assert (both.code, both.clean) == (2, True)
