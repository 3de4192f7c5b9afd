"""`unspool generate --interactive` in a pseudo-terminal: type, see it go on, change the temperature, undo, save."""

import importlib.util
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helpers.commands import call_main, unimportable
from helpers.terminals import UNSPOOL, Terminal

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("prompt_toolkit") is None, reason="prompt_toolkit is not installed"
)


@pytest.fixture(scope="module")
def counted(text_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("counts") / "fox"
    assert call_main("train", text_file, "--model", "ngram", "--order", 8, "--out", out).code == 0
    return out


@pytest.fixture
def terminal(counted: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_terminal(*arguments: object, env: dict[str, str] | None = None) -> Terminal:
        command = (*UNSPOOL, "generate", counted, "--interactive", "--temperature", 0, *arguments)
        opened.append(Terminal(*command, columns=60, env=env))
        return opened[-1]

    yield open_terminal
    for one in opened:
        one.close()


def test_a_text_is_written_in_turns(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    writing = terminal("--max-new-tokens", 10)
    writing.wait_for("0 >")
    writing.type("the quick \r")
    writing.wait_for("brown fox ")
    writing.type("\r")  # it goes on by itself
    writing.wait_for("jumps over")
    writing.type("/undo\r")
    writing.wait_for("the quick brown fox \r\n", then="0 >")  # before it, the terminal itself would take the key
    writing.type("\x1a")  # Ctrl-Z takes back the first turn as well
    writing.type("pack my \r")
    writing.wait_for("box with f")
    writing.type("/tokens 4\r/temperature 0.5\r")
    writing.wait_for("0.5 >")
    writing.type("\x1b[6~/help\r")  # PageDown
    writing.wait_for("0.4 >")
    writing.type("/temperature 0\r\r")
    writing.wait_for("ive ")
    writing.type("/again\r/text\r/save " + f"{tmp_path}/story.txt\r")
    writing.wait_for("22 characters are in ")
    assert writing.end() == 0
    assert (tmp_path / "story.txt").read_text(encoding="utf-8") == "pack my box with five \n"


def test_what_is_typed_wrong_is_said_and_nothing_is_lost(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    (tmp_path / "taken.txt").touch()
    writing = terminal("pack my ", "--max-new-tokens", 3)
    writing.wait_for("pack my \r\n")  # what stands before the first turn
    for typed, said in (
        ("/ondo", "Did you mean /undo?"),
        ("/undo", "there is no turn to take back."),
        ("/temperature hot", "/temperature takes a number. Received: hot."),
        ("/temperature -1", "greater than or equal to 0"),
        ("/save", "Received: none."),
        (f"/save {tmp_path}/taken.txt", "taken.txt exists already"),
        ("/help", "takes back the last turn"),
        ("", "box"),
    ):
        writing.type(f"{typed}\r")
        writing.wait_for(said)
    assert writing.end() == 0


def test_a_document_that_has_ended_is_followed_by_another(names_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "names"
    assert call_main("train", names_file, "--lines", "--model", "ngram", "--order", 5, "--out", out).code == 0
    writing = Terminal(*UNSPOOL, "generate", out, "--interactive", "--temperature", 0, columns=60)
    try:
        writing.wait_for(" >")
        writing.type("b\r")
        writing.wait_for("ertha")
        writing.type("c\r")
        writing.wait_for("lara")
        writing.type("/text\r")
        assert re.search(r"bertha\r\nclara", writing.wait_for("clara\r\n"))
        assert writing.end() == 0
    finally:
        writing.close()


def test_without_the_toolkit_the_extra_is_named(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    writing = terminal(env=unimportable("prompt_toolkit", "no", tmp_path))
    writing.wait_for("pip install 'unspool[interactive]'")
    assert writing.process.wait(30) == 6
