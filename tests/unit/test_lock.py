"""One process at a time writes a model folder, and the lock leaves nothing behind."""

import os
import shutil
import signal
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import unspool
from helpers.forked import exit_code, forked
from helpers.small import TINY
from unspool.data.partition import Process
from unspool.errors import DataError, ModelFolderError, OutputError
from unspool.folder.lock import is_locked, locked
from unspool.folder.model_folder import ModelFolder
from unspool.folder.request import write_request
from unspool.tasks import starting
from unspool.tasks.language.task import Language
from unspool.tasks.run import Run
from unspool.tasks.settings import grouped
from unspool.training.callback import Callback, StepEvent

SHORT = {**TINY, "steps": 2, "validations": 1}


def names(folder: Path) -> list[str]:
    """Everything in a folder, hidden files too."""
    return sorted(path.name for path in folder.iterdir())


def contents(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def holding(path: Path) -> Callable[[], None]:
    """An action that takes the lock and keeps it."""

    def hold() -> None:
        with locked(path):
            (path.parent / "held").touch()
            time.sleep(60)

    return hold


@pytest.fixture
def other(tmp_path: Path) -> int:
    """A process that holds the lock of `m`, until it is killed."""
    child = forked(holding(tmp_path / "m"))
    while not (tmp_path / "held").exists():
        time.sleep(0.002)
    return child


def kill(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    assert exit_code(child) == -signal.SIGKILL


def test_the_lock_of_another_process_is_refused_and_vanishes_with_it(tmp_path: Path, other: int) -> None:
    path = tmp_path / "m"
    assert is_locked(path)
    try:
        with pytest.raises(OutputError, match=f"trained or written by process {other}") as caught, locked(path):
            pass
        assert "--out" in caught.value.hint
        assert caught.value.exit_code == 7
    finally:
        kill(other)
    assert not is_locked(path)
    with locked(path):
        assert is_locked(path)
    assert names(tmp_path) == ["held"]


def test_the_lock_stays_when_the_folder_is_moved(tmp_path: Path) -> None:
    path = tmp_path / "m"
    path.mkdir()
    with locked(path):
        path.rename(tmp_path / "m.replaced")
        assert is_locked(path)
        path.mkdir()
        with pytest.raises(OutputError), locked(path):
            pass


@pytest.mark.parametrize("end", [None, DataError("x", "y"), KeyboardInterrupt(), SystemExit(3)])
def test_nothing_is_left_however_it_ends(tmp_path: Path, end: BaseException | None) -> None:
    path = tmp_path / "new" / "runs" / "m"
    with pytest.raises(type(end)) if end else warnings.catch_warnings(), locked(path):
        assert names(path.parent) == [".m.lock"]
        if end:
            raise end
    assert names(tmp_path) == []


def test_another_thread_and_the_same_one_are_refused(tmp_path: Path) -> None:
    refusals: list[str] = []

    def attempt() -> None:
        with pytest.raises(OutputError) as caught, locked(tmp_path / "m"):
            pass
        refusals.append(caught.value.message)

    with locked(tmp_path / "m"):
        attempt()
        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join()
    assert len(refusals) == 2
    assert all("another thread of this process" in message for message in refusals)


def test_two_names_of_one_folder_are_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "m")
    monkeypatch.chdir(tmp_path / "m")
    with locked(tmp_path / "m"):
        for name in (Path(), Path("../m"), tmp_path / "link", tmp_path / "link" / "." / ".." / "m"):
            assert is_locked(name)
    assert not is_locked(tmp_path / "other")


def test_never_two_hold_it_though_each_removes_the_file(tmp_path: Path) -> None:
    """A holder makes a folder, which fails where another has made it."""
    inside = tmp_path / "inside"

    def take_turns() -> None:
        end, turns = time.monotonic() + 20, 0
        while turns < 60 and time.monotonic() < end:
            try:
                with locked(tmp_path / "m"):
                    inside.mkdir()
                    time.sleep(0.0005)
                    inside.rmdir()
                turns += 1
            except OutputError:
                continue
        assert turns == 60

    children = [forked(take_turns) for _ in range(4)]
    assert [exit_code(child) for child in children] == [0] * 4
    assert names(tmp_path) == []


def test_where_nothing_may_be_written_beside_the_folder_the_lock_is_inside() -> None:
    """As in a container, where only a mounted folder may be written."""

    def run() -> None:
        if os.geteuid() == 0:
            os.setuid(65534)
        with locked(mount):
            assert names(mount) == [".lock"]
            with pytest.raises(OutputError), locked(mount):
                pass
        assert names(mount) == []
        with pytest.raises(OutputError, match=f"{other} cannot be written"), locked(other):
            pass

    parent = Path(tempfile.mkdtemp())
    try:
        mount, other = parent / "mount", parent / "other"
        mount.mkdir()
        mount.chmod(0o777)
        parent.chmod(0o555)
        assert exit_code(forked(run)) == 0
    finally:
        parent.chmod(0o755)
        shutil.rmtree(parent)


def test_a_second_run_is_refused_and_harms_nothing(text_file: Path, tmp_path: Path) -> None:
    """Two calls of one process: the second comes while the first trains."""
    path, refusals = tmp_path / "m", []

    class Second(Callback):
        def on_step(self, event: StepEvent) -> None:
            for overwrite in (False, True):
                with pytest.raises(OutputError, match="one process at a time") as caught:
                    unspool.train(text_file, out=path, overwrite=overwrite, **SHORT)
                refusals.append(caught.value)
            with pytest.raises(OutputError, match="one process at a time"):
                unspool.train(text_file, **SHORT).save(path, overwrite=True)

    model = unspool.train(text_file, out=path, callback=Second(), **{**SHORT, "steps": 1})
    assert len(refusals) == 2
    assert model.evaluate().bits_per_byte > 0
    assert names(tmp_path) == ["m"]


def test_a_run_is_refused_while_another_process_has_the_folder(text_file: Path, tmp_path: Path, other: int) -> None:
    path = tmp_path / "m"
    try:
        with pytest.raises(OutputError, match=f"process {other}"):
            unspool.train(text_file, out=path, **SHORT)
        with pytest.raises(OutputError, match=f"process {other}"):
            unspool.resume(path)
    finally:
        kill(other)
    unspool.train(text_file, out=path, **SHORT)
    assert names(tmp_path) == ["held", "m"]


@pytest.mark.parametrize(
    ("task", "settings"), [("language", SHORT), ("ngram", {"model": "ngram"})], ids=["trained", "counted"]
)
def test_a_run_that_ends_while_it_is_waited_for_is_not_begun_again_in_the_place_of_its_model(
    text_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: str, settings: dict[str, Any]
) -> None:
    """A second process found it while its data were read, and the one that had begun it went on to the end."""
    path, ended = tmp_path / "m", tmp_path / "ended"
    unspool.train(text_file, out=ended, **settings)
    unfinished = ModelFolder(path)
    unfinished.create()
    write_request(unfinished, {"task": task, "settings": grouped({"sources": [str(text_file)]}), "start_from": None})

    @contextmanager
    def locked_once_it_has_ended(place: Path) -> Iterator[None]:
        shutil.rmtree(place)
        shutil.copytree(ended, place)
        with locked(place):
            yield

    monkeypatch.setattr(starting, "locked", locked_once_it_has_ended)
    with pytest.raises(ModelFolderError, match="to the end"):
        unspool.resume(path)
    assert contents(path) == contents(ended)


def test_processes_that_train_together_do_not_lock_each_other_out(tmp_path: Path) -> None:
    first, second = (
        Run(tmp_path / "m", Language(), grouped({}), Callback(), process=Process(rank, 2)) for rank in range(2)
    )
    with first._lock(), second._lock():
        assert is_locked(tmp_path / "m")
    with second._lock():
        assert not is_locked(tmp_path / "m")
