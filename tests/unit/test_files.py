"""Folders, archives and pages are read by what they hold; what is not read, or is no text, is said."""

import gzip
import io
import os
import sys
import tempfile
import threading
import zipfile
from pathlib import Path

import pytest

from unspool.data.documents import read_documents
from unspool.data.files import bare_name
from unspool.data.sources import Sources
from unspool.errors import DataError, OutputError
from unspool.specs.data import DataSpec
from unspool.text import reading


def sources(*names: Path | str, **settings: object) -> Sources:
    return Sources(tuple(map(str, names)), DataSpec(**settings))


def text_of(*names: Path | str) -> str:
    return "".join(sources(*names).pieces())


def put(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_folder_is_read_by_endings_in_any_case_and_the_rest_is_counted(tmp_path: Path) -> None:
    for name in ("a.txt", "B.TXT", "sub/c.Md"):
        put(tmp_path / name, f"{name}\n")
    put(tmp_path / "d.txt.GZ", gzip.compress(b"d\n"))
    for name in (".hidden.txt", ".git/x.txt", "t.csv", "u.csv", "p.py", "LICENSE"):
        put(tmp_path / name, "not read\n")
    found = sources(tmp_path)
    assert "".join(found.pieces()) == "B.TXT\na.txt\nd\nsub/c.Md\n"
    assert found.findings.lines == [
        f"files in {tmp_path.name} that are not read: 2 .csv, 1 .py, 1 without an ending, 2 hidden."
    ]


def test_broken_links_in_a_folder_are_counted(tmp_path: Path) -> None:
    put(tmp_path / "a.txt", "one\n")
    (tmp_path / "b.txt").symlink_to(tmp_path / "gone.txt")
    found = sources(tmp_path)
    assert [Path(file.name).name for file in found.files] == ["a.txt"]
    assert found.findings.lines == [f"broken links and the like in {tmp_path.name} that are not read: 1."]


def test_links_to_folders_are_followed_once(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for name in ("in/real/a.txt", "in/.hidden/b/b.txt", "out/c.txt"):
        put(tmp_path / name, f"{name}\n")
    (folder / "alias").symlink_to(folder / "real")
    (folder / "b").symlink_to(folder / ".hidden" / "b")
    (folder / ".also").symlink_to(tmp_path / "out")
    (folder / "other").symlink_to(tmp_path / "out")
    (tmp_path / "out" / "back").symlink_to(folder)
    found = sources(folder)
    assert [Path(file.name).relative_to(folder).as_posix() for file in found.files] == [
        "b/b.txt",
        "other/c.txt",
        "real/a.txt",
    ]
    assert found.findings.lines == [
        "folders in in that are met again through links, and read once: 2.",
        "files in in that are not read: 2 hidden.",
    ]


def test_a_name_that_cannot_be_is_refused(tmp_path: Path) -> None:
    for name in ("x" * 300, "a/" * 3000, "nul\0"):
        with pytest.raises(DataError, match="does not exist"):
            sources(name)


def test_a_folder_without_texts_says_what_it_holds(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no file that ends with \.txt or \.md\. It is empty"):
        sources(tmp_path)
    put(tmp_path / "t.csv", "a\n")
    with pytest.raises(DataError, match=r"It holds 1 \.csv"):
        sources(tmp_path)
    assert sources(tmp_path, suffixes=("csv",)).files[0].name.endswith("t.csv")


def archive(**members: str | bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return data.getvalue()


def test_an_archive_is_read_as_a_folder(tmp_path: Path) -> None:
    members = {"b/two.txt": "two\n", "a.TXT": "one\n", "__MACOSX/x.txt": "no", ".x.txt": "no", "t.csv": "no"}
    found = sources(put(tmp_path / "texts.ZIP", archive(**members)))
    assert "".join(found.pieces()) == "".join(found.pieces()) == "one\ntwo\n"
    assert found.findings.lines == ["files in texts.ZIP that are not read: 1 .csv, 2 hidden."]
    with pytest.raises(DataError, match=r"bad\.zip cannot be read"):
        sources(put(tmp_path / "bad.zip", b"PK nothing"))


def test_members_are_found_by_the_names_that_the_archive_gives_them(tmp_path: Path) -> None:
    path = put(tmp_path / "t.zip", archive(**{"./in/a.txt": "one\n", "in//b.txt": "two\n"}))
    assert text_of(path) == "one\ntwo\n"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_of_one_path_are_all_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as packed:
        for name, content in (
            ("a.txt", "one\n"),
            ("./a.txt", "two\n"),
            ("a.txt", "three\n"),
            ("b.py", ""),
            ("b.py", ""),
        ):
            packed.writestr(name, content)
    found = sources(tmp_path / "t.zip")
    assert "".join(found.pieces()) == "one\ntwo\nthree\n"
    assert found.findings.lines == ["files in t.zip that are not read: 2 .py."]


def test_the_folder_one_is_in_is_called_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "here" / "a.txt", "one\n")
    put(tmp_path / "here" / "t.csv", "a\n")
    monkeypatch.chdir(tmp_path / "here")
    assert sources(".").findings.lines == ["files in here that are not read: 1 .csv."]
    assert [bare_name(name) for name in (".", "..", "./a.txt", "/")] == ["here", tmp_path.name, "a.txt", "/"]


def test_an_empty_name_is_not_the_folder_one_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "a.txt", "one\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="'' does not exist"):
        sources("")


def test_what_can_be_read_once_and_not_be_kept_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Broken()))
    with pytest.raises(DataError, match=r"standard input cannot be read: Input/output error\."):
        sources("-")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"text\n")))
    with pytest.raises(OutputError, match=r"/gone.* cannot be written") as caught:
        sources("-")
    assert "TMPDIR" in caught.value.hint
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(DataError, match="it is closed"):
        sources("-")


def test_that_a_page_is_read_without_its_markup_is_said(tmp_path: Path) -> None:
    page = put(tmp_path / "in" / "page.html", "<p>one</p>")
    assert sources(page).findings.lines == ["page.html: read as a page, without its markup."]
    put(tmp_path / "in" / "two.htm", "<p>two</p>")
    both = sources(tmp_path / "in", suffixes=(".html", ".htm"))
    assert both.findings.lines == ["in: 2 files read as pages, without their markup."]


def test_a_page_is_converted_once(tmp_path: Path) -> None:
    page = put(tmp_path / "page.html", "<p>one \ue000 sign</p>")
    found = sources(page)
    first = "".join(found.pieces())
    page.write_text("<p>other</p>", encoding="utf-8")
    assert first == "".join(found.pieces()) == "one \ue000 sign\n"
    with pytest.raises(DataError, match="NUL"):
        text_of(put(tmp_path / "nul.html", "<p>a\0b</p>"))


def test_a_page_is_read_as_its_text(tmp_path: Path) -> None:
    page = (
        "<!doctype html><html><head><title>no</title><style>p {}</style></head><body><!-- no --><h1>A\n title</h1>"
        "<p>Some <b>bold</b>\n words.<br>A line.</p><pre>as\n  it is</pre><script>no()</script></body></html>"
    )
    assert text_of(put(tmp_path / "page.HTML", page)) == "A title\n\nSome bold words.\nA line.\n\nas\n  it is\n"


@pytest.mark.parametrize(
    ("start", "codec", "given"),
    [
        ("", "utf-8", "auto"),
        ('<meta charset="Shift_JIS">', "shift_jis", "auto"),
        ('<meta charset="Shift_JIS">', "utf-8", "utf-8"),
        ('<meta charset="utf-8">', "shift_jis", "shift_jis"),
        ('<meta charset="latin-1">', "utf-16", "auto"),
        ('<meta charset="latin-1">', "utf-8-sig", "auto"),
        ('<meta charset="utf-16">', "utf-8", "auto"),
        ('<meta charset="x-nobody-knows">', "utf-8", "auto"),
    ],
)
def test_a_page_has_the_encoding_that_is_given_or_marked_or_declared_or_utf_8(
    tmp_path: Path, start: str, codec: str, given: str
) -> None:
    page = put(tmp_path / "page.html", f"{start}<p>日本の\n文</p>".encode(codec))
    found = sources(page, encoding=given)
    assert "".join(found.pieces()) == "".join(found.lines_of(found.files[0])) == "日本の 文\n"


@pytest.mark.parametrize(
    ("page", "given", "problem"),
    [
        ("<p>Größe</p>".encode() + b"\x81", "auto", "byte 0x81 at offset 14 is not utf-8"),
        ("<p>日本</p>".encode("shift_jis"), "auto", "byte 0x93 at offset 3 is not utf-8"),
        (b'<meta charset="cp1252"><p>\x81</p>', "auto", "byte 0x81 at offset 26 is not cp1252"),
        ("<p>é</p>".encode("latin-1"), "ascii", "byte 0xe9 at offset 3 is not ascii"),
    ],
)
def test_a_byte_of_a_page_that_its_encoding_lacks_is_refused(
    tmp_path: Path, page: bytes, given: str, problem: str
) -> None:
    found = sources(put(tmp_path / "page.html", page), encoding=given)
    with pytest.raises(DataError, match=problem) as caught:
        list(found.pieces())
    assert "--encoding" in caught.value.hint


def test_a_page_that_is_no_more_than_an_address_is_read(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    assert text_of(put(tmp_path / "page.html", "http://example.org/page.html")) == "http://example.org/page.html\n"
    assert not recwarn.list


@pytest.mark.parametrize(
    ("name", "content", "kind", "way"),
    [
        ("a.docx", archive(**{"word/document.xml": "<x/>"}), "a Word document", "pandoc"),
        ("a.xlsx", archive(**{"xl/workbook.xml": "<x/>"}), "a sheet of Excel", ".csv"),
        ("a.epub", archive(**{"META-INF/container.xml": "<x/>"}), "an electronic book", "pandoc"),
        ("a.txt", archive(a="b"), "a zip archive", ".zip"),
        ("a b.pdf", b"%PDF-1.7\n", "a PDF document", "pdftotext '"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Word or Excel document", ".txt"),
        ("a.rtf", b"{\\rtf1 text}", "a document of rich text", "pandoc"),
        ("a.txt", b"\x89PNG\r\n\x1a\n", "a picture", "a file of text"),
        ("a.txt.bz2", b"BZh91AY&SY", "compressed by bzip2", "bunzip2"),
        ("table.txt", b"PAR1\x15\x04", "a table of Parquet", ".parquet"),
    ],
)
def test_what_is_no_text_is_named_with_the_way_out(
    tmp_path: Path, name: str, content: bytes, kind: str, way: str
) -> None:
    with pytest.raises(DataError, match=rf"is {kind}, not plain text") as caught:
        text_of(put(tmp_path / name, content))
    assert way in caught.value.hint


PDF = b"%PDF-1.7\n"


def test_a_command_is_given_where_it_can_read_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    packed = gzip.compress(PDF)
    put(Path("-a b.pdf"), PDF)
    put(Path("a.txt"), packed)
    put(Path("a.zip"), archive(**{"a.txt": PDF}))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PDF)))
    hints = {
        "-a b.pdf": "extract its text: pdftotext './-a b.pdf' text.txt.",
        "a.txt": "decompress it first; then extract its text with pdftotext.",
        "a.zip": "unpack a.zip first; then extract its text with pdftotext.",
        "-": "write it to a file first; then extract its text with pdftotext.",
    }
    for name, hint in hints.items():
        with pytest.raises(DataError, match="is a PDF document") as caught:
            text_of(name)
        assert caught.value.hint == hint


@pytest.mark.parametrize(
    "start",
    ["%PDF is", "PAR1\n", "BZh is", "BZh9 is", "Rar! it", "GIF8", "GIF89a is a", "RIFF raff", "ID3 tags", "OggS", "MZ"],
)
def test_a_text_that_begins_as_if_it_were_another_kind_is_read(tmp_path: Path, start: str) -> None:
    text = f"{start}, and so on\n" * 3
    assert text_of(put(tmp_path / "a.txt", text)) == text


def test_a_compressed_text_without_its_ending_is_read(tmp_path: Path) -> None:
    assert text_of(put(tmp_path / "a.txt", gzip.compress(b"packed\n"))) == "packed\n"


CHAT = "".join(f"[12/11/2023, 10:15:{i:02}] Ann: hello {i}\n" for i in range(9))
PHONE = "".join(f"11.12.23, 10:1{i} - Bert: hallo {i}\n" for i in range(9))


@pytest.mark.parametrize(("name", "text"), [("chat.txt", CHAT), ("chat.txt", PHONE), ("page.txt", "<!DOCTYPE html>\n")])
def test_a_chat_or_a_page_that_is_read_as_it_stands_is_warned_about(tmp_path: Path, name: str, text: str) -> None:
    found = sources(put(tmp_path / name, text))
    assert "".join(found.pieces()) == text
    assert [line for line in found.findings.warnings if line.startswith(f"warning: {name} is ")]


def test_an_ordinary_text_is_not_warned_about(tmp_path: Path) -> None:
    found = sources(put(tmp_path / "a.txt", "At 10:15 Ann said: hello.\n12/11/2023 was a day.\n" * 20))
    assert len("".join(found.pieces())) > 900
    assert found.findings.warnings == []


def test_a_pipe_is_read_as_often_as_a_file(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_text("through a pipe\n", encoding="utf-8"))
    writer.start()
    found = sources(path)
    writer.join()
    assert ["".join(found.pieces()) for _ in range(2)] == ["through a pipe\n"] * 2


def test_an_old_macintosh_text_has_lines(tmp_path: Path) -> None:
    found = sources(put(tmp_path / "old.txt", b"one\rtwo\rthree"))
    assert list(found.lines_of(found.files[0])) == ["one\n", "two\n", "three"]


def test_files_without_anything_in_them_are_counted(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        put(tmp_path / name, "" if name != "b.txt" else "one\n")
    found = sources(tmp_path)
    assert ["".join(found.pieces()) for _ in range(2)] == ["one\n"] * 2
    assert found.findings.lines == ["empty files: 2, the first a.txt."]


@pytest.mark.parametrize("separator", ["\n\n", "--", "\n%\n"])
def test_what_a_separator_divides_does_not_depend_on_the_size_of_the_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, separator: str
) -> None:
    content = separator.join(["a", "bb\nb", "", "-", "c" * 30, "d\n", "ee - ee"])
    path = put(tmp_path / "t.txt", content)
    expected = [(text, record.place) for text, record in read_documents(sources(path), separator)]
    assert [text for text, _ in expected] == [part.strip("\n") for part in content.split(separator) if part.strip()]
    for size in (1, 2, 3, 7):
        monkeypatch.setattr(reading, "PIECE_BYTES", size)
        assert [(text, record.place) for text, record in read_documents(sources(path), separator)] == expected
