"""What `generate` writes: a text given by its place, samples one a line, all different, to files and into folders."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.commands import Result

Call = Callable[..., Result]


def test_the_text_is_an_argument_or_the_value_of_an_option(call: Call, model: Path) -> None:
    shown = call("generate", model, "the ", "--seed", 5).out
    assert shown.startswith("the ")
    assert shown == call("generate", model, "-p", "the ", "--seed", 5).out
    assert call("generate", model, "-", "--seed", 5, input="the ").out == shown
    twice = call("generate", model, "the ", "-p", "a ")
    assert (twice.code, twice.clean) == (2, True)
    assert "Received: TEXT and --prompt." in twice.err


def test_samples_stand_one_a_line(call: Call, model: Path) -> None:
    options = ("generate", model, "the ", "-n", 3, "--seed", 5, "--max-new-tokens", 120)
    samples = call(*options, "--json").json()["samples"]
    assert any("\n" in sample["text"] for sample in samples)
    lines = call(*options, "--lines").out.splitlines()
    assert lines == ["the " + sample["text"].replace("\n", "\\n") for sample in samples]
    assert call(*options, "--lines", "--no-echo").out.splitlines() == [line[4:] for line in lines]


def test_unique_samples_are_different_and_those_of_the_first_seeds(call: Call, names_model: Path) -> None:
    options = ("generate", names_model, "--seed", 3, "--json")
    plain = [sample["text"] for sample in call(*options, "-n", 60).json()["samples"]]
    assert len(set(plain)) < len(plain)
    found = call(*options, "-n", 4, "--unique").json()["samples"]
    assert [sample["text"] for sample in found] == list(dict.fromkeys(plain))[:4]
    assert found[0]["text"] == call(*options, "-n", 1).json()["samples"][0]["text"]


def test_too_few_different_samples_are_said(call: Call, model: Path) -> None:
    result = call("generate", model, "the ", "-n", 3, "--unique", "--temperature", 0, "--lines")
    assert len(result.out.splitlines()) == 1
    assert result.err == "warning: 1 of 60 samples are different, and 3 were requested.\n"


def test_samples_are_written_to_a_file(call: Call, model: Path, tmp_path: Path) -> None:
    options, place = ("generate", model, "the ", "-n", 3, "--seed", 5), tmp_path / "samples.txt"
    result = call(*options, "--out", place)
    assert (result.code, result.out) == (0, "")
    assert result.err == f"written to {place}.\n"
    assert place.read_text(encoding="utf-8") == call(*options).out
    refused = call(*options, "--out", place)
    assert (refused.code, refused.clean) == (7, True)
    assert call(*options, "--out", place, "--overwrite", "--json").code == 0
    assert len(json.loads(place.read_text(encoding="utf-8"))["samples"]) == 3


def test_a_folder_gets_a_file_for_each_sample(call: Call, model: Path, tmp_path: Path) -> None:
    place, prompts = tmp_path / "samples", tmp_path / "prompts.txt"
    prompts.write_text("the \na \n", encoding="utf-8")
    options = ("generate", model, "--prompts", prompts, "-n", 6, "--seed", 5)
    assert call(*options, "--out", place).code == 0
    samples = [json.loads(line) for line in call(*options, "--json").out.splitlines()]
    expected = [one["prompt"] + sample["text"] + "\n" for one in samples for sample in one["samples"]]
    written = sorted(place.iterdir())
    assert [file.name for file in written] == [f"{number:02}.txt" for number in range(1, 13)]
    assert [file.read_text(encoding="utf-8") for file in written] == expected
    assert call(*options, "--out", place).code == 7
    assert call(*options, "--out", place, "--overwrite").code == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--overwrite"], "--overwrite is for --out"),
        (["--out", "folder", "--json"], "a folder holds texts. Received: --out folder and --json."),
        (["--interactive"], "--interactive needs a terminal"),
        (["--interactive", "--json"], "--interactive writes to the terminal. Received: --json."),
        (["one", "two"], "takes fewer arguments. Received, too: two."),
    ],
)
def test_what_cannot_be_is_refused(call: Call, model: Path, options: list[str], message: str) -> None:
    result = call("generate", model, *options)
    assert (result.code, result.clean, result.out) == (2, True, "")
    assert message in result.err


def test_inspect_takes_its_text_by_its_place(call: Call) -> None:
    folder = Path(__file__).parent.parent / "folders" / "classification"
    named = call("inspect", folder, "a good day", "--json")
    assert named.code == 0, named.err
    assert named.out == call("inspect", folder, "--text", "a good day", "--json").out
    assert call("inspect", folder, "a", "--text", "b").code == 2
