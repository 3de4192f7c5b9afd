"""The sources of a text: files, folders, archives, standard input, the embedded corpus.

Clean text comes in pieces, so that a text larger than the memory can be read several times: once to count, once to
encode. `data/table.py` reads the same files as rows of columns.
"""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from unspool.data.files import STANDARD_INPUT, SourceFile, bare_name, expand
from unspool.data.findings import Findings
from unspool.data.kinds import looks_like_a_chat, looks_like_html
from unspool.errors import DataError
from unspool.specs.data import SourcesSpec
from unspool.text.cleaning import Cleaner, clean_and_count
from unspool.text.reading import read_lines, read_pieces

EMBEDDED = "the embedded corpus"
TEXTS = (".txt", ".md")  # the endings that are read in a folder of texts
TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")
EMPTY = "empty files"
HALVES = "halves of surrogate pairs, which are no characters, replaced by U+FFFD"


class Sources:
    """A text that can be read again and again.

    Args:
        names: are files, folders, archives or `-`; none means the embedded corpus.
        spec: says how files are read, and which in a folder.
        tables: says that the sources are tables rather than texts.
        findings: receives what reading finds; none keeps it to itself.

    Attributes:
        names: are those that were given.
        files: are all files that are read, in order.
        spec: says how they are read.
        findings: receives what reading finds.
        filled: are the files that have something in them, as far as they were read.

    Raises:
        DataError: a file does not exist, or a folder holds no file with one of the endings.
    """

    def __init__(
        self, names: tuple[str, ...], spec: SourcesSpec, tables: bool = False, findings: Findings | None = None
    ) -> None:
        self.names, self.spec, self.findings = names, spec, findings or Findings()
        self.filled: set[SourceFile] = set()
        endings = spec.suffixes or (TABLES if tables else TEXTS)
        self.files = [file for name in names for file in expand(name, endings, self.findings, spec.encoding)]

    @property
    def description(self) -> str:
        """What a sentence calls the sources."""
        return describe_sources(self.names)

    def pieces(self) -> Iterator[str]:
        """Read all files as one text, with a line end between two files."""
        if not self.names:
            yield embedded_corpus()
        ended = True
        for file in self.files:
            if not ended:
                yield "\n"
            with self.counting(file):
                for piece in self.pieces_of(file):
                    yield piece
                    ended = piece.endswith("\n")

    def pieces_of(self, file: SourceFile) -> Iterator[str]:
        """Read one of the files as clean text in pieces."""
        cleaner = Cleaner(file.name)
        with self.open(file) as stream:
            for number, piece in enumerate(
                read_pieces(stream, file.name, file.encoding or self.spec.encoding, cleaner)
            ):
                if number == 0:
                    self.filled.add(file)
                    self._look_at(file, piece)
                yield piece
            self.findings.count(HALVES, file, "somewhere in it", cleaner.replaced)

    def lines_of(self, file: SourceFile) -> Iterator[str]:
        """Read the lines of one of the files as they stand, also empty ones, with their ends: LF or CRLF alone."""
        with self.open(file) as stream:
            for line in read_lines(stream, file.name, file.encoding or self.spec.encoding):
                self.filled.add(file)
                yield line

    def cleaned(self, text: str, file: SourceFile, place: str) -> str:
        """Clean a line or a cell, and count what is replaced in it.

        Args:
            text: is what was read.
            file: is where it was read.
            place: says where in the file it is: `line 7`.
        """
        found, replaced = clean_and_count(text, f"{file.name}, {place}")
        self.findings.count(HALVES, file, place, replaced)
        return found

    @contextmanager
    def counting(self, file: SourceFile) -> Iterator[None]:
        """Count what is found in a file while it is read to its end; a reading that breaks off does not count."""
        self.findings.begin(file)
        self.filled.discard(file)
        yield
        if file not in self.filled:
            self.findings.count(EMPTY, file, "")
        self.findings.complete(file)

    @contextmanager
    def open(self, file: SourceFile) -> Iterator[BinaryIO]:
        """Open a file for reading bytes; what is wrong with it is an error that names it."""
        try:
            with file.open() as stream:
                yield stream
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as problem:
            reason = getattr(problem, "strerror", None) or problem
            raise DataError(f"{file.name} cannot be read: {reason}.", "check the file and its permissions.") from None

    def _look_at(self, file: SourceFile, start: str) -> None:
        """Warn where a plain text is something else that people bring."""
        name = bare_name(file.name)
        if looks_like_html(start):
            self.findings.warn(
                f"{name} is a page of HTML, and its tags are learnt; rename it to end with .html to learn its text."
            )
        if looks_like_a_chat(start[:4096].split("\n")[:-1]):
            self.findings.warn(
                f"{name} is an exported chat, and the date and name of every message are learnt; to learn the messages "
                "alone, write them to a file of their own, one a line, and read it with --lines."
            )


def embedded_corpus() -> str:
    """Return the Python language reference that comes with every Python, one chapter after the other."""
    from pydoc_data.topics import topics

    return "\n\n".join(topics.values())


def describe_sources(names: tuple[str, ...]) -> str:
    """Return what a sentence calls the sources of these names, without the folders that they are in."""
    if not names:
        return EMBEDDED
    shown = [STANDARD_INPUT if name == "-" else bare_name(name) for name in names]
    return ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")
