"""Decode bytes into text, in pieces of bounded size: clean pieces, or lines as they stand.

What clean means is said in `text/cleaning.py`.
"""

import codecs
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from unspool.errors import DataError, UsageError
from unspool.text.cleaning import MARK, Cleaner, nul_error

PIECE_BYTES = 1 << 20
GZIP = b"\x1f\x8b"  # the first bytes of a compressed file

_MARKS = (  # the longer marks first: UTF-32's begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def open_file(name: str) -> BinaryIO:
    """Open a file for reading bytes; one that is compressed is decompressed."""
    return decompressed(Path(name).open("rb"), name)


def decompressed(stream: BinaryIO, name: str) -> BinaryIO:
    """Return a stream of what another holds, decompressed where its name ends with .gz, or its first bytes say so.

    Args:
        stream: stands at its start; it is closed with what is returned.
        name: is that of the file.
    """
    compressed = name.lower().endswith(".gz")
    if not compressed and stream.seekable():
        compressed = stream.read(len(GZIP)) == GZIP
        stream.seek(0)
    if not compressed:
        return stream
    file = gzip.GzipFile(fileobj=stream)
    file.myfileobj = cast(Any, stream)  # so that closing one closes the other
    return cast(BinaryIO, file)


def read_pieces(stream: BinaryIO, name: str, encoding: str = "auto", cleaner: Cleaner | None = None) -> Iterator[str]:
    """Decode a stream of bytes and yield clean text.

    Every piece but the last ends with a line end where the text has one, so that a tokenizer that never
    joins characters across a line end may treat the pieces one by one.

    Args:
        stream: is open for reading bytes.
        name: is what errors call the stream.
        encoding: names a codec of Python, or `auto`, which goes by the byte order mark and without one reads UTF-8.
        cleaner: cleans the text, and counts what it replaces; none makes one.

    Raises:
        DataError: the encoding cannot read some bytes, or the text has a NUL character.
        UsageError: the encoding does not exist.
    """
    cleaner, rest = cleaner or Cleaner(name), ""
    for text, last in _decoded(stream, name, encoding):
        rest += cleaner.add(text, last)
        cut = len(rest) if last else rest.rfind("\n") + 1
        if cut == 0 and len(rest) > PIECE_BYTES:
            cut = len(rest)  # a line longer than a piece
        if cut:
            yield rest[:cut]
            rest = rest[cut:]


def read_lines(stream: BinaryIO, name: str, encoding: str = "auto") -> Iterator[str]:
    """Decode a stream of bytes and yield its lines as they stand, with their ends, but without a byte order mark.

    A line ends at LF or CRLF alone, so that a stray CR does not misalign what belongs together line by line; only in a
    text that begins with CR and no LF, as old Macintoshes wrote it, each CR is a line end, and becomes LF.

    Args:
        stream: is open for reading bytes.
        name: is what errors call the stream.
        encoding: names a codec of Python, or `auto`, as for `read_pieces`.

    Raises:
        DataError: the encoding cannot read some bytes, or the text has a NUL character.
        UsageError: the encoding does not exist.
    """
    old, held = None, list[str]()  # the parts of a line that has not ended yet: a line may be as long as the file
    for text, last in _decoded(stream, name, encoding):
        if old is None and text:
            text = text.lstrip(MARK)
            old = _ends_with_returns(text)
        first, *others = (text.replace("\r", "\n") if old else text).split("\n")
        held.append(first)
        if others:
            yield "".join(held) + "\n"
            yield from (line + "\n" for line in others[:-1])
            held = [others[-1]]
        if last and any(held):
            yield "".join(held)


class Form(NamedTuple):
    """How a text is written as bytes, so that what is added to it is written alike.

    Attributes:
        codec: is the name of the encoding, with its order of bytes.
        mark: says whether a byte order mark is at the start.
        returns: says whether lines end at CR alone, which `read_lines` turns into LF.
    """

    codec: str
    mark: bool
    returns: bool


def find_form(stream: BinaryIO, name: str, encoding: str = "auto") -> Form:
    """Find out how a text is written, from its first bytes. See `read_lines`, which has the same arguments and errors.

    Args:
        stream: is open for reading bytes, at its start.
        name: is what errors call the stream.
        encoding: names a codec of Python, or `auto`.
    """
    head = stream.read(PIECE_BYTES)
    codec = _codec(head, encoding)
    text, _ = next(_decoded(io.BytesIO(head), name, encoding))
    mark = text.startswith(MARK)
    if codec in ("utf-16", "utf-32"):  # whose decoders take the mark away
        codec, mark = f"{codec}-{'le' if head.startswith(codecs.BOM_UTF16_LE) else 'be'}", True
    return Form(codec, mark, _ends_with_returns(text.lstrip(MARK)))


def _ends_with_returns(text: str) -> bool:
    """Return whether the lines of a text end at CR alone, as its start shows."""
    return "\r" in text and "\n" not in text


def without_end(line: str) -> str:
    """Return a line of `read_lines` without its end."""
    return line[:-1].removesuffix("\r") if line.endswith("\n") else line


def _decoded(stream: BinaryIO, name: str, encoding: str) -> Iterator[tuple[str, bool]]:
    """Yield decoded text as it stands, and whether it is the last."""
    block = stream.read(PIECE_BYTES)
    codec = _codec(block, encoding)
    decoder = codecs.getincrementaldecoder(codec)("strict")
    offset = 0
    while True:
        start = offset - len(decoder.getstate()[0])  # where the decoder's own count begins
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as problem:
            raise DataError(
                f"{name}: byte {problem.object[problem.start]:#04x} at offset {start + problem.start} is not {codec}.",
                "name the right encoding with --encoding, such as latin-1, cp1252 or utf-16.",
            ) from None
        except UnicodeError as problem:  # such as UTF-16 without a mark
            raise DataError(
                f"{name} cannot be read as {codec}: {problem}.", "name the right encoding with --encoding."
            ) from None
        if "\0" in text:
            raise nul_error(name, _nul_position(text, start, codec))
        yield text, not block
        if not block:
            return
        offset += len(block)
        block = stream.read(PIECE_BYTES)


def _codec(head: bytes, encoding: str) -> str:
    if encoding == "auto":
        return next((codec for mark, codec in _MARKS if head.startswith(mark)), "utf-8")
    try:
        name = codecs.lookup(encoding).name
        "".encode(name)  # refuses codecs that are not of text, such as base64
    except (LookupError, UnicodeError):
        raise UsageError(
            f"encoding must be a text encoding that Python knows. Received: {encoding!r:.40}.",
            "try utf-8, utf-16, latin-1 or cp1252.",
        ) from None
    return "utf-8" if name == "utf-8-sig" else name  # the mark is cleaned, as in every text


def _nul_position(text: str, start: int, codec: str) -> str:
    if codec == "utf-8":
        return f" at offset {start + len(text[: text.index(chr(0))].encode())}"
    return f" near offset {start}"
