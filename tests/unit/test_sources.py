"""Text comes from files, folders, tables and standard input; what is wrong is said with a hint."""

import gzip
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from unspool.data.sources import Sources, check_sources, describe_sources
from unspool.errors import DataError, UsageError
from unspool.specs.data import DataSpec


def write(path: Path, content: str | bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def sources(*names: str, **settings: Any) -> Sources:
    return Sources(names, DataSpec(sources=names, **settings))


def text_of(*names: str, **settings: Any) -> str:
    return "".join(sources(*names, **settings).pieces())


def documents_of(*names: str, **settings: Any) -> list[str]:
    return list(sources(*names, **settings).documents())


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
    assert "--suffix" in caught.value.hint


def test_lines_are_documents_and_empty_ones_are_none(tmp_path: Path) -> None:
    assert documents_of(write(tmp_path / "a.txt", "one\n\ntwo\r\nthree"), lines=True) == ["one", "two", "three"]


def test_a_text_can_be_read_again(tmp_path: Path) -> None:
    found = sources(write(tmp_path / "a.txt", "once"))
    assert ["".join(found.pieces()) for _ in range(2)] == ["once", "once"]


PLAIN = 'id\ttext\n1\tfirst, with comma\n2\t"no quote of a table\n3\t\n4\tafter "it"\n'
ROWS = [{"id": "1", "text": "first, with comma"}, {"id": "2", "text": 'line\nbreak "quoted"'}, {"id": "3", "text": ""}]
QUOTED = 'id,text\n1,"first, with comma"\n2,"line\nbreak ""quoted"""\n3,\n'


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", QUOTED),
        ("t.csv", "\ufeff" + QUOTED.replace("\n", "\r\n")),
        ("t.jsonl", "\n".join(json.dumps(row) for row in ROWS) + "\n\n"),
    ],
)
def test_the_column_of_a_table_gives_documents(tmp_path: Path, name: str, content: str, compressed: bool) -> None:
    data = content.encode()
    path = write(tmp_path / (name + ".gz" * compressed), gzip.compress(data) if compressed else data)
    assert documents_of(path, text_column="text") == ["first, with comma", 'line\nbreak "quoted"']


def test_a_quote_between_tabs_is_a_quote(tmp_path: Path) -> None:
    path = write(tmp_path / "t.tsv", PLAIN)
    assert documents_of(path, text_column="text") == ["first, with comma", '"no quote of a table', 'after "it"']


@pytest.mark.parametrize(
    "content", ['text\none\n"two\nthree\n', 'text\n"o,ne"\n"two\nthree,"four"\n', 'text\none\n"two" more\n']
)
@pytest.mark.parametrize("columns", [{"text_column": "text"}, {"text_column": "1"}])
def test_a_quote_that_does_not_close_is_told_by_its_line(tmp_path: Path, content: str, columns: dict[str, str]) -> None:
    with pytest.raises(DataError, match=r"t\.csv: a cell that opens with a quote .* the row that begins at line 3 "):
        documents_of(write(tmp_path / "t.csv", content), **columns)


def test_a_quote_that_does_not_close_in_the_names_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="begins at line 1 "):
        documents_of(write(tmp_path / "t.csv", '"text\none\n'), text_column="text")


@pytest.mark.parametrize(("name", "content"), [("t.csv", "id,body\n1,x\n"), ("t.jsonl", '{"id": 1, "body": "x"}\n')])
def test_a_missing_column_lists_those_there_are(tmp_path: Path, name: str, content: str) -> None:
    path = write(tmp_path / name, content)
    with pytest.raises(DataError, match="row 1 has no column 'text'") as caught:
        documents_of(path, text_column="text")
    assert caught.value.hint == "its columns are id, body."
    with pytest.raises(DataError, match="is a table, and it is not said which column") as caught:
        sources(path)
    assert "--text: id, body" in caught.value.hint


def test_two_columns_of_the_same_name_are_refused_where_it_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "text,id,text,id\na,1,b,2\n")
    with pytest.raises(DataError, match=r"one column must have the name 'text'\. Received: 2 that do"):
        documents_of(path, text_column="text")
    assert documents_of(path, text_column="3") == ["text", "b"]
    assert documents_of(write(tmp_path / "u.csv", "text,,\na,1,2\n"), text_column="text") == ["a"]


def test_two_columns_of_a_parquet_file_of_the_same_name_are_refused(tmp_path: Path) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(
        arrow.Table.from_arrays([arrow.array(["a"]), arrow.array(["b"])], ["text", "text"]), tmp_path / "t.parquet"
    )
    with pytest.raises(DataError, match="one column must have the name 'text'"):
        documents_of(str(tmp_path / "t.parquet"), text_column="text")


def test_a_column_that_holds_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"row 1: column 'text' must hold text\. Received: 3"):
        documents_of(write(tmp_path / "t.jsonl", '{"text": 3}\n'), text_column="text")


@pytest.mark.parametrize(("content", "sentence"), [("{\n", "line 1 is not JSON"), ("[1]\n", "must be a JSON object")])
def test_a_line_that_is_no_object_is_refused(tmp_path: Path, content: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        documents_of(write(tmp_path / "t.jsonl", content), text_column="text")


def test_a_file_that_does_not_exist_is_refused() -> None:
    with pytest.raises(DataError, match=r"/no/such\.txt does not exist"):
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


def test_a_column_without_a_table_is_refused() -> None:
    with pytest.raises(UsageError, match="there is no table"):
        check_sources(DataSpec(text_column="text"))
