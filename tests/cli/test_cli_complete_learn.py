"""`unspool complete --learn`: what is typed is counted in the model folder, and `forget` takes it out again."""

import importlib.util
import os
import shutil
import signal
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import unspool
from helpers.commands import Result, call_main
from helpers.counted import with_counts
from helpers.terminals import UNSPOOL, Terminal
from helpers.typed import learnt
from unspool.folder.typed import JOURNAL, note_typed, typed_texts

NEW = "the sphinx of quartz vexes jumpy wizards."
PROMPT = "\x1b[?2004h"  # what a terminal receives once it takes keys one by one
TIMES = 5  # that it is typed before it outweighs the one sentence that the models have learnt
needs_toolkit = pytest.mark.skipif(
    importlib.util.find_spec("prompt_toolkit") is None, reason="prompt_toolkit is not installed"
)


def files_of(folder: Path) -> dict[str, bytes]:
    """All files of a folder, those of `training/` too."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def once_counted(text_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("counts") / "fox"
    assert call_main("train", text_file, "--model", "ngram", "--order", 6, "--out", out).code == 0
    return out


@pytest.fixture
def counted(once_counted: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(once_counted, tmp_path / "fox"))


@pytest.fixture(scope="module")
def mixed(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_counts(model, tmp_path_factory.mktemp("mixed") / "mixed")


@pytest.fixture
def terminal(counted: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_terminal() -> Terminal:
        opened.append(Terminal(*UNSPOOL, "complete", counted, "--interactive", "--learn", "--min-saving", "0.1"))
        opened[-1].wait_for(PROMPT)
        return opened[-1]

    yield open_terminal
    for one in opened:
        one.close()


@needs_toolkit
def test_a_line_is_suggested_once_it_was_typed_and_is_forgotten_exactly(
    terminal: Callable[..., Terminal], counted: Path, run: Callable[..., Result]
) -> None:
    before = files_of(counted)
    typing = terminal()
    for _ in range(TIMES):
        typing.type(f"{NEW}\r")
        typing.wait_for(PROMPT)
    typing.type("the sphi")
    typing.wait_for("jumpy")  # grey, from what was typed in this very session
    typing.type("\x15\x04")  # Ctrl-U clears the line, Ctrl-D ends
    typing.wait_for("counting what was typed.")
    assert typing.process.wait(60) == 0
    assert not (counted / JOURNAL).exists()
    assert run("complete", counted, "the sphi", "-n", 1).out.split()[1] == "nx"
    card = (counted / "README.md").read_text(encoding="utf-8")
    assert f"It has since counted {TIMES * (len(NEW) + 1)} characters that were typed into it" in card
    assert {path.name for path in counted.parent.iterdir()} == {"fox"}
    assert run("forget", counted).code == 0
    assert files_of(counted) == before


@needs_toolkit
@pytest.mark.parametrize("ends", ["ctrl-c", "killed"])
def test_what_was_finished_is_kept_whatever_ends_the_session(
    terminal: Callable[..., Terminal], counted: Path, ends: str
) -> None:
    before = files_of(counted)
    typing = terminal()
    typing.type(f"{NEW}\r")
    typing.wait_for(PROMPT)
    if ends == "ctrl-c":
        typing.type("half a li\x03")
        typing.wait_for("counting what was typed.")
        assert typing.process.wait(60) == 130
        assert not (counted / JOURNAL).exists()
    else:
        while not (counted / JOURNAL).exists():
            typing.wait_for("")
        os.kill(typing.process.pid, signal.SIGKILL)
        typing.process.wait()
        assert typed_texts(counted) == [f"{NEW}\n"]
        assert stat.S_IMODE((counted / JOURNAL).stat().st_mode) == 0o600
        assert {name: data for name, data in files_of(counted).items() if name != JOURNAL} == before
        assert call_main("complete", counted, "the sphi", "--learn").code == 0  # counts what was left, too
    assert call_main("complete", counted, "the sphi", "-n", 1).out.split()[1] == "nx"
    assert call_main("forget", counted).code == 0
    assert files_of(counted) == before


def test_what_is_typed_is_not_learnt_unless_that_is_asked_for(counted: Path) -> None:
    before = files_of(counted)
    assert call_main("complete", counted, NEW).code == 0
    assert files_of(counted) == before


def test_a_text_that_is_completed_once_is_learnt_after_that(counted: Path) -> None:
    before = files_of(counted)
    first = call_main("complete", counted, NEW, "--learn", "--json")
    assert first.code == 0
    assert f"what is typed is kept in {counted}, counted; " in first.err
    assert f"forget {counted} takes it out again." in first.err
    assert "sphinx" not in str(first.json()["completions"])
    assert call_main("complete", counted, NEW, "--learn").code == 0
    card = (counted / "README.md").read_text(encoding="utf-8")
    assert card.count("It has since counted") == 1
    assert f"It has since counted {2 * len(NEW)} characters" in card
    assert call_main("forget", counted).code == 0
    assert files_of(counted) == before


def test_a_mixture_learns_into_its_counts_alone(mixed: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(mixed, tmp_path / "mixed"))
    before = files_of(folder)
    model = unspool.load(folder)
    assert isinstance(model, unspool.TextModel)
    with model.session(learn=True) as session:
        session.learn(f"{NEW}\n" * TIMES)
        session.edit("the sphi")
        assert session.suggestions()[0].text == "nx"
    after = files_of(folder)
    assert {name for name in before if after[name] != before[name]} == {"README.md", "counts.safetensors"}
    assert after["model.safetensors"] == before["model.safetensors"]
    bits = [unspool.load(path).score(f"{NEW}\n").bits_per_character for path in (mixed, folder)]  # type: ignore[attr-defined]
    assert bits[1] < bits[0]
    assert model.score(f"{NEW}\n").bits_per_character == bits[1]  # the model itself went on as the new one
    model.forget()
    assert files_of(folder) == before


def test_lines_that_are_documents_are_learnt_as_such(names_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "names"
    assert call_main("train", names_file, "--lines", "--model", "ngram", "--order", 5, "--out", folder).code == 0
    model = unspool.load(folder)
    assert isinstance(model, unspool.TextModel)
    with model.session(learn=True) as session:
        session.learn("ottilie\n" * 2 * TIMES)
        session.edit("anna\not")
        one, *_ = session.suggestions()
        session.edit("ot")
        assert one == session.suggestions()[0]  # a line begins anew
        session.edit("anna\notti")
        assert "lie\n" in [one.written for one in session.suggestions(3)]
    assert model.complete("ot", 1)[0].text == "tilie"
    assert model.complete("anna\not", 1) == model.complete("ot", 1)


@pytest.mark.parametrize("interactive", [False, True])
def test_what_cannot_learn_is_refused(model: Path, call: Callable[..., Result], interactive: bool) -> None:
    before = files_of(model)
    done = call("complete", model, "the ", "--learn", *(["--interactive"] if interactive else []))
    assert done.clean
    assert done.code == 2
    assert "terminal" in done.err if interactive else "which has none beside its network" in done.err
    assert files_of(model) == before


def test_pruned_counts_are_refused(model: Path, tmp_path: Path) -> None:
    pruned = with_counts(model, tmp_path / "pruned", min_count=30)
    before = files_of(pruned)
    done = call_main("complete", pruned, "the ", "--learn")
    assert done.clean
    assert done.code == 2
    assert "rare n-grams were pruned from its counts" in done.err
    assert "let `unspool adapt` read that" in done.err  # its network learns it
    assert files_of(pruned) == before


@pytest.mark.parametrize("name", ["conditional", "classification"])
def test_models_without_counts_of_a_text_are_refused(name: str, call: Callable[..., Result]) -> None:
    done = call("complete", Path(__file__).parent.parent / "folders" / name, "x", "--learn")
    assert done.clean
    assert done.code == 2


def test_what_would_lose_what_was_learnt_is_refused(counted: Path, text_file: Path) -> None:
    assert call_main("complete", counted, NEW, "--learn").code == 0
    done = call_main("counts", "update", counted, text_file)
    assert done.clean
    assert done.code == 4
    assert "needs a model as it was made" in done.err
    assert call_main("forget", counted).code == 0
    assert call_main("counts", "update", counted, text_file).code == 0


def test_what_was_typed_and_is_not_counted_yet_is_not_lost_when_the_counts_change(
    counted: Path, tmp_path: Path
) -> None:
    (tmp_path / "more.txt").write_text(NEW, encoding="utf-8")
    note_typed(counted, "killed", f"{NEW}\n")
    for change in ("update", "remove"):
        refused = call_main("counts", change, counted, tmp_path / "more.txt")
        assert (refused.code, refused.clean) == (4, True)
        assert "which has read more since" in refused.err
        assert typed_texts(counted) == [f"{NEW}\n"]
    assert call_main("forget", counted).code == 0
    assert call_main("counts", "update", counted, tmp_path / "more.txt").code == 0


def test_nothing_is_promised_where_nothing_can_be_learnt(text_file: Path, tmp_path: Path) -> None:
    pruned = tmp_path / "pruned"
    options = ("--order", 4, "--min-count", 2)
    assert call_main("train", text_file, "--model", "ngram", *options, "--out", pruned).code == 0
    refused = call_main("complete", pruned, "the ", "--learn")
    assert refused.clean
    assert refused.error_lines[0].startswith("error: what is typed is learnt by counts that are whole.")
    assert len(refused.error_lines) == 2


@pytest.mark.parametrize("pieces", [["thec", "at\n"], ["thecat\n"], ["the", "cat", "\n"]])
def test_a_line_that_is_learnt_in_pieces_is_one_document(names_file: Path, tmp_path: Path, pieces: list[str]) -> None:
    folder = tmp_path / "names"
    assert call_main("train", names_file, "--lines", "--model", "ngram", "--order", 5, "--out", folder).code == 0
    copies = [shutil.copytree(folder, tmp_path / name) for name in ("pieces", "whole")]
    assert learnt(copies[0], pieces, "the") == learnt(copies[1], ["thecat\n"], "the")
