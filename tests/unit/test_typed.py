"""What was typed is noted until it is counted, and a record that was cut off spoils no other."""

from pathlib import Path

import pytest

from unspool.errors import OutputError
from unspool.folder.atomic import CONFIG, WEIGHTS
from unspool.folder.lock import locked
from unspool.folder.typed import JOURNAL, drop_typed, note_typed, typed_texts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    path.mkdir()
    for name in (CONFIG, WEIGHTS):
        (path / name).touch()
    return path


def test_what_each_session_typed_is_one_text(folder: Path) -> None:
    for session, text in (("a", "one\n"), ("b", "Ünicode\n"), ("a", "two\n")):
        note_typed(folder, session, text)
    assert typed_texts(folder) == ["one\ntwo\n", "Ünicode\n"]
    assert drop_typed(folder)
    assert not drop_typed(folder)
    assert typed_texts(folder) == []


def test_a_record_that_was_cut_off_spoils_no_other(folder: Path) -> None:
    note_typed(folder, "a", "one\n")
    with (folder / JOURNAL).open("a") as file:
        file.write('\n{"session": "a", "te')
    note_typed(folder, "a", "two\n")
    assert typed_texts(folder) == ["one\ntwo\n"]


def test_looking_whether_it_can_be_written_leaves_nothing(folder: Path) -> None:
    note_typed(folder, "a", "")
    assert sorted(path.name for path in folder.iterdir()) == [CONFIG, WEIGHTS]
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_a_folder_that_another_writes_or_that_is_gone_is_refused(folder: Path) -> None:
    with locked(folder), pytest.raises(OutputError, match="by one process at a time"):
        note_typed(folder, "a", "one\n")
    (folder / WEIGHTS).unlink()
    with pytest.raises(OutputError, match="no model any more"):
        note_typed(folder, "a", "one\n")
    assert typed_texts(folder) == []
