"""What the commands read is read as in training, and what they would ignore is noticed."""

import gzip
import io
import os
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from unspool.cli.console import read_file, read_lines, read_text, refuse_unnamed_input
from unspool.errors import DataError, DataWarning, UsageError


def test_a_page_and_a_compressed_text_are_read_as_in_training(tmp_path: Path) -> None:
    page, packed = tmp_path / "page.html", tmp_path / "t.txt"
    page.write_text("<p>one</p><p>two</p>", encoding="utf-8")
    packed.write_bytes(gzip.compress(b"one\r\ntwo\r\n"))
    with pytest.warns(DataWarning, match=r"page\.html: read as a page, without its markup"):
        assert read_lines(page) == ["one", "", "two"]
    with pytest.warns(DataWarning, match="read as a page"):
        assert read_file(page) == "one\n\ntwo\n"
    assert (read_lines(packed), read_file(packed)) == (["one", "two"], "one\ntwo\n")


def test_what_is_no_text_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = io.BytesIO()
    with zipfile.ZipFile(document, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    (tmp_path / "a.docx").write_bytes(document.getvalue())
    for read in (read_file, read_lines):
        with pytest.raises(DataError, match=r"a\.docx is a Word document"):
            read(tmp_path / "a.docx")
        with pytest.raises(DataError, match="does not exist"):
            read(tmp_path / "none.txt")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(document))
    document.seek(0)
    with pytest.raises(DataError, match="standard input is a Word document"):
        read_text("-")


@contextmanager
def piped(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Make a pipe standard input, and yield what writes into it."""
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        try:
            yield writing
        finally:
            os.close(writing)


def test_data_that_come_late_through_a_pipe_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def write(descriptor: int) -> None:
        time.sleep(0.05)
        os.write(descriptor, b"late\n")

    with piped(monkeypatch) as descriptor:
        writer = threading.Thread(target=write, args=[descriptor])
        writer.start()
        with pytest.raises(UsageError, match="data that are piped in must be named"):
            refuse_unnamed_input()
        writer.join()


def test_an_open_pipe_without_data_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with piped(monkeypatch):
        refuse_unnamed_input()
    assert "warning: standard input is an open pipe, which is not read unless it is named: " in capsys.readouterr().err
