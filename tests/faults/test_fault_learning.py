"""A session that learns is cut off anywhere: the model is whole, and what was typed is counted once."""

import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

import unspool
from helpers.commands import SENTENCE, call_main
from helpers.forked import exit_code, forked
from unspool.engines.ngram.model import model_from_arrays
from unspool.engines.ngram.recounting import counts_of_model
from unspool.errors import OutputError
from unspool.folder import copies
from unspool.folder.lock import locked
from unspool.folder.model_folder import ModelFolder
from unspool.folder.typed import JOURNAL, typed_texts

OWN = "five wizards judge my vow.\n"


class Killed(BaseException):
    """Ends what runs, wherever it is."""


@pytest.fixture(scope="module")
def once_counted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("counted")
    (place / "fox.txt").write_text(SENTENCE * 20, encoding="utf-8")
    done = call_main("train", place / "fox.txt", "--model", "ngram", "--order", 4, "--out", place / "fox")
    assert done.code == 0
    return place / "fox"


@pytest.fixture
def counted(once_counted: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(once_counted, tmp_path / "fox"))


def tokens_of(folder: Path) -> int:
    """The number of tokens that are counted in a model."""
    return int(counts_of_model(model_from_arrays(ModelFolder(folder).read_weights())).counts.sum())


def opened(folder: Path) -> unspool.TextModel:
    model = unspool.load(folder)
    assert isinstance(model, unspool.TextModel)
    return model


@pytest.mark.parametrize("place", ["write_atomically", "set_aside", "_move"])
def test_one_that_is_killed_while_it_is_kept_is_counted_once(
    counted: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    before, session = tokens_of(counted), opened(counted).session(learn=True)
    session.learn(OWN * 5)

    def killed(*given: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(copies, place, killed)
        with pytest.raises(Killed):
            session.close()
    if place == "_move":  # the process ended between two moves
        with pytest.warns(unspool.ModelFolderWarning, match="the earlier one is opened"):
            assert opened(counted).score(SENTENCE).bits_per_byte > 0
        copies.rewrite(counted, lambda folder: None)
    with opened(counted).session(learn=True) as again:
        again.edit("five wiz")
        assert again.suggestions()[0].text == "ards"  # what was noted is known at once
    assert tokens_of(counted) == before + 5 * len(OWN)
    assert [path.name for path in counted.parent.iterdir()] == ["fox"]


def test_two_sessions_at_once_are_both_counted(counted: Path) -> None:
    before = tokens_of(counted)
    one, other = (opened(counted).session(learn=True) for _ in range(2))
    one.learn(OWN)
    other.learn(OWN)
    one.learn(OWN)
    one.close()
    other.learn(OWN)
    other.close()
    assert tokens_of(counted) == before + 4 * len(OWN)
    assert not (counted / JOURNAL).exists()


def test_a_folder_that_is_written_by_another_keeps_nobody_from_typing(counted: Path) -> None:
    before, session, waited = tokens_of(counted), opened(counted).session(learn=True), list[str]()
    release, held = threading.Event(), threading.Event()

    def hold() -> None:
        with locked(counted):
            held.set()
            release.wait()

    def on_wait(holder: str) -> None:
        waited.append(holder)
        release.set()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    with pytest.warns(unspool.ModelFolderWarning, match="what was typed is kept when the session ends"):
        session.learn(OWN)
    with pytest.raises(OutputError, match="one process at a time"):
        opened(counted).session(learn=True)
    session.close(on_wait)
    thread.join()
    assert waited
    assert tokens_of(counted) == before + len(OWN)


@pytest.mark.parametrize(("of_folder", "of_parent"), [(0o555, 0o777), (0o777, 0o555)])
def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_typed(
    once_counted: Path, of_folder: int, of_parent: int
) -> None:
    parent = Path(tempfile.mkdtemp())
    folder = Path(shutil.copytree(once_counted, parent / "fox"))

    def run() -> None:
        if os.geteuid() == 0:
            os.setuid(65534)
        with pytest.raises(OutputError, match="cannot be written"):
            opened(folder).session(learn=True)

    try:
        folder.chmod(of_folder)
        parent.chmod(of_parent)
        assert exit_code(forked(run)) == 0
        assert typed_texts(folder) == []
    finally:
        parent.chmod(0o755)
        folder.chmod(0o755)
        shutil.rmtree(parent)


def test_what_a_session_left_is_forgotten_too(counted: Path) -> None:
    session = opened(counted).session(learn=True)
    session.learn(OWN)
    assert typed_texts(counted) == [OWN]
    opened(counted).forget()
    assert not (counted / JOURNAL).exists()
