"""Text comes from files, folders and standard input; what is wrong is said with a hint."""

import gzip
import io
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from unspool.data.documents import all_lines
from unspool.data.sources import Sources, describe_sources
from unspool.errors import DataError
from unspool.specs.data import DataSpec


def write(path: Path, content: str | bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def sources(*names: str, **settings: Any) -> Sources:
    return Sources(names, DataSpec(sources=names, **settings))


def text_of(*names: str, **settings: Any) -> str:
    return "".join(sources(*names, **settings).pieces())


def test_files_follow_each_other_with_a_line_end_between_them(tmp_path: Path) -> None:
    names = [write(tmp_path / "a.txt", "one"), write(tmp_path / "b.txt", "two\n"), write(tmp_path / "c.txt", "three")]
    assert text_of(*names) == "one\ntwo\nthree"


def test_a_folder_gives_its_files_in_order_by_their_endings(tmp_path: Path) -> None:
    for name in ("b.txt", "a.md", "sub/c.txt", "d.py"):
        write(tmp_path / name, name)
    assert text_of(str(tmp_path)) == "a.md\nb.txt\nsub/c.txt"
    assert text_of(str(tmp_path), suffixes=(".py",)) == "d.py"
    with pytest.raises(DataError, match=r"holds no file that ends with \.rst") as caught:
        sources(str(tmp_path), suffixes=(".rst",))
    assert "--suffixes" in caught.value.hint


def test_lines_are_those_of_all_files(tmp_path: Path) -> None:
    found = sources(write(tmp_path / "a.txt", "one\n\ntwo\r\nthree"), write(tmp_path / "b.txt", "four\n"))
    assert list(all_lines(found)) == ["one", "", "two", "three", "four"]
    assert list(found.lines_of(found.files[0])) == ["one\n", "\n", "two\r\n", "three"]


def test_a_text_can_be_read_again(tmp_path: Path) -> None:
    found = sources(write(tmp_path / "a.txt", "once"))
    assert ["".join(found.pieces()) for _ in range(2)] == ["once", "once"]


def test_a_file_that_does_not_exist_is_refused() -> None:
    with pytest.raises(DataError, match=r"'/no/such\.txt' does not exist"):
        sources("/no/such.txt")


def packed() -> bytes:
    return gzip.compress("".join(f"{i * i} line\n" for i in range(2000)).encode())


def test_a_compressed_text_is_read(tmp_path: Path) -> None:
    assert text_of(write(tmp_path / "a.txt.gz", packed())).startswith("0 line\n1 line\n4 line\n")


def spoilt() -> bytes:
    return packed()[:10] + b"\xff" * 60 + packed()[70:]  # no such kind of block


@pytest.mark.parametrize("data", [b"not compressed", packed()[:-20], spoilt()], ids=["plain", "cut", "spoilt"])
def test_a_damaged_compressed_file_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(DataError, match=r"a\.txt\.gz"):
        text_of(write(tmp_path / "a.txt.gz", data))


def test_standard_input_is_read_more_than_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"piped\r\n")))
    found = sources("-")
    assert ["".join(found.pieces()) for _ in range(2)] == ["piped\n", "piped\n"]


def test_without_a_name_the_embedded_corpus_is_read() -> None:
    assert len(text_of()) > 300_000
    assert describe_sources(()) == "the embedded corpus"


def test_many_sources_are_described_in_a_short_sentence() -> None:
    assert describe_sources(("-", "a", "b", "c", "d")) == "standard input, a, b and 2 more"
