"""What goes in by argument, file or pipe, and what comes out: lines, escapes, encodings, warnings."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.commands import call_main, environment, run_process
from unspool.api import train

TINY = {"steps": 2, "threads": 1, "precision": "float32", "encoder_size": 8}
LABELS = ("first\nline", "tab\there", "back\\slash")
UNKNOWN = "warning: {} are not in the vocabulary of the model, and are read as <unk>."
LINES = b"a b\r\n\r\nc\rd\n   \ne"  # five lines; a stray CR does not end one


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier whose labels hold line ends, tabs and backslashes."""
    place = tmp_path_factory.mktemp("odd")
    rows = [{"text": f"{word} {number}", "label": label} for word, label in zip("abc", LABELS, strict=True)
            for number in range(20)]  # fmt: skip
    (place / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    train(place / "t.jsonl", out=place / "m", text="text", label="label", tokenizer="char", **TINY)
    return place / "m"


@pytest.fixture(scope="module")
def translator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("pairs")
    (place / "t.csv").write_text("en,de\n" + "the cat,die Katze\na dog,ein Hund\n" * 20, encoding="utf-8")
    train(place / "t.csv", out=place / "m", source="en", target="de", tokenizer="char", hidden_size=8, **TINY)
    return place / "m"


@pytest.mark.parametrize("top", [1, 3])
def test_classify_answers_every_line_with_a_line(classifier: Path, tmp_path: Path, top: int) -> None:
    (tmp_path / "in.txt").write_bytes(LINES)
    result = run_process("classify", classifier, "--file", tmp_path / "in.txt", "--top", top)
    assert result.code == 0
    assert result.error_lines == [UNKNOWN.format("'\\n', 'd', 'e'")]
    lines = result.out.split("\n")
    assert lines.pop() == ""
    assert [bool(line) for line in lines] == [True, False, True, False, True]
    assert all(len(line.split("\t")) == (1 if top == 1 else 6) for line in lines if line)
    written = {label.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t") for label in LABELS}
    assert {line.split("\t")[0] for line in lines if line} <= written
    assert call_main("classify", classifier, "--top", top, input=LINES).out == result.out


def test_classify_numbers_its_lines_in_json(classifier: Path) -> None:
    result = call_main("classify", classifier, "--json", "--top", 2, input=LINES)
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [row["line"] for row in rows] == [1, 2, 3, 4, 5]
    assert [row["text"] for row in rows] == ["a b", "", "c\nd", "   ", "e"]
    assert [len(row["labels"]) for row in rows] == [2, 0, 2, 0, 2]
    assert set(rows[0]["probabilities"]) == set(LABELS)
    assert rows[1]["probabilities"] == {}


@pytest.mark.parametrize("n_best", [1, 3])
def test_translate_yields_the_same_number_of_lines_for_every_line(translator: Path, n_best: int) -> None:
    result = call_main("translate", translator, "--n-best", n_best, "--max-tokens", 5, input=LINES)
    assert result.code == 0
    assert result.error_lines == [UNKNOWN.format("'b', '\\n'")]
    lines = result.out.split("\n")
    assert len(lines) == 5 * n_best + 1
    assert lines[n_best : 2 * n_best] == lines[3 * n_best : 4 * n_best] == [""] * n_best
    options = ["--n-best", n_best, "--max-tokens", 5, "--json"]
    rows = [json.loads(line) for line in call_main("translate", translator, *options, input=LINES).out.splitlines()]
    assert [(row["line"], row["source"]) for row in rows] == [(1, "a b"), (2, ""), (3, "c\nd"), (4, "   "), (5, "e")]
    assert [len(row["translations"]) for row in rows] == [n_best, 0, n_best, 0, n_best]


@pytest.mark.parametrize("form", ["lines", "table"])
@pytest.mark.parametrize("command", ["classify", "translate"])
def test_what_no_vocabulary_has_of_many_texts_is_named_once_and_then_counted(
    classifier: Path, translator: Path, tmp_path: Path, command: str, form: str
) -> None:
    known, folder, column = ("a", classifier, "--text") if command == "classify" else ("e", translator, "--source")
    signs = ["xy", *[known] * 300, *map(chr, range(0x391, 0x3A0)), "x"]  # more than are answered at once
    file = tmp_path / ("t.csv" if form == "table" else "t.txt")
    file.write_text("\n".join(["text"] * (form == "table") + signs) + "\n", encoding="utf-8")
    options = [column, "text"] if form == "table" else []
    beams = ["--beams", 1, "--max-tokens", 2] if command == "translate" else []
    result = call_main(command, folder, "--file", file, *options, *beams)
    assert result.code == 0
    assert result.error_lines == [
        UNKNOWN.format("'x', 'y'"),
        "warning: in all texts, 17 different ones are not in the vocabulary of the model.",
    ]


@pytest.mark.parametrize("command", ["classify", "translate"])
def test_what_the_vocabulary_lacks_of_a_table_to_measure_on_is_counted(
    classifier: Path, translator: Path, tmp_path: Path, command: str
) -> None:
    folder = classifier if command == "classify" else translator
    names = ("text", "label") if command == "classify" else ("en", "de")
    (tmp_path / "t.csv").write_text(f"{names[0]},{names[1]}\naxx,a\nay,b\n", encoding="utf-8")
    result = call_main("evaluate", folder, tmp_path / "t.csv")
    assert "warning: 3 of " in result.err
    assert " tokens are not in the vocabulary of the model, and are read as <unk>." in result.err


def test_more_lines_than_are_answered_at_once_stay_in_order(classifier: Path) -> None:
    texts = [f"{'abc'[number % 3]} {number}" if number % 7 else "" for number in range(600)]
    result = call_main("classify", classifier, "--json", input="\n".join(texts))
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [row["text"] for row in rows] == texts
    assert [row["line"] for row in rows] == list(range(1, 601))


@pytest.mark.parametrize("command", ["classify", "translate"])
def test_texts_and_a_file_are_not_both_given(classifier: Path, translator: Path, tmp_path: Path, command: str) -> None:
    (tmp_path / "in.txt").write_text("a\n", encoding="utf-8")
    folder = classifier if command == "classify" else translator
    result = call_main(command, folder, "a text", "--file", tmp_path / "in.txt")
    assert (result.code, result.clean) == (2, True)
    assert "Received: 1 and --file" in result.err
    assert call_main(command, folder, "--file", os.devnull).out == ""


def test_score_reads_every_form_of_a_text_alike(model: Path, tmp_path: Path) -> None:
    forms = [b"the quick\nbrown fox\n", b"the quick\r\nbrown fox\r\n", b"\xef\xbb\xbfthe quick\rbrown fox\n"]
    found = set()
    for form in forms:
        (tmp_path / "t.txt").write_bytes(form)
        found.add(call_main("score", model, "--file", tmp_path / "t.txt", "--json").out)
        found.add(call_main("score", model, "-", "--json", input=form).out)
        found.add(call_main("score", model, form.decode(), "--json").out)
    assert len(found) == 1


def test_lines_without_a_score_are_counted(model: Path, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_bytes(b"the\rfox\r\n\r\n  \nzzz\x1b[31m\n")
    result = run_process("score", model, "--file", tmp_path / "t.txt", "--per-line")
    assert result.error_lines == ["warning: 2 of 4 lines are empty, and have no score."]
    assert "\x1b" not in result.out
    assert sorted(line.split("line ")[1].split(" ", 1)[1].strip() for line in result.out.splitlines()) == [
        "the\\nfox",
        "zzz\\x1b[31m",
    ]
    rows = call_main("score", model, "--file", tmp_path / "t.txt", "--per-line", "--json").out.splitlines()
    assert sorted(json.loads(row)["line"] for row in rows) == [1, 4]
    (tmp_path / "t.txt").write_bytes(b"\r\n  \n")
    nothing = call_main("score", model, "--file", tmp_path / "t.txt", "--per-line")
    assert (nothing.code, nothing.clean) == (3, True)
    assert "there is nothing to score" in nothing.err


def test_bytes_that_are_no_text_are_replaced_and_said(model: Path, classifier: Path) -> None:
    broken, whole = b"a \xff a".decode("utf-8", "surrogateescape"), "a \ufffd a"
    warning = "warning: the text: 1 character that no Unicode text can have became U+FFFD."
    for command in (["score", model], ["classify", classifier], ["generate", model, "--prompt"]):
        result = run_process(*command, broken, "--json")
        assert result.code == 0, result.err
        assert result.error_lines == [warning]
        assert whole in result.out or command[0] == "score"
    assert run_process("score", model, whole, "--json").out == run_process("score", model, broken, "--json").out


def test_escapes_are_understood_in_prompts_and_stop_strings(model: Path) -> None:
    options = ["generate", model, "--seed", 3, "--max-tokens", 300, "--json"]
    shown = run_process(*options, "--prompt", r"dog.\n\x74he", "--stop", r"\n").json()
    assert shown["prompt"] == "dog.\nthe"
    (sample,) = shown["samples"]
    assert sample["finish_reason"] == "stop"
    assert "\n" not in sample["text"]
    literal = call_main(*options, "--prompt", r"a\nb", "--stop", r"\n", "--literal").json()
    assert literal["prompt"] == r"a\nb"
    assert literal["samples"][0]["finish_reason"] == "length"
    assert call_main(*options, "--prompt", "-", input="a\\nb").json()["prompt"] == r"a\nb"


def test_one_prompt_and_many_are_not_both_given(model: Path, tmp_path: Path) -> None:
    result = call_main("generate", model, "--prompt", "a", "--prompts", tmp_path / "none")
    assert (result.code, result.clean) == (2, True)


def test_prompts_are_lines_and_numbered(model: Path) -> None:
    options = ["generate", model, "--prompts", "-", "--json", "--max-tokens", 2]
    rows = [json.loads(line) for line in call_main(*options, input=LINES).out.splitlines()]
    assert [(row["line"], row["prompt"]) for row in rows] == [(1, "a b"), (2, ""), (3, "c\nd"), (4, "   "), (5, "e")]


def test_what_an_encoding_lacks_is_an_error_or_escaped(model: Path) -> None:
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    options = ["generate", model, "--prompt", "th\u00e9 \U0001f600", "--max-tokens", 3, "--seed", 1]
    refused = run_process(*options, env=ascii_only)
    assert (refused.code, refused.clean, refused.out) == (7, True, "")
    assert r"cannot show '\xe9' (U+00E9): its encoding is ascii" in refused.err
    assert "PYTHONIOENCODING=utf-8" in refused.err
    escaped = run_process(*options, "--json", env=ascii_only)
    assert escaped.code == 0
    assert r"th\u00e9 \ud83d\ude00" in escaped.out
    assert escaped.json() == run_process(*options, "--json").json()
    assert run_process(*options, "--no-echo", env=ascii_only).code == 0


def test_text_that_goes_into_a_pipe_comes_as_it_is_made(model: Path) -> None:
    command = [sys.executable, "-m", "unspool", "generate", str(model), "--max-new-tokens", "100000000"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        assert len(process.stdout.read(500)) == 500  # long before it ends
        assert process.poll() is None
    finally:
        process.kill()
        process.communicate()


def test_control_characters_are_visible_where_texts_are_shown(classifier: Path, translator: Path) -> None:
    for folder in (classifier, translator):
        result = call_main("inspect", folder, "--text", "a \x1b[31mred\r\nb")
        assert result.code == 0, result.err
        assert "\x1b" not in result.out
        assert r"\x1b" in result.out
    wrong = call_main("generate", translator.parent / "no\x1b[31mthing")
    assert (wrong.clean, "\x1b" in wrong.err) == (True, False)
