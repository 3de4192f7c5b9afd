"""`unspool complete`, in the shell and in a terminal."""

import importlib.util
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import unspool
from helpers.commands import SENTENCE, Result, call_main, unimportable
from helpers.terminals import UNSPOOL, Terminal


@pytest.fixture(scope="module")
def counted(text_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("counts") / "fox"
    assert call_main("train", text_file, "--model", "ngram", "--order", 6, "--out", out).code == 0
    return out


def test_a_process_prints_the_likeliest_words_after_their_probabilities(
    counted: Path, run: Callable[..., Result]
) -> None:
    result = run("complete", counted, "the quick br", "-n", 2)
    assert result.code == 0
    probability, word = result.out.splitlines()[0].split()
    assert word == "own"
    assert 0.5 < float(probability) <= 1
    assert run("complete", counted, "the quick br", "-n", 2).out == result.out


def test_json_has_all_that_is_known_of_each(counted: Path, call: Callable[..., Result]) -> None:
    found = call("complete", counted, "the quick br", "--json", "-n", 1).json()
    assert found["text"] == "the quick br"
    (one,) = found["completions"]
    assert set(one) == {"text", "probability", "ending", "ending_probability", "saving"}
    assert (one["text"], one["ending"]) == ("own", " ")
    assert one["saving"] == pytest.approx(3 * one["ending_probability"])


def test_a_line_is_completed_to_its_end(counted: Path, call: Callable[..., Result]) -> None:
    result = call("complete", counted, "pack my box with", "--until", "line", "-n", 1, "--json")
    assert result.json()["completions"][0]["text"] == " five dozen jugs."


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_standard_input_is_completed_as_it_stands(
    counted: Path, call: Callable[..., Result], arguments: list[str]
) -> None:
    found = call("complete", counted, *arguments, "--json", input="the quick br").json()
    assert found["completions"][0]["text"] == "own"
    after = call("complete", counted, *arguments, "--json", input="jugs.\n").json()
    assert after["completions"][0]["text"] == "the"


def test_a_network_completes_too_and_python_says_the_same(model: Path, call: Callable[..., Result]) -> None:
    said = call("complete", model, "the quick ", "--json").json()["completions"]
    opened = unspool.load(model)
    assert isinstance(opened, unspool.TextModel)
    found = opened.complete("the quick ")
    assert [one.text for one in found] == [one["text"] for one in said]
    assert [one.probability for one in found] == sorted((one.probability for one in found), reverse=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x", "-n", "0"], "n: input should be greater than or equal to 1"),
        (["x", "--until", "page"], "until"),
        (["x", "--min-saving", "1"], "--min-saving is for --interactive"),
        (["--interactive"], "--interactive needs a terminal"),
        (["--interactive", "--json"], "--interactive writes to the terminal"),
    ],
)
def test_what_cannot_be_is_refused(
    counted: Path, call: Callable[..., Result], arguments: list[str], message: str
) -> None:
    result = call("complete", counted, *arguments)
    assert result.clean
    assert result.code == 2
    assert message in result.err


def test_a_classifier_completes_nothing(call: Callable[..., Result]) -> None:
    folder = Path(__file__).parent.parent / "folders" / "classification"
    result = call("complete", folder, "x")
    assert result.clean
    assert "use `unspool classify`" in result.err


def test_evaluate_types_and_says_what_is_saved(counted: Path, run: Callable[..., Result], tmp_path: Path) -> None:
    text = tmp_path / "more.txt"
    text.write_text(SENTENCE * 3, encoding="utf-8")
    result = run("evaluate", counted, text, "--keystrokes")
    assert result.code == 0
    assert "keys saved on 237 characters" in result.out
    found = call_main("evaluate", counted, text, "--keystrokes", "--json").json()["keystrokes"]
    assert found["oracle"]["words_1"] >= found["model"]["words_1"] > 0.4
    assert "keystrokes" not in call_main("evaluate", counted, text, "--json").json()


@pytest.fixture
def terminal(counted: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_terminal(*arguments: object, env: dict[str, str] | None = None) -> Terminal:
        opened.append(Terminal(*UNSPOOL, "complete", counted, "--interactive", *arguments, env=env))
        return opened[-1]

    yield open_terminal
    for one in opened:
        one.close()


@pytest.mark.skipif(importlib.util.find_spec("prompt_toolkit") is None, reason="prompt_toolkit is not installed")
def test_tab_accepts_a_suggestion_and_ctrl_right_a_word_of_it(terminal: Callable[..., Terminal]) -> None:
    typing = terminal("--min-saving", "0.1")
    typing.wait_for("the quick brown")  # grey, before the first key
    typing.type("the quick br")
    typing.type("\x1b[1;5C\r")  # Ctrl-Right writes "own ", which saves three keys
    typing.wait_for("\n", "the quick brown")  # before the first key of the next line
    typing.type("\t\r")
    typing.wait_for("\n", "> ")
    typing.type("\x04")  # Ctrl-D
    said = typing.wait_for("keys were saved.")
    saved, characters = map(int, re.findall(r"(\d+) of (\d+) keys", said)[0])
    assert characters >= 2 * len("the quick brown ")
    assert saved == characters - len("the quick br") - 2  # the two keys that accepted
    assert typing.process.wait(30) == 0


def test_without_the_toolkit_the_extra_is_named(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    typing = terminal(env=unimportable("prompt_toolkit", "no", tmp_path))
    typing.wait_for("pip install 'unspool[interactive]'")
    assert typing.process.wait(30) == 6


def test_where_nothing_is_known_that_is_said(text_file: Path, tmp_path: Path) -> None:
    counting = ("--model", "ngram", "--order", 2, "--tokenizer", "word", "--out", tmp_path / "words")
    assert call_main("train", text_file, *counting).code == 0
    done = call_main("complete", tmp_path / "words", "the zzz")
    assert (done.code, done.out) == (0, "")
    assert "the model knows nothing that continues this text" in done.err
