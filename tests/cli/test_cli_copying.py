"""How much a model copies, and no long copies, on the command line."""

import os
import shutil
import threading
from pathlib import Path

import pytest

from helpers.commands import call_main, run_process
from helpers.small import small_text


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Markov chain that has memorised its text."""
    place = tmp_path_factory.mktemp("copying")
    (place / "small.txt").write_text(small_text(), encoding="utf-8")
    options = ("--model", "ngram", "--order", 12, "--out", place / "model")
    assert call_main("train", place / "small.txt", *options).code == 0
    return place / "model"


def test_evaluate_shows_how_much_is_copied(counted: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    result = run_process("evaluate", counted, "--copying", "--json", "--html", page)
    assert result.code == 0, result.err
    figures = result.json()["copying"]
    assert set(figures) == {"generated", "held_out", "training_characters"}
    assert set(figures["generated"]) == {"characters", "shares", "word_shares", "longest"}
    assert list(figures["held_out"]["shares"]) == ["10", "20", "30", "50"]
    assert figures["generated"]["longest"]["where"].endswith(f"small.txt, line {_line(figures)}")
    assert [line.split()[0] for line in result.error_lines] == ["copying:", "copying:"]
    drawn = page.read_text(encoding="utf-8")
    assert "in spans of 20 characters or more" in drawn
    assert "What was generated" in drawn
    told = call_main("evaluate", counted, "--copying").out
    assert f"{figures['generated']['shares']['10']:.2%}" in told
    assert 'longest, held out: "' in told


def _line(figures: dict[str, dict[str, dict[str, str]]]) -> str:
    text = small_text()
    return f"{text[: text.index(figures['generated']['longest']['text'])].count(chr(10)) + 1:,}"


def test_other_data_are_compared_in_place_of_the_held_out_part(counted: Path, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text(small_text(60)[:900], encoding="utf-8")  # the beginning of what was learnt
    figures = call_main("evaluate", counted, tmp_path / "other.txt", "--copying", "--json").json()["copying"]
    assert figures["held_out"]["shares"]["50"] == 1.0
    assert figures["held_out"]["longest"]["characters"] == 900


def test_generate_keeps_copies_short(counted: Path) -> None:
    options = ("--seed", 1, "--max-tokens", 80, "-t", 0.3, "--no-echo")
    free = call_main("generate", counted, *options).out
    short = call_main("generate", counted, "--max-copy", 9, *options).out
    several = call_main("generate", counted, "--max-copy", 9, "-n", 2, *options).out
    known, text = small_text(), short.rstrip("\n")
    assert any(free[start : start + 10] in known for start in range(len(free) - 10))
    assert not any(text[start : start + 10] in known for start in range(len(text) - 9))
    assert text in several


@pytest.mark.parametrize("model", [("--model", "ngram", "--order", 12), ("--steps", 2, "--hidden-size", 4)])
def test_a_pipe_is_not_read_again(tmp_path: Path, model: tuple[object, ...]) -> None:
    pipe, place = tmp_path / "small.txt", tmp_path / "model"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(small_text(),), daemon=True)
    writer.start()
    assert run_process("train", pipe, "--out", place, *model).code == 0
    assert run_process("evaluate", place, "--copying", "--json").json()["copying"]["generated"]["characters"] > 0
    writer.join()


def test_without_the_training_text_it_is_two_lines(counted: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(counted, bare, ignore=shutil.ignore_patterns("training"))
    for command in (("generate", bare, "--max-copy", 9), ("evaluate", bare, "--copying")):
        result = call_main(*command)
        assert (result.code, result.clean, result.out) == (4, True, "")
        assert "compares with the training text, which must be in the model folder" in result.err
    assert call_main("generate", bare, "--max-tokens", 5).code == 0


def test_a_limit_that_cannot_be_is_refused(counted: Path) -> None:
    result = call_main("generate", counted, "--max-copy", -1)
    assert (result.code, result.clean) == (2, True)
    assert "max_copy" in result.err or "--max-copy" in result.err
