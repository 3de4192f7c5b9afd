"""The documents of plain texts: lines, whole files, or what a separator divides; and the lines of aligned files.

Lines end at LF or CRLF alone. Empty documents, and those of blanks, are left out and counted.
"""

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from unspool.data.files import SourceFile
from unspool.data.sources import Sources
from unspool.data.table import Record, refuse_tables
from unspool.errors import DataError
from unspool.specs.data import FILE
from unspool.text.reading import without_end

EMPTY = "empty documents left out"


def read_documents(sources: Sources, separator: str = "\n") -> Iterator[tuple[str, Record]]:
    """Read the documents of every file, each with a record of one column, FILE.

    Args:
        sources: are plain texts.
        separator: is between two documents of a file: a line end, which makes every line a document, or another text;
            an empty one makes every file a document.

    Raises:
        DataError: one of the sources is a table, or cannot be read.
    """
    refuse_tables(sources)
    for file in sources.files:
        with sources.counting(file):
            for place, text in _documents(sources, file, separator):
                if text.strip():
                    yield text, Record({FILE: file.stem}, file, place)
                else:
                    sources.findings.count(EMPTY, file, place)


def read_aligned(*columns: tuple[str, Sources]) -> Iterator[Record]:
    """Read several texts line by line as records.

    Args:
        *columns: are the name of each column, and the text whose line i is its cell in record i.

    Raises:
        DataError: one text has more lines than another, or one is a table.
    """
    names, texts = zip(*columns, strict=True)
    for text in texts:
        refuse_tables(text)
    for number, lines in enumerate(zip_longest(*map(all_lines, texts)), 1):
        if None in lines:
            longer = next(text for text, line in zip(texts, lines, strict=True) if line is not None)
            shorter = texts[lines.index(None)]
            raise DataError(
                f"{longer.description} and {shorter.description} must have as many lines as each other. Received: "
                f"line {number:,} of {longer.description} has none in {shorter.description}, which ends at line "
                f"{number - 1:,}.",
                "correct the files, so that line i of one belongs to line i of the other.",
            )
        yield Record(dict(zip(names, lines, strict=True)), texts[0].files[0], f"line {number:,}")


def all_lines(sources: Sources) -> Iterator[str]:
    """Read the lines of all files, also empty ones, as clean texts without their ends."""
    for file in sources.files:
        with sources.counting(file):
            yield from (line for _, line in _lines(sources, file))


def _documents(sources: Sources, file: SourceFile, separator: str) -> Iterable[tuple[str, str]]:
    """Yield where each document of a file begins, and its text."""
    if separator == "\n":
        return _lines(sources, file)
    if not separator:
        whole = "".join(sources.pieces_of(file))
        return [("line 1", whole.removesuffix("\n"))] if whole else []
    return _separated(sources, file, separator)


def _lines(sources: Sources, file: SourceFile) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(sources.lines_of(file), 1):
        place = f"line {number:,}"
        yield place, sources.cleaned(without_end(line), file, place)


def _separated(sources: Sources, file: SourceFile, separator: str) -> Iterator[tuple[str, str]]:
    """Divide a text at a separator; line ends next to it belong to it."""
    held, line = list[str](), 1  # the parts of a document that has not ended yet
    for piece in sources.pieces_of(file):
        overlap = held.pop() if held else ""  # may hold the start of a separator
        first, *others = (overlap + piece).split(separator)
        for part in others:
            document = "".join([*held, first])
            yield f"line {line:,}", document.strip("\n")
            line += document.count("\n") + separator.count("\n")
            held, first = [], part
        border = max(0, len(first) - len(separator) + 1)
        held += [first[:border], first[border:]]
    rest = "".join(held).strip("\n")
    if rest:
        yield f"line {line:,}", rest
