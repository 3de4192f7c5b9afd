"""A reading that is killed leaves the model as it was, and no half of another; so does one that is forgotten."""

import shutil
import signal
import time
import warnings
from pathlib import Path
from typing import Any

import pytest

import unspool
from helpers.commands import SENTENCE
from unspool.errors import ModelFolderError, OutputError
from unspool.folder import copies
from unspool.folder.atomic import WEIGHTS, waiting

OWN = SENTENCE * 10


class Killed(BaseException):
    """Ends what runs, wherever it is."""


@pytest.fixture
def model(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "model"))


def kill(monkeypatch: pytest.MonkeyPatch, place: str = "write_atomically") -> None:
    """Let the next attempt to write the weights of a folder, or to move it, be its last."""

    def killed(*given: Any) -> None:
        raise Killed

    monkeypatch.setattr(copies, place, killed)
    monkeypatch.setattr(copies, "bring_back", lambda path: None)


def test_a_process_that_is_killed_while_it_reads_leaves_nothing(faults: Any, model: Path, tmp_path: Path) -> None:
    text, new = tmp_path / "own.txt", tmp_path / "new"
    text.write_text(OWN * 30, encoding="utf-8")
    before = faults.bytes_of(model)
    process = faults.start("adapt", model, text, "--out", new, "--epochs", 1000)
    for line in process.stderr:
        if line.startswith(b"reading own.txt"):
            break
    time.sleep(0.3)
    assert process.poll() is None
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert faults.bytes_of(model) == before
    assert not new.exists()
    assert {path.name for path in tmp_path.iterdir()} == {"own.txt", "model"}


def test_one_that_is_killed_while_it_writes_leaves_no_model(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, new = unspool.load(model), tmp_path / "new"
    assert isinstance(opened, unspool.TextModel)
    with monkeypatch.context() as patch:
        kill(patch)
        with pytest.raises(Killed):
            opened.adapt(OWN, out=new, epochs=1)
    with pytest.raises(ModelFolderError, match="is not a model folder"):
        unspool.load(new)
    with pytest.raises(OutputError, match="a run that was cut off"):
        opened.adapt(OWN, out=new, epochs=1)
    assert opened.adapt(OWN, out=new, epochs=1, overwrite=True).path == new
    assert (new / copies.BEFORE / WEIGHTS).read_bytes() == (model / WEIGHTS).read_bytes()


@pytest.mark.parametrize("place", ["write_atomically", "_move"])
def test_one_that_is_killed_while_it_forgets_can_be_forgotten_again(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    opened, new = unspool.load(model), tmp_path / "new"
    assert isinstance(opened, unspool.TextModel)
    adapted = opened.adapt(OWN, out=new, epochs=1)
    score = adapted.score(SENTENCE)
    with monkeypatch.context() as patch:
        kill(patch, place)
        with pytest.raises(Killed):
            adapted.forget()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        waits = unspool.load(new)
    assert any("the earlier one is opened" in str(one.message) for one in said) == bool(waiting(new))
    assert isinstance(waits, unspool.TextModel)
    assert waits.score(SENTENCE) == score
    assert waits.forget().score(SENTENCE) == opened.score(SENTENCE)
    assert {path.name for path in tmp_path.iterdir()} == {"model", "new"}
    assert (new / WEIGHTS).read_bytes() == (model / WEIGHTS).read_bytes()


def test_an_error_brings_the_earlier_model_back(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, new = unspool.load(model), tmp_path / "new"
    assert isinstance(opened, unspool.TextModel)
    adapted = opened.adapt(OWN, out=new, epochs=1)

    def full(*given: Any) -> None:
        raise OutputError("the disk is full.", "free some space.")

    for attempt in (adapted.forget, lambda: opened.adapt(OWN, out=new, epochs=1, overwrite=True)):
        with monkeypatch.context() as patch:
            patch.setattr(copies, "write_atomically", full)
            with pytest.raises(OutputError, match="the disk is full"):
                attempt()
        again = unspool.load(new)
        assert isinstance(again, unspool.TextModel)
        assert again.score(SENTENCE) == adapted.score(SENTENCE)
