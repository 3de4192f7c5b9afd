"""A crash while writing leaves the old file, and nothing else."""

import os
from pathlib import Path
from typing import Any

import pytest

from unspool.errors import OutputError
from unspool.folder.atomic import bring_back, drop_replaced, replaced, set_aside, waiting, write_atomically


class Crash(BaseException):
    """Not an `Exception`: nothing may swallow it."""


def crash(*args: Any, **kwargs: Any) -> None:
    raise Crash


@pytest.mark.parametrize("moment", ["fsync", "fdopen"])
def test_a_crash_in_the_middle_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    path = tmp_path / "f.json"
    write_atomically(path, "old")
    monkeypatch.setattr(os, moment, crash)
    with pytest.raises(Crash):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.json"]


def test_a_crash_at_the_last_moment_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f.json"
    write_atomically(path, "old")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", crash)
        with pytest.raises(Crash):
            write_atomically(path, "new")
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["f.json"]


def test_a_full_disk_is_reported_with_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"f\.json cannot be written: No space left on device") as caught:
        write_atomically(tmp_path / "f.json", b"x")
    assert caught.value.hint


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written") as caught:
        write_atomically(tmp_path / "no" / "f", "x", "--html")
    assert caught.value.hint == "free some space or choose another place with --html."


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    with pytest.raises(OutputError, match=r"/f cannot be written: Is a directory\.") as caught:
        write_atomically(tmp_path / "f", "x")
    assert "--out" in caught.value.hint
    assert list(tmp_path.iterdir()) == [tmp_path / "f"]


def folder(path: Path, content: str, *names: str) -> Path:
    """A folder of some files, by default those of a model."""
    path.mkdir()
    for name in names or ("config.json", "model.safetensors"):
        (path / name).write_text(content)
    return path


def content(path: Path) -> str:
    return (path / "config.json").read_text()


def test_a_folder_is_brought_back_when_its_successor_fails(tmp_path: Path) -> None:
    path = folder(tmp_path / "m", "old")
    set_aside(path)
    assert not path.exists()
    folder(path, "half")
    bring_back(path)
    assert content(path) == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m"]


def test_a_second_crash_does_not_lose_the_folder_that_waits(tmp_path: Path) -> None:
    path = folder(tmp_path / "m", "old")
    set_aside(path)
    folder(path, "half", "config.json")  # crash; the next run sets aside again
    set_aside(path)
    assert not path.exists()
    folder(path, "half again", "config.json")
    bring_back(path)
    assert content(path) == "old"


def test_a_model_is_never_removed_for_one_that_waits_already(tmp_path: Path) -> None:
    path = folder(tmp_path / "m", "first")
    set_aside(path)
    folder(path, "second")  # of a run that was interrupted before it dropped the first
    set_aside(path)
    assert [content(place) for place in waiting(path)] == ["first", "second"]
    folder(path, "half", "config.json")
    bring_back(path)
    assert content(path) == "second"
    assert [content(place) for place in waiting(path)] == ["first"]
    set_aside(path)
    folder(path, "third")
    drop_replaced(path)
    assert content(path) == "third"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m"]


def test_a_run_without_a_model_is_moved_too_where_nothing_waits(tmp_path: Path) -> None:
    path = folder(tmp_path / "m", "run", "config.json")
    set_aside(path)
    bring_back(path)
    assert content(path) == "run"


def test_what_holds_nothing_to_go_on_with_does_not_wait(tmp_path: Path) -> None:
    path = folder(tmp_path / "m", "x", "tokenizer.json")
    set_aside(path)
    assert list(tmp_path.iterdir()) == []
    path.mkdir()
    set_aside(path)
    assert path.exists()
    assert not waiting(path)


def test_a_sound_successor_stays(tmp_path: Path) -> None:
    path = folder(tmp_path / "m", "old")
    set_aside(path)
    folder(path, "new")
    drop_replaced(path)
    assert content(path) == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m"]


def test_a_kill_in_the_middle_of_a_removal_leaves_what_the_next_clears(tmp_path: Path) -> None:
    path = folder(tmp_path / "m", "new")
    folder(tmp_path / ".m.removed", "old", "config.json")
    set_aside(path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.replaced"]


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    real, link = folder(tmp_path / "disk" / "real", "old"), tmp_path / "m"
    link.symlink_to(real)
    set_aside(link)
    assert waiting(link) == waiting(real) == [tmp_path / "disk" / "real.replaced"]
    folder(real, "new")
    drop_replaced(link)
    assert link.is_symlink()
    assert content(link) == "new"
    assert not waiting(real)


def test_a_folder_without_a_name_has_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder(tmp_path / "m", "old")
    monkeypatch.chdir(path)
    assert replaced(Path()) == replaced(Path("../m")).resolve() == tmp_path / "m.replaced"
    assert not waiting(Path("x" * 300))


def test_what_cannot_be_written_is_told_by_its_own_name(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=f"^{tmp_path / 'no' / 'f'} cannot be written"):
        write_atomically(tmp_path / "no" / "f", "x")


def test_the_name_of_a_file_that_is_not_utf8_is_written_with_replacements(tmp_path: Path) -> None:
    write_atomically(tmp_path / "f.json", '{"file": "' + os.fsdecode(b"\xff\xc3\xa9") + '"}')
    assert (tmp_path / "f.json").read_bytes().decode() == '{"file": "\ufffd\u00e9"}'
