"""Say what a file is that is not plain text, and how its text can be had."""

import re
import shlex
import zipfile
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

from unspool.errors import DataError

HEAD = 4096  # bytes that are looked at


class _Kind(NamedTuple):
    """A kind of file, the bytes that it begins with, and the way out; `{name}` stands for the file."""

    start: bytes
    name: str
    way: str


_PANDOC = "save it as plain text (.txt), or convert it: pandoc {name} -t plain -o text.txt"
_TABLE = "save the sheet as .csv, and name its columns"
_NO_TEXT = "name a file of text"
_KINDS = (
    _Kind(b"%PDF", "a PDF document", "extract its text: pdftotext {name} text.txt"),
    _Kind(b"\xd0\xcf\x11\xe0", "an old Word or Excel document", "save it as plain text (.txt), or a sheet as .csv"),
    _Kind(b"{\\rtf", "a document of rich text", _PANDOC),
    _Kind(b"PAR1", "a table of Parquet", "rename it so that it ends with .parquet, and name its columns"),
    _Kind(b"SQLite format 3", "a database", 'write a table of it: sqlite3 -csv -header {name} "select ..." > t.csv'),
    _Kind(b"BZh", "compressed by bzip2", "decompress it: bunzip2 --keep {name}"),
    _Kind(b"\xfd7zXZ", "compressed by xz", "decompress it: unxz --keep {name}"),
    _Kind(b"\x28\xb5\x2f\xfd", "compressed by zstd", "decompress it: unzstd {name}"),
    _Kind(b"7z\xbc\xaf", "an archive of 7-Zip", "unpack it, and name the folder"),
    _Kind(b"Rar!", "a RAR archive", "unpack it, and name the folder"),
    _Kind(b"\x89PNG", "a picture", _NO_TEXT),
    _Kind(b"\xff\xd8\xff", "a picture", _NO_TEXT),
    _Kind(b"GIF8", "a picture", _NO_TEXT),
    _Kind(b"RIFF", "a picture, a sound or a film", _NO_TEXT),
    _Kind(b"ID3", "a sound", _NO_TEXT),
    _Kind(b"OggS", "a sound", _NO_TEXT),
    _Kind(b"\x7fELF", "a program", _NO_TEXT),
    _Kind(b"MZ\x90", "a program", _NO_TEXT),
)
_INSIDE = {  # a member of a zip archive that says what the archive is
    "word/document.xml": ("a Word document", _PANDOC),
    "xl/workbook.xml": ("a sheet of Excel", _TABLE),
    "ppt/presentation.xml": ("a presentation", "export its text as an outline (.txt)"),
    "META-INF/container.xml": ("an electronic book", _PANDOC),
    "content.xml": ("an OpenDocument file", _PANDOC),
}
_MESSAGE = re.compile(  # of a chat: the date, the time, a dash or bracket, the name, a colon
    r"[\u200e\u200f]*\[?\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? +\d{1,2}[:.]\d{2}([:.]\d{2})?"
    r"([ \u202f]?[AaPp]\.?[Mm]\.?)?\]?( -|:)? [^:\n]{1,60}: "
)
_MARKUP = re.compile(r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?(<!doctype html|<html[\s>])", re.I | re.S)
MESSAGES = 3  # lines that look like messages, and at least half of the first 20


def refuse_foreign(stream: BinaryIO, name: str) -> None:
    """Refuse a file that is known not to be plain text.

    Args:
        stream: stands at the start of the file, and is moved back to it.
        name: is what errors call the file.

    Raises:
        DataError: it is a document, a picture, an archive, ...
    """
    head = stream.read(HEAD)
    stream.seek(0)
    found = next(((kind.name, kind.way) for kind in _KINDS if head.startswith(kind.start)), None)
    if head.startswith(b"PK\x03\x04"):
        found = _archive(stream)
        stream.seek(0)
    if found is not None:
        raise DataError(f"{name} is {found[0]}, not plain text.", f"{found[1].format(name=shlex.quote(name))}.")


def _archive(stream: BinaryIO) -> tuple[str, str]:
    try:
        members = zipfile.ZipFile(stream).namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        members = []
    known = (found for member, found in _INSIDE.items() if member in members)
    return next(known, ("a zip archive", "rename it so that it ends with .zip, or unpack it and name the folder"))


def looks_like_a_chat(lines: Sequence[str]) -> bool:
    """Return whether the first lines of a text are messages with date, time and name, as messengers export them."""
    filled = [line for line in lines if line.strip()][:20]
    messages = sum(bool(_MESSAGE.match(line)) for line in filled)
    return messages >= MESSAGES and 2 * messages >= len(filled)


def looks_like_html(text: str) -> bool:
    """Return whether a text begins as a page of HTML does."""
    return bool(_MARKUP.match(text[:HEAD]))
