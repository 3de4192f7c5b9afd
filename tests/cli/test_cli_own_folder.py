"""Without --out every run has a folder of its own, and one that fails leaves none."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.commands import SMALL, Result, environment
from unspool.folder.lock import locked


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_two_runs_that_start_at_once_have_a_folder_each(text_file: Path, place: Path) -> None:
    command = [sys.executable, "-m", "unspool", "train", str(text_file), "--steps", "2", *SMALL]
    pipe = subprocess.PIPE
    runs = [subprocess.Popen(command, stdout=pipe, stderr=pipe, env=environment()) for _ in range(2)]
    outputs = [run.communicate(timeout=90) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], outputs
    assert sorted(path.name for path in (place / "runs").iterdir()) == ["fox", "fox-2"]
    assert all((path / "model.safetensors").exists() for path in (place / "runs").iterdir())


def test_a_name_is_not_taken_where_a_model_waits_or_another_process_is_about_to_write(
    call: Callable[..., Result], text_file: Path, place: Path
) -> None:
    (place / "runs" / "fox.replaced").mkdir(parents=True)
    with locked(place / "runs" / "fox-2"):
        result = call("train", text_file, "--steps", 1, *SMALL)
    assert result.code == 0, result.err
    assert sorted(path.name for path in (place / "runs").iterdir()) == ["fox-3", "fox.replaced"]


@pytest.mark.parametrize("arguments", [["missing.txt"], ["--label", "x"], ["small.txt", "--from", "nothing"]])
def test_a_run_that_fails_leaves_no_folder(
    call: Callable[..., Result], text_file: Path, place: Path, arguments: list[str]
) -> None:
    (place / "small.txt").write_bytes(text_file.read_bytes())
    result = call("train", *arguments)
    assert result.code in (2, 3, 4), result.err
    assert result.clean, result.err
    assert [path.name for path in place.iterdir()] == ["small.txt"]


def test_a_place_that_cannot_be_written_is_named(call: Callable[..., Result], text_file: Path, place: Path) -> None:
    (place / "runs").write_text("a file")
    result = call("train", text_file, "--steps", 1, *SMALL)
    assert result.code == 7
    assert result.clean, result.err
    assert "runs cannot be written" in result.err
