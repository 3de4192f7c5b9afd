"""The files behind the names that a person gives: a file, a folder, a zip archive, a page of HTML, standard input."""

import io
import os
import shutil
import sys
import tempfile
import weakref
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO, cast

from unspool.data.findings import Findings
from unspool.data.html import page_text
from unspool.data.kinds import refuse_foreign
from unspool.errors import DataError
from unspool.text.reading import decompressed, open_file

STANDARD_INPUT = "standard input"
PAGES = (".html", ".htm", ".xhtml")
ARCHIVE = ".zip"
BINARY = (".parquet",)  # whose reader knows what it is


@dataclass(frozen=True)
class SourceFile:
    """A file to read.

    Attributes:
        name: is what errors call it.
        ending: is the one that says what it holds, in lower case: `.csv` of `T.CSV.gz`.
        stem: is its name without folders and endings.
        open: opens it for reading bytes, at its start.
    """

    name: str
    ending: str
    stem: str
    open: Callable[[], BinaryIO]


def expand(name: str, endings: Sequence[str], findings: Findings) -> list[SourceFile]:
    """Find the files that a name stands for.

    Args:
        name: is that of a file, a folder or a zip archive, or `-` for standard input.
        endings: are those of the files that are read in a folder or an archive, in any case, also before .gz.
        findings: counts by ending the files that are not read.

    Raises:
        DataError: there is no such file, or none in a folder has one of the endings.
    """
    if name == "-":
        return [SourceFile(STANDARD_INPUT, "", STANDARD_INPUT, _kept(sys.stdin.buffer))]
    path = Path(name)
    if not _exists(path):
        raise DataError(
            f"{name if len(name) < 200 else name[:200] + '...'!r} does not exist.",
            "name a file, a folder, or - for standard input; in Python, a text itself may be given in a list.",
        )
    if path.is_dir():
        chosen = _chosen(name, _files_in(path, findings), endings, findings)
        return [_on_disk(str(path / file)) for file in chosen]
    if path.suffix.lower() == ARCHIVE:
        return _in_archive(name, endings, findings)
    if not path.is_file():  # a pipe, which can be read once
        with path.open("rb") as stream:
            return [SourceFile(name, ending_of(path), path.stem, _kept(stream))]
    return [_on_disk(name)]


def ending_of(path: PurePath) -> str:
    """Return the ending that says what a file holds, in lower case: `.csv` of `T.CSV.gz`."""
    return _unpacked(path).suffix.lower() or path.suffix.lower()


def _unpacked(path: PurePath) -> PurePath:
    """Return the name of what a file holds, which may be compressed: `T.CSV` of `T.CSV.gz`."""
    return path.with_suffix("") if path.suffix.lower() == ".gz" else path


def open_page(open_bytes: Callable[[], BinaryIO], name: str) -> Callable[[], BinaryIO]:
    """Return what opens a page of HTML for reading the bytes of its text."""

    def opened() -> BinaryIO:
        with open_bytes() as stream:
            return io.BytesIO(page_text(stream.read(), name).encode())

    return opened


def _on_disk(name: str) -> SourceFile:
    return _file(name, PurePath(name), lambda: open_file(name))


def _file(name: str, path: PurePath, open_bytes: Callable[[], BinaryIO]) -> SourceFile:
    ending, stem = ending_of(path), _unpacked(path).stem
    if ending in PAGES:
        return SourceFile(name, ".txt", stem, open_page(open_bytes, name))
    if ending in BINARY:
        return SourceFile(name, ending, stem, open_bytes)

    def opened() -> BinaryIO:
        stream = open_bytes()
        try:
            if stream.seekable():
                refuse_foreign(stream, name)
        except BaseException:
            stream.close()
            raise
        return stream

    return SourceFile(name, ending, stem, opened)


def _files_in(folder: Path, findings: Findings) -> list[PurePath]:
    """Return the files of a folder and of those in it, in order, by their names within it."""

    def unreadable(problem: OSError) -> None:
        inside = PurePath(problem.filename).relative_to(folder)
        findings.warn(f"{folder.name}/{inside} cannot be read ({problem.strerror}), and what is in it is left out.")

    found = [Path(root, name) for root, _, names in os.walk(folder, onerror=unreadable) for name in names]
    files = [path for path in found if path.is_file()]
    if len(files) < len(found):
        findings.note(f"broken links and the like in {folder.name} that are not read: {len(found) - len(files):,}.")
    return sorted(path.relative_to(folder) for path in files)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that cannot be, such as a whole text
        return False


def _in_archive(name: str, endings: Sequence[str], findings: Findings) -> list[SourceFile]:
    try:
        with zipfile.ZipFile(name) as archive:
            members = sorted(PurePath(info.filename) for info in archive.infolist() if not info.is_dir())
    except (zipfile.BadZipFile, OSError, ValueError) as problem:
        raise DataError(f"{name} cannot be read: {problem!s:.100}.", "check the archive.") from None
    return [_member(name, member) for member in _chosen(name, members, endings, findings)]


def _member(archive: str, member: PurePath) -> SourceFile:
    def opened() -> BinaryIO:
        try:
            with zipfile.ZipFile(archive) as opened_archive:
                stream = opened_archive.open(member.as_posix())  # stays open without the archive
        except (
            zipfile.BadZipFile,
            RuntimeError,
            NotImplementedError,
            KeyError,
        ) as problem:  # such as one with a password
            raise DataError(f"{archive}/{member} cannot be read: {problem!s:.100}.", "unpack the archive.") from None
        return decompressed(cast(BinaryIO, stream), member.name)

    return _file(f"{archive}/{member.as_posix()}", member, opened)


def _chosen(folder: str, inside: Iterable[PurePath], endings: Sequence[str], findings: Findings) -> Iterator[PurePath]:
    """Choose the files of a folder that are read, and count the others."""
    wanted = {f".{ending.lower().lstrip('.')}" for ending in endings}
    chosen, others, hidden = [], Counter[str](), 0
    for file in inside:
        if any(part.startswith((".", "__MACOSX")) for part in file.parts):
            hidden += 1
        elif ending_of(file) in wanted:
            chosen.append(file)
        else:
            others[file.suffix.lower() or "without an ending"] += 1
    unread = [f"{count:,} {ending}" for ending, count in sorted(others.items(), key=lambda item: (-item[1], item[0]))]
    unread += [f"{hidden:,} hidden"] if hidden else []
    if not chosen:
        found = f" It holds {', '.join(unread)}." if unread else " It is empty."
        raise DataError(
            f"{folder} holds no file that ends with {' or '.join(endings)}.{found}",
            "name other endings with --suffixes, such as --suffixes .py.",
        )
    if unread:
        findings.note(f"files in {Path(folder).name} that are not read: {', '.join(unread)}.")
    return iter(chosen)


def _kept(stream: BinaryIO) -> Callable[[], BinaryIO]:
    """Keep on disk what can be read once, and return what opens it."""
    descriptor, path = tempfile.mkstemp(prefix="unspool-")
    with os.fdopen(descriptor, "wb") as file:
        shutil.copyfileobj(stream, file)

    def opened() -> BinaryIO:
        return open_file(path)

    weakref.finalize(opened, _remove, path)
    return opened


def _remove(path: str) -> None:
    with suppress(OSError):
        Path(path).unlink()
