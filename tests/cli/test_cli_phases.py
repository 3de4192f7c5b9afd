"""A run says what it does before, while and after it trains, and how it goes on when it was cut off."""

import json
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.commands import Result, environment
from unspool.folder.model_folder import ModelFolder
from unspool.training.progress import PlainProgress

PHASES = ["imports", "data", "network", "kernels", "training", "closing"]
ODD = "my 'first' runs/-x $(y)"


def test_every_phase_has_a_line_before_it_and_its_seconds_after_it(run, small, text_file, tmp_path):
    result = run("train", text_file, "--minutes", 0.02, "--out", tmp_path / "m", *small)
    assert result.code == 0, result.err
    expected = [
        "the engine torch was loaded in ",
        "the data were read and encoded in ",
        "a small ",  # network was trained, to time this machine
        "text: ",
        "network: ",
        "training: muon",
        "the network was built in ",
        "a first update was tried, and kernels and a validation prepared, in ",
        "training: 1.2 s, until ",
        "step ",
        "the best model was measured on what was held out in ",
    ]
    assert in_order(expected, result.err.splitlines())
    assert re.search(
        r"\ntraining: 1\.2 s, until \d\d:\d\d:\d\d; the closing figures take a little longer\.\n", result.err
    )


def in_order(starts: list[str], lines: list[str]) -> bool:
    """Whether some lines begin so, in this order, with others in between."""
    rest = iter(lines)
    return all(any(line.startswith(start) for line in rest) for start in starts)


def test_json_has_the_seconds_of_every_phase_and_whether_the_model_is_trained(call, small, text_file, tmp_path):
    result = call("train", text_file, "--steps", 2, "--json", "--out", tmp_path / "m", *small)
    values = result.json()
    assert list(values["phases"]) == PHASES
    assert all(seconds >= 0 for seconds in values["phases"].values())
    assert values["done"] is True
    assert "resume" not in values
    assert "nats on average, against" in values["untrained"]


def test_an_untrained_model_is_said_to_be_untrained(call, small, text_file, tmp_path):
    result = call("train", text_file, "--steps", 2, "--out", tmp_path / "m", *small)
    assert "\nwarning: this model is untrained: it predicts" in result.out


def interrupted(call: Callable[..., Result], *arguments: object) -> Result:
    """A command that trains, interrupted after the third update."""
    step = PlainProgress.on_step

    def on_step(self: PlainProgress, event: Any) -> None:
        step(self, event)
        if event.step == 3:
            signal.raise_signal(signal.SIGINT)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PlainProgress, "on_step", on_step)
        return call(*arguments)


def paste(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a shell does, with the `unspool` of this Python."""
    program, *rest = shlex.split(line)
    assert Path(program).name == "unspool"
    quoted = shlex.join([sys.executable, "-m", "unspool"])
    typed = f"{quoted} {line[line.index(rest[0]) :]}"
    return subprocess.run(
        ["bash", "-c", typed], cwd=folder, env=environment(), capture_output=True, text=True, timeout=120
    )


def test_an_interrupted_run_says_how_it_goes_on_and_the_command_can_be_pasted(
    call, small, text_file, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ODD).parent.mkdir()
    result = interrupted(call, "train", text_file, "--steps", 6, "--out", ODD, *small)
    assert result.code == 0, result.err
    (noted,) = re.findall(r"interrupted after update 3: `(.*)` goes on from there\.", result.err)
    (command,) = re.findall(r"\ninterrupted; to go on: (.*)\n", result.out)
    assert command == noted
    again = paste(command, tmp_path)
    assert again.returncode == 0, again.stderr
    assert f"resuming {ODD} after step 3" in again.stderr
    example = again.stdout.splitlines()[-1].removeprefix("try: ")
    generated = paste(f"{example} --max-new-tokens 5", tmp_path)
    assert generated.returncode == 0, generated.stderr


def test_json_of_an_interrupted_run_has_the_command(call, small, text_file, tmp_path):
    place = tmp_path / "a b"
    values = interrupted(call, "train", text_file, "--steps", 6, "--json", "--out", place, *small).json()
    assert values["done"] is False
    assert shlex.split(values["resume"])[1:] == ["train", "--resume", str(place)]
    history = (place / "history.jsonl").read_text(encoding="utf-8")
    assert str(tmp_path) not in history
    assert [json.loads(line)["event"] for line in history.splitlines()].count("end") == 1


def test_a_run_that_cannot_be_written_any_more_says_how_it_goes_on(call, small, text_file, tmp_path, monkeypatch):
    write = ModelFolder.write_weights

    def full(self: ModelFolder, *arguments: Any) -> None:
        (self.path / "model.safetensors").mkdir()  # a file cannot replace it
        write(self, *arguments)

    monkeypatch.setattr(ModelFolder, "write_weights", full)
    result = call("train", text_file, "--steps", 4, "--out", tmp_path / "a b", *small)
    assert result.code == 7
    note, error, hint = result.err.splitlines()[-3:]
    assert re.fullmatch(r"warning: cut off after update \d: `\S+ train --resume '.*/a b'` goes on from there\.", note)
    assert error.startswith("error: ")
    assert hint.startswith("hint: ")


def test_the_hint_for_a_cut_off_folder_can_be_pasted(call, small, text_file, tmp_path):
    place = tmp_path / "a  \tb\nc"
    assert interrupted(call, "train", text_file, "--steps", 6, "--out", place, *small).code == 0
    (place / "model.safetensors").unlink()
    hint = call("generate", place).error_lines[-1]
    (command,) = re.findall("`(.*)`", hint)
    words = subprocess.run(["bash", "-c", f"printf '%s\\0' {command}"], capture_output=True, text=True, check=True)
    assert words.stdout.split("\0")[1:-1] == ["train", "--resume", str(place)]


def test_control_characters_of_a_text_are_made_visible_in_its_samples(call, small, tmp_path):
    (tmp_path / "t.txt").write_text("\x1b[31mred\x1b[0m \x07" * 100, encoding="utf-8")
    result = call("train", tmp_path / "t.txt", "--steps", 40, "--learning-rate", 0.03, "--out", tmp_path / "m", *small)
    assert result.code == 0, result.err
    assert "\\x1b[" in result.err
    assert not re.search("[\x00-\x09\x0b-\x1f]", result.err)
