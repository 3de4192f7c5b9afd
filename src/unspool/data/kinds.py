"""Say what a file is that is not plain text, and how its text can be had."""

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from unspool.errors import DataError, shell_word
from unspool.text.reading import GZIP

HEAD = 4096  # bytes that are looked at


class Way(NamedTuple):
    """A way to the text of a file.

    Attributes:
        what: says what to do.
        command: does it, with `{name}` in place of the file; empty where there is none.
    """

    what: str
    command: str = ""


_PLAIN = "save it as plain text (.txt)"
_PANDOC = Way(f"{_PLAIN}, or convert it", "pandoc {name} -t plain -o text.txt")
_TABLE = Way("save the sheet as .csv, and name its columns")
_UNPACK = Way("unpack it, and name the folder")
_NO_TEXT = Way("name a file of text")
_KINDS = (  # the bytes that a kind begins with, so many that no text does; what it is; the way to its text
    (rb"%PDF-\d", "a PDF document", Way("extract its text", "pdftotext {name} text.txt")),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Word or Excel document", Way(f"{_PLAIN}, or a sheet as .csv")),
    (rb"\{\\rtf\d", "a document of rich text", _PANDOC),
    (rb"PAR1[\0-\x08\x0e-\x1f]", "a table of Parquet", Way("let its name end with .parquet, and name its columns")),
    (
        rb"SQLite format 3\0",
        "a database",
        Way("write a table of it", 'sqlite3 -csv -header {name} "select ..." > t.csv'),
    ),
    (rb"BZh[1-9](1AY&SY|\x17rE8P\x90)", "compressed by bzip2", Way("decompress it", "bunzip2 --keep {name}")),
    (rb"\xfd7zXZ\0", "compressed by xz", Way("decompress it", "unxz --keep {name}")),
    (rb"\x28\xb5\x2f\xfd", "compressed by zstd", Way("decompress it", "unzstd {name}")),
    (rb"7z\xbc\xaf\x27\x1c", "an archive of 7-Zip", _UNPACK),
    (rb"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (rb"\x89PNG\r\n\x1a\n", "a picture", _NO_TEXT),
    (rb"\xff\xd8\xff", "a picture", _NO_TEXT),
    (rb"GIF8[79]a.[\0-\x1f].[\0-\x1f]", "a picture", _NO_TEXT),  # the width and the height, which are below 8192
    (rb"RIFF....(WEBP|WAVE|AVI )", "a picture, a sound or a film", _NO_TEXT),
    (rb"ID3[\x02-\x04]", "a sound", _NO_TEXT),
    (rb"OggS\0", "a sound", _NO_TEXT),
    (rb"\x7fELF", "a program", _NO_TEXT),
    (rb"MZ\x90\0", "a program", _NO_TEXT),
)
_INSIDE = {  # a member of a zip archive that says what the archive is
    "word/document.xml": ("a Word document", _PANDOC),
    "xl/workbook.xml": ("a sheet of Excel", _TABLE),
    "ppt/presentation.xml": ("a presentation", Way("export its text as an outline (.txt)")),
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
    found = next(((kind, way) for start, kind, way in _KINDS if re.match(start, head, re.S)), None)
    if head.startswith(b"PK\x03\x04"):
        found = _archive(stream)
        stream.seek(0)
    if found is not None:
        raise DataError(f"{name} is {found[0]}, not plain text.", f"{way_for(name, found[1])}.")


def way_for(name: str, way: Way) -> str:
    """Return a way to the text of a file as a hint has it, with a command that can be pasted where one can read it.

    Args:
        name: is what errors call the file.
        way: is for files of its kind.
    """
    before = needed_before(name)
    if before:
        tool = f" with {way.command.split()[0]}" if way.command else ""
        return f"{before} first; then {way.what}{tool}"
    return f"{way.what}: {way.command.replace('{name}', shell_word(Path(name)))}" if way.command else way.what


def needed_before(name: str) -> str:
    """Return what must be done before a command can read a file: to unpack it, to decompress it; empty if nothing.

    Args:
        name: is what errors call the file, which may be a member of an archive, or standard input.
    """
    path = Path(name)
    archive = next((parent for parent in path.parents if parent.is_file()), None)
    if archive is not None:
        return f"unpack {archive}"
    if not path.is_file():
        return "write it to a file"
    with path.open("rb") as stream:
        return "decompress it" if stream.read(len(GZIP)) == GZIP else ""


def _archive(stream: BinaryIO) -> tuple[str, Way]:
    try:
        members = zipfile.ZipFile(stream).namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        members = []
    known = (found for member, found in _INSIDE.items() if member in members)
    return next(known, ("a zip archive", Way("let its name end with .zip, or unpack it and name the folder")))


def looks_like_a_chat(lines: Sequence[str]) -> bool:
    """Return whether the first lines of a text are messages with date, time and name, as messengers export them."""
    filled = [line for line in lines if line.strip()][:20]
    messages = sum(bool(_MESSAGE.match(line)) for line in filled)
    return messages >= MESSAGES and 2 * messages >= len(filled)


def looks_like_html(text: str) -> bool:
    """Return whether a text begins as a page of HTML does."""
    return bool(_MARKUP.match(text[:HEAD]))
