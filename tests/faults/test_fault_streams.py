"""A standard stream that is full, closed or read by nobody; and names that are not UTF-8."""

import json
import os
import subprocess
import sys
import tomllib

import pytest

from helpers.commands import environment


def shell(faults, redirection, *arguments):
    """Run a command with a redirection, in bytes throughout."""
    script = f'"$@" {redirection}'
    command = ["sh", "-c", script, "sh", sys.executable, "-m", "unspool", *map(os.fsencode, map(str, arguments))]
    done = subprocess.run(command, capture_output=True, env=environment(), timeout=120, stdin=subprocess.DEVNULL)
    return faults.Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def is_told(result):
    return result.code == 7 and result.clean and "standard output cannot be written: " in result.err


@pytest.mark.parametrize("redirection", [">/dev/full", ">&-"])
@pytest.mark.parametrize("arguments", [["generate", "--seed", 1], ["evaluate", "--json"]])
def test_output_that_cannot_be_written_ends_in_two_lines(faults, finished, redirection, arguments):
    result = shell(faults, redirection, arguments[0], finished, *arguments[1:])
    assert is_told(result), result
    assert len(result.error_lines) == 2


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["generate", "--help-all"], ["--version"]])
def test_help_that_cannot_be_written_ends_in_two_lines(faults, arguments):
    result = shell(faults, ">/dev/full", *arguments)
    assert is_told(result), result
    assert len(result.error_lines) == 2


def test_training_whose_last_words_cannot_be_written_leaves_a_whole_model(faults, fox, tmp_path):
    result = shell(faults, ">/dev/full", "train", fox, "--out", tmp_path / "m", "--steps", 2, *faults.small)
    assert is_told(result), result
    assert faults.call("generate", tmp_path / "m", "--seed", 1).code == 0


@pytest.mark.parametrize(
    "redirection",
    [
        pytest.param("2>/dev/full", marks=pytest.mark.slow),
        pytest.param("2>&-", marks=pytest.mark.engines),
        pytest.param("2>&1 >/dev/null | true", marks=pytest.mark.slow),
    ],
)
def test_progress_that_cannot_be_written_ends_no_run(faults, fox, tmp_path, redirection):
    result = shell(faults, redirection, "train", fox, "--out", tmp_path / "m", "--steps", 5, *faults.small)
    assert (result.code, result.err) == (0, "")
    assert ("try: " in result.out) == ("|" not in redirection)
    assert faults.call("generate", tmp_path / "m", "--seed", 1).code == 0


@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-"])
def test_an_error_that_cannot_be_written_keeps_its_exit_code(faults, tmp_path, redirection):
    assert shell(faults, redirection, "generate", tmp_path / "none").code == 4


def test_names_that_are_not_utf8_are_used_and_written_with_replacements(faults, fox, tmp_path):
    text, place = (tmp_path / os.fsdecode(name) for name in (b"\xff\xfe.txt", b"o\xff"))
    text.write_bytes(fox.read_bytes())
    result = shell(faults, "", "train", text, "--out", place, "--steps", 2, *faults.small)
    assert result.code == 0, result.err
    recipe = tomllib.loads((place / "recipe.toml").read_text(encoding="utf-8"))
    assert recipe["data"]["sources"] == ["\ufffd\ufffd.txt"]
    assert "o\ufffd" in (place / "README.md").read_text(encoding="utf-8")
    assert all(map(json.loads, (place / "history.jsonl").read_text(encoding="utf-8").splitlines()))
    assert faults.call("generate", place, "--seed", 1).code == 0
