"""Decode bytes into clean text, in pieces of bounded size.

Clean means: Unicode, without a byte order mark, line ends as ``\\n``, no NUL. Nothing else is changed.
"""

import codecs
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from unspool.errors import DataError, UsageError

PIECE_BYTES = 1 << 20

_MARKS = (  # the longer marks first: UTF-32's begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def open_file(name: str) -> BinaryIO:
    """Open a file for reading bytes; one whose name ends with .gz is decompressed."""
    return cast(BinaryIO, gzip.open(name)) if name.endswith(".gz") else Path(name).open("rb")


def read_pieces(stream: BinaryIO, name: str, encoding: str = "auto") -> Iterator[str]:
    """Decode a stream of bytes and yield clean text.

    Every piece but the last ends with a line end where the text has one, so that a tokenizer that never
    joins characters across a line end may treat the pieces one by one.

    Args:
        stream: is open for reading bytes.
        name: is what errors call the stream.
        encoding: names a codec of Python, or `auto`, which goes by the byte order mark and without one reads UTF-8.

    Raises:
        DataError: the encoding cannot read some bytes, or the text has a NUL character.
        UsageError: the encoding does not exist.
    """
    head = stream.read(PIECE_BYTES)
    codec = _codec(head, encoding)
    decoder = codecs.getincrementaldecoder(codec)("strict")
    lines = io.IncrementalNewlineDecoder(None, translate=True)
    offset, rest = 0, ""
    block = head
    while True:
        # where the decoder's own count begins: Python's utf-8-sig counts from behind the mark
        start = offset - len(decoder.getstate()[0])
        if start == 0 and codec == "utf-8-sig" and block.startswith(codecs.BOM_UTF8):
            start = len(codecs.BOM_UTF8)
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
            raise DataError(
                f"{name}: NUL character {_nul_position(text, start, codec)}, so this is not plain text.",
                "remove it, or if the file is UTF-16 say so with --encoding utf-16-le.",
            )
        offset += len(block)
        rest += lines.decode(text, final=not block)
        cut = rest.rfind("\n") + 1 if block else len(rest)
        if cut == 0 and len(rest) > PIECE_BYTES:
            cut = len(rest)  # a line longer than a piece
        if cut:
            yield rest[:cut]
            rest = rest[cut:]
        if not block:
            return
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
    return "utf-8-sig" if name == "utf-8" else name


def _nul_position(text: str, start: int, codec: str) -> str:
    if codec.startswith("utf-8"):
        return f"at offset {start + len(text[: text.index(chr(0))].encode())}"
    return f"near offset {start}"
