"""What runs and measurements say besides figures: where a model went, why it has no counts, what a page is called."""

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.commands import SENTENCE, Result, call_main
from unspool.tasks.language.further import Further

TINY = ["--steps", 2, "--threads", 1, "--precision", "float32"]
SIZES = ["--hidden-size", 8, "--embedding-size", 8, "--dropout", 0]
Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a file into the folder that is the current one, and return its name."""
    monkeypatch.chdir(tmp_path)

    def written(name: str, text: str) -> str:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
        return name

    return written


def trained(*arguments: object) -> Result:
    result = call_main("train", *arguments, *TINY)
    assert result.code == 0, result.err
    return result


def test_files_of_a_folder_name_the_model_and_a_number_is_said(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [write(f"names/{name}.txt", "anna\nbertha\nclara\n" * 9) for name in ("german", "italian")]
    first = trained(*files, "--lines", *SIZES)
    second = trained(*files, "--lines", *SIZES)
    assert Path("runs/names/config.json").is_file()
    assert Path("runs/names-2/config.json").is_file()
    assert "was there before" not in first.err
    assert "runs/names was there before, so this model is runs/names-2." in second.err
    Path("below").mkdir()
    monkeypatch.chdir("below")
    loose = [write(f"../{name}.txt", "anna\nbertha\nclara\n" * 9) for name in ("emma", "dora")]
    trained(*loose, "--lines", *SIZES)
    assert Path("runs/emma/config.json").is_file()


def test_why_there_are_no_counts_is_said(write: Write) -> None:
    reason = "It is too short, or has too few documents, for counts beside the network."
    text = write("short.txt", SENTENCE * 60)
    assert reason in trained(text, *SIZES).err
    assert reason not in trained(text, *SIZES, "--no-counts").err
    table = write("people.csv", "name,kind\n" + "anna,x\nbertha,y\n" * 30)
    conditioned = trained(table, "--text", "name", "--condition", "kind", "--encoder-size", 8, *SIZES)
    assert "They are too short, or too few, for counts beside the network." in conditioned.err
    few = write("few.csv", "text,label\n" + "anna,x\nbertha,y\n" * 15)
    labelled = trained(few, "--text", "text", "--label", "label", "--encoder-size", 8)
    assert "counts: none beside the network; they need 40 rows to learn." in labelled.err


def test_counts_that_do_not_help_are_left_out_and_that_is_said(write: Write) -> None:
    """Two characters at random, of which nobody can know more than that."""
    text = write("coins.txt", "".join(random.Random(0).choices("ab", k=50_000)))
    result = call_main("train", text, *SIZES, "--steps", 100, "--threads", 1)
    assert result.code == 0, result.err
    assert "counts beside the network do not help it, and were left out" in result.err
    assert not Path("runs/coins/counts.safetensors").exists()


def test_pages_that_are_written_are_named(write: Write) -> None:
    table = write("t.csv", "text,label\n" + "the cat,x\na dog,y\n" * 20)
    trained(table, "--text", "text", "--label", "label", "--encoder-size", 8, "--out", "m")
    for command in (["evaluate", "m", table], ["inspect", "m", "the cat"]):
        done = call_main(*command, "--html", "a page.html")
        assert done.code == 0, done.err
        assert "page: a page.html\n" in done.out + done.err


def test_a_sample_of_a_classifier_says_whether_it_is_right(write: Write) -> None:
    table = write("t.csv", "text,label\n" + "".join(f"line {n},{'xyz'[n % 3]}\n" for n in range(60)))
    said = [
        found
        for seed in range(6)
        for found in re.findall(
            r"sample: [xyz] \(\d+%, (.*?)\): line",
            trained(
                table, "--text", "text", "--label", "label", "--encoder-size", 8, "--seed", seed, "--validations", 1
            ).err,
        )
    ]
    assert "right" in said
    assert any(re.fullmatch("wrong, it is [xyz]", one) for one in said), said


@pytest.mark.parametrize(("after", "gained"), [(1.9, True), (2.0, False), (2.2, False)])
def test_whether_reading_a_text_has_gained_anything_is_said(after: float, gained: bool) -> None:
    said = Further("own.txt", 100, 2.0, after, (2.4, 2.3), {}, {}).summary
    assert ("It has gained nothing by that; `unspool forget` takes it out again." in said) is not gained
