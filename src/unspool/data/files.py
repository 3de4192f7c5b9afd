"""The files behind the names that a person gives: a file, a folder, a zip archive, a page of HTML, standard input."""

import os
import sys
import tempfile
import weakref
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePath
from typing import BinaryIO, TypeVar, cast

from unspool.data.findings import Findings
from unspool.data.html import page_text
from unspool.data.kinds import refuse_foreign
from unspool.data.misnamed import named_alike
from unspool.errors import DataError, reporting_write_errors
from unspool.text.reading import PIECE_BYTES, decompressed, open_file

STANDARD_INPUT = "standard input"
PAGES = (".html", ".htm", ".xhtml")
ARCHIVE = ".zip"
PHOTOGRAPHS = (".jpg", ".jpeg", ".png", ".webp")
BINARY = (".parquet",)  # whose reader knows what it is

Member = TypeVar("Member")
PathOf = Callable[[Member], PurePath]


@dataclass(frozen=True)
class SourceFile:
    """A file to read.

    Attributes:
        name: is what errors call it.
        ending: is the one that says what it holds, in lower case: `.csv` of `T.CSV.gz`.
        stem: is its name without folders and endings.
        open: opens it for reading bytes, at its start.
        encoding: names the codec of these bytes where it is known, whatever the encoding of the sources.
    """

    name: str
    ending: str
    stem: str
    open: Callable[[], BinaryIO]
    encoding: str | None = None


def expand(name: str, endings: Sequence[str], findings: Findings, encoding: str = "auto") -> list[SourceFile]:
    """Find the files that a name stands for.

    Args:
        name: is that of a file, a folder or a zip archive, or `-` for standard input.
        endings: are those of the files that are read in a folder or an archive, in any case, also before .gz.
        findings: counts by ending the files that are not read, and says which are read as pages of HTML.
        encoding: is that of the pages, as for `page_text`.

    Raises:
        DataError: there is no such file, it cannot be read, or none in a folder has one of the endings.
        OutputError: what can be read once cannot be kept on disk.
    """
    files = list(_expanded(name, endings, findings))
    pages = [file for file in files if file.ending in PAGES]
    if len(pages) == 1:
        findings.note(f"{bare_name(pages[0].name)}: read as a page, without its markup.")
    elif pages:
        findings.note(f"{bare_name(name)}: {len(pages):,} files read as pages, without their markup.")
    return [_page(file, encoding) if file.ending in PAGES else file for file in files]


def bare_name(name: str) -> str:
    """Return the name of a file without the folders before it; for `.` and `..` the name that the folder has."""
    own = PurePath(name).name
    return own if own not in ("", "..") else Path(name).resolve().name or name


def _expanded(name: str, endings: Sequence[str], findings: Findings) -> Iterable[SourceFile]:
    if name == "-":
        if sys.stdin is None:
            raise DataError(f"{STANDARD_INPUT} cannot be read: it is closed.", "name a file or a folder.")
        return [
            _file(STANDARD_INPUT, PurePath(STANDARD_INPUT), kept_on_disk(_blocks(sys.stdin.buffer, STANDARD_INPUT)))
        ]
    path = Path(name)
    if not name or not _exists(path):
        raise DataError(
            f"{name if len(name) < 200 else name[:200] + '...'!r} does not exist.",
            named_alike(path)
            or "name a file, a folder, or - for standard input; in Python, a text itself may be given in a list.",
        )
    if path.is_dir():
        inside = _chosen(name, files_in(path, findings), endings, findings, PurePath)
        return (_on_disk(str(path / file)) for file in inside)
    if path.suffix.lower() == ARCHIVE:
        return _in_archive(name, endings, findings)
    if not path.is_file():  # a pipe, which can be read once
        with _reporting_read_errors(name), path.open("rb") as stream:
            return [_file(name, path, kept_on_disk(_blocks(stream, name)))]
    return [_on_disk(name)]


def ending_of(path: PurePath) -> str:
    """Return the ending that says what a file holds, in lower case: `.csv` of `T.CSV.gz`."""
    return _unpacked(path).suffix.lower() or path.suffix.lower()


def _unpacked(path: PurePath) -> PurePath:
    """Return the name of what a file holds, which may be compressed: `T.CSV` of `T.CSV.gz`."""
    return path.with_suffix("") if path.suffix.lower() == ".gz" else path


def _on_disk(name: str) -> SourceFile:
    return _file(name, PurePath(name), lambda: open_file(name))


def _file(name: str, path: PurePath, open_bytes: Callable[[], BinaryIO]) -> SourceFile:
    ending, stem = ending_of(path), _unpacked(path).stem
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


def _page(file: SourceFile, encoding: str) -> SourceFile:
    """Return the text of a page of HTML as a file; it is found once."""

    @cache
    def text() -> Callable[[], BinaryIO]:
        with file.open() as stream:
            return kept_on_disk([page_text(stream.read(), file.name, encoding).encode()])

    return replace(file, ending=".txt", open=lambda: text()(), encoding="utf-8")


def files_in(folder: Path, findings: Findings) -> list[PurePath]:
    """Return the files of a folder and of those in it, in order, by their names within it.

    A folder that several names lead to is read once, so that links may lead in circles.
    """
    shown = bare_name(str(folder))

    def unreadable(problem: OSError) -> None:
        if problem.filename == str(folder):
            raise DataError(f"{folder} cannot be read: {problem.strerror}.", "check the folder and its permissions.")
        inside = PurePath(problem.filename).relative_to(folder)
        findings.warn(f"{shown}/{inside} cannot be read ({problem.strerror}), and what is in it is left out.")

    found, seen, again, waiting = list[Path](), set[tuple[int, int]](), 0, [folder]
    for start in waiting:  # links wait, so that a folder is read under its own name where it has one here
        for root, folders, names in os.walk(start, onerror=unreadable):
            hidden, status = _is_hidden(Path(root).relative_to(folder)), Path(root).stat()
            if not hidden and (status.st_dev, status.st_ino) in seen:
                again += 1
                folders.clear()
                continue
            found += (Path(root, name) for name in names)
            if not hidden:  # else nothing in it is read, and it may be read under another name
                seen.add((status.st_dev, status.st_ino))
                waiting += (Path(root, name) for name in sorted(folders) if Path(root, name).is_symlink())
    if again:
        findings.note(f"folders in {shown} that are met again through links, and read once: {again:,}.")
    files = [path for path in found if path.is_file()]
    if len(files) < len(found):
        findings.note(f"broken links and the like in {shown} that are not read: {len(found) - len(files):,}.")
    return sorted(path.relative_to(folder) for path in files)


def _is_hidden(inside: PurePath) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in inside.parts)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that cannot be, such as a whole text
        return False


def _in_archive(name: str, endings: Sequence[str], findings: Findings) -> Iterator[SourceFile]:
    try:
        with zipfile.ZipFile(name) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError) as problem:
        raise DataError(f"{name} cannot be read: {problem!s:.100}.", "check the archive.") from None
    members.sort(key=_path_of)  # several may have one path
    return (_member(name, member) for member in _chosen(name, members, endings, findings, _path_of))


def _path_of(member: zipfile.ZipInfo) -> PurePath:
    return PurePath(member.filename)


def _member(archive: str, member: zipfile.ZipInfo) -> SourceFile:
    path = _path_of(member)

    def opened() -> BinaryIO:
        try:
            with zipfile.ZipFile(archive) as opened_archive:
                stream = opened_archive.open(member)  # stays open without the archive
        except (zipfile.BadZipFile, RuntimeError) as problem:  # such as one with a password
            raise DataError(
                f"{archive}/{path.as_posix()} cannot be read: {problem!s:.100}.", "unpack the archive."
            ) from None
        return decompressed(cast(BinaryIO, stream), path.name)

    return _file(f"{archive}/{path.as_posix()}", path, opened)


def _chosen(
    folder: str, inside: Iterable[Member], endings: Sequence[str], findings: Findings, path_of: PathOf[Member]
) -> Iterator[Member]:
    chosen, unread = by_ending(folder, inside, endings, findings, path_of)
    if not chosen:
        found = f" It holds {', '.join(unread)}." if unread else " It is empty."
        hint = "name other endings with --suffixes, such as --suffixes .py."
        if any(one.endswith(PHOTOGRAPHS) for one in unread):
            hint = "pictures are learnt with captions in metadata.jsonl beside them, or from a folder for each class."
        raise DataError(f"{folder} holds no file that ends with {' or '.join(endings)}.{found}", hint)
    return iter(chosen)


def by_ending(
    folder: str, inside: Iterable[Member], endings: Sequence[str], findings: Findings, path_of: PathOf[Member]
) -> tuple[list[Member], list[str]]:
    """Choose the files of a folder or an archive that are read, and say which are not, as in `3 .db`."""
    wanted = {f".{ending.lower().lstrip('.')}" for ending in endings}
    chosen, others, hidden = list[Member](), Counter[str](), 0
    for member in inside:
        path = path_of(member)
        if _is_hidden(path):
            hidden += 1
        elif ending_of(path) in wanted:
            chosen.append(member)
        else:
            others[path.suffix.lower() or "without an ending"] += 1
    unread = [f"{count:,} {ending}" for ending, count in sorted(others.items(), key=lambda item: (-item[1], item[0]))]
    unread += [f"{hidden:,} hidden"] if hidden else []
    if unread:
        findings.note(f"files in {bare_name(folder)} that are not read: {', '.join(unread)}.")
    return chosen, unread


def kept_on_disk(blocks: Iterable[bytes]) -> Callable[[], BinaryIO]:
    """Keep on disk what can be read once, or should be made once, and return what opens it.

    Raises:
        OutputError: it cannot be written.
    """
    with reporting_write_errors(Path("the temporary folder"), "name another place in TMPDIR"):
        descriptor, path = tempfile.mkstemp(prefix="unspool-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(blocks)
        except BaseException as problem:
            if isinstance(problem, OSError):
                problem.filename = str(Path(path).parent)
            _remove(path)
            raise

    def opened() -> BinaryIO:
        return open_file(path)

    weakref.finalize(opened, _remove, path)
    return opened


def _blocks(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """Yield what a stream holds, in blocks."""
    with _reporting_read_errors(name):
        while block := stream.read(PIECE_BYTES):
            yield block


@contextmanager
def _reporting_read_errors(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise DataError(
            f"{name} cannot be read: {problem.strerror or problem}.", "check the file and its permissions."
        ) from None


def _remove(path: str) -> None:
    with suppress(OSError):
        Path(path).unlink()
