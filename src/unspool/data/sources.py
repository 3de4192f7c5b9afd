"""The sources of a text: files, folders, standard input, the embedded corpus.

Clean text comes in pieces, so that a text larger than the memory can be read several times: once to count, once to
encode. `data/table.py` reads the same files as rows of columns.
"""

import shutil
import sys
import tempfile
import weakref
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from unspool.errors import DataError
from unspool.specs.data import DataSpec
from unspool.text.reading import open_file, read_pieces

EMBEDDED = "the embedded corpus"
STANDARD_INPUT = "standard input"


class Sources:
    """A text that can be read again and again.

    Args:
        names: are files, folders or `-`; none means the embedded corpus.
        spec: holds the encoding of every file, and the suffixes of the files that are read in a folder.

    Attributes:
        names: are those that were given.
        files: are all files that are read, in order; `-` is standard input.

    Raises:
        DataError: a file does not exist, or a folder holds no file with one of the suffixes.
    """

    def __init__(self, names: tuple[str, ...], spec: DataSpec) -> None:
        self._encoding, self._suffixes = spec.encoding, spec.suffixes
        self._standard_input: BinaryIO | None = None
        self.names = names
        self.files = [file for name in names for file in self._expand(name)]

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
            for piece in self._read(file):
                yield piece
                ended = piece.endswith("\n")

    def lines(self) -> Iterator[str]:
        """Read the lines of all files, also empty ones, without their line ends."""
        return (line.removesuffix("\n") for line in _lines(self.pieces()))

    def lines_of(self, file: str) -> Iterator[str]:
        """Read the lines of one of the files, also empty ones, with their line ends."""
        return _lines(self._read(file))

    def _expand(self, name: str) -> list[str]:
        if name == "-":
            return [name]
        path = Path(name)
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.is_file())
            found = [str(file) for file in inside if file.suffix in self._suffixes]
            if not found:
                raise DataError(
                    f"{name} holds no file that ends with {' or '.join(self._suffixes)}.",
                    "name other endings with --suffixes, such as --suffixes .py.",
                )
            return found
        if not path.exists():
            raise DataError(f"{name} does not exist.", "name a file, a folder, or - for standard input.")
        return [name]

    def _open(self, name: str) -> BinaryIO:
        if name == "-":
            if self._standard_input is None:  # kept on disk, because it is read more than once
                self._standard_input = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - read again later
                weakref.finalize(self, self._standard_input.close)
                shutil.copyfileobj(sys.stdin.buffer, self._standard_input)
            self._standard_input.seek(0)
            return self._standard_input
        try:
            return open_file(name)
        except OSError as problem:
            raise DataError(f"{name} cannot be read: {problem.strerror}.", "check its permissions.") from None

    def _read(self, name: str) -> Iterator[str]:
        stream = self._open(name)
        try:
            yield from read_pieces(stream, STANDARD_INPUT if name == "-" else name, self._encoding)
        except (OSError, EOFError, zlib.error) as problem:
            raise DataError(f"{name} cannot be read: {problem}.", "check the file.") from None
        finally:
            if name != "-":
                stream.close()


def _lines(pieces: Iterator[str]) -> Iterator[str]:
    """Split pieces that may end anywhere into lines with their ends."""
    rest = ""
    for piece in pieces:
        lines = (rest + piece).split("\n")
        rest = lines.pop()
        yield from (line + "\n" for line in lines)
    if rest:
        yield rest


def embedded_corpus() -> str:
    """Return the Python language reference that comes with every Python, one chapter after the other."""
    from pydoc_data.topics import topics

    return "\n\n".join(topics.values())


def describe_sources(names: tuple[str, ...]) -> str:
    """Return what a sentence calls the sources of these names."""
    if not names:
        return EMBEDDED
    shown = [STANDARD_INPUT if name == "-" else name for name in names]
    return ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")
