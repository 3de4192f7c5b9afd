"""Pictures that a table describes: its rows have the name of a file, and a caption, several, or a label.

    metadata.jsonl   {"file_name": "1.jpg", "text": "a dog"}      captions.tsv   1.jpg#0  a dog
    metadata.csv     file_name,text                               captions.txt   image,caption

Names are relative to the table, or to a folder of pictures beside it.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from unspool.data.findings import Findings
from unspool.data.pictures.picture import DescribedPicture, is_file, picture_in_file
from unspool.data.pictures.places import INSIDE, folders_in, is_picture
from unspool.data.sources import Sources
from unspool.data.table import LIST_MARK, Columns, Record, column_names, quoted, read_table
from unspool.errors import DataError
from unspool.specs.pictures import PictureDataSpec

IMAGES = (
    *("file_name", "filename", "image", "picture", "image_file", "image_name", "image_path", "img", "img_path"),
    *("file", "path", "filepath", "file_path", "photo"),
)
TEXTS = re.compile(r"(text|caption|sentence|comment|description)s?([_ -]?\d+)?", re.I)
LABELS = ("label", "class", "category", "target", "labels")
FIRST = 20  # rows that are looked at, to know what a table is
NUMBERED = re.compile(r"#\d+$")  # says which of the captions of a picture it is


class PictureColumns(NamedTuple):
    """Which columns of a table describe pictures.

    Attributes:
        image: names the column of the file names.
        texts: name those of the captions; several columns are several captions.
        label: names that of the label.
        header: says whether the first row holds names; none finds it.
    """

    image: str
    texts: tuple[str, ...] = ()
    label: str | None = None
    header: bool | None = None


def captioned_in_table(
    table: Path, spec: PictureDataSpec, text: tuple[str, ...], findings: Findings
) -> list[DescribedPicture]:
    """Read the pictures of a table with their captions, in the order in which they first appear; some may have none.

    Args:
        table: is the file.
        spec: says how it is read.
        text: names the columns of the captions; none finds them.
        findings: counts what is left out.

    Raises:
        DataError: it cannot be read, lacks a column, or none of its pictures exists.
    """
    columns = _caption_columns(table, spec, text)
    captions: dict[Path, list[str]] = {}
    for path, record in _found_rows(table, spec, columns, findings):
        found = captions.setdefault(path, [])
        for caption in _captions(record.cells[name] for name in columns.texts):
            if caption.strip():
                found.append(caption.strip())
            else:
                findings.count("captions left out because they are empty", record.file, record.place)
    return [DescribedPicture(picture_in_file(path), tuple(texts)) for path, texts in captions.items()]


def labelled_in_table(
    table: Path, spec: PictureDataSpec, label: str | None, findings: Findings
) -> list[DescribedPicture]:
    """Read the pictures of a table with their labels, row by row. See `captioned_in_table`."""
    names = _names(table, spec)
    column = label or first_known(LABELS, names)
    if column is None:
        raise DataError(
            f"{table} must have a column of labels. Received: {quoted(names)}.", "name the column with --label."
        )
    columns = PictureColumns(_image_column(table, spec, names), label=column, header=spec.header)
    pictures = []
    for path, record in _found_rows(table, spec, columns, findings):
        if value := record.cells[column].strip():
            pictures.append(DescribedPicture(picture_in_file(path), label=value))
        else:
            findings.count(f"rows left out because {column!r} is empty", record.file, record.place)
    return pictures


def describes_captions(table: Path, spec: PictureDataSpec) -> bool:
    """Return whether a table has columns of captions; only its first rows are looked at."""
    return _is_numbered(table, spec) or any(TEXTS.fullmatch(name) for name in _names(table, spec))


def names_pictures(table: Path, spec: PictureDataSpec, existing: bool = True) -> bool:
    """Return whether one of the first rows of a table names a picture, in a column whose name says so.

    Args:
        table: is the file.
        spec: says how it is read.
        existing: says whether the picture must be there, as in a table that is no part of a folder of pictures.
    """
    if _is_numbered(table, spec):
        return True
    image = spec.image or first_known(IMAGES, _names(table, spec))
    if image is None:
        return False
    rows, beside = (
        read_table(Sources((str(table),), spec, tables=True), Columns((image,))),
        PicturesBeside(table.parent),
    )
    names = (row.cells[image].strip() for row in islice(rows, FIRST))
    return any(is_picture(name) and (not existing or beside.path(name) is not None) for name in names)


def has_labels(table: Path, spec: PictureDataSpec) -> bool:
    """Return whether a table has a column whose name says that it holds labels."""
    return first_known(LABELS, _names(table, spec)) is not None


class PicturesBeside:
    """Finds the files that a table names: relative to its folder, or to a folder of pictures in it.

    Args:
        folder: is that of the table.
    """

    def __init__(self, folder: Path) -> None:
        self._bases = [folder, *(folder / name for name in folders_in(folder) if name.lower() in INSIDE)]
        self._found: dict[str, Path | None] = {}

    def path(self, name: str) -> Path | None:
        """Return the path of a file; `1.jpg#0` is `1.jpg` unless there is a file of that very name."""
        name = name.strip()
        if name not in self._found:
            names = dict.fromkeys((name, NUMBERED.sub("", name))) if name else {}
            paths = (base / one for one in names for base in self._bases)
            self._found[name] = next(filter(is_file, paths), None)
        return self._found[name]


def _found_rows(
    table: Path, spec: PictureDataSpec, columns: PictureColumns, findings: Findings
) -> Iterator[tuple[Path, Record]]:
    """Read the rows whose picture exists, and count the others."""
    sources = Sources((str(table),), spec.changed(header=columns.header), tables=True, findings=findings)
    labels = () if columns.label is None else (columns.label,)
    names = tuple(dict.fromkeys((columns.image, *columns.texts, *labels)))
    beside, read, missing = PicturesBeside(table.parent), 0, ""
    for record in read_table(sources, Columns(names, frozenset(labels), frozenset(columns.texts))):
        name = record.cells[columns.image]
        path = beside.path(name)
        if path is not None:
            read += 1
            yield path, record
        elif name.strip():
            missing = missing or f"{name.strip()!r:.100} in {record.place}"
            what = "rows left out because their picture does not exist"
            findings.count(what, record.file, f"{record.place} ({name.strip():.60})")
        else:
            findings.count("rows left out because they name no picture", record.file, record.place)
    if not read:
        raise DataError(
            f"{table} must name pictures that exist. Received: {missing or 'no name'}.",
            "write their names relative to the table, or name another column with --image.",
        )


def _caption_columns(table: Path, spec: PictureDataSpec, text: tuple[str, ...]) -> PictureColumns:
    if not text and _is_numbered(table, spec):
        return PictureColumns("1", ("2",), header=False)
    names = _names(table, spec)
    texts = text or tuple(name for name in names if TEXTS.fullmatch(name))
    if not texts:
        raise DataError(
            f"{table} must have a column of captions. Received: {quoted(names)}.", "name the column with --text."
        )
    return PictureColumns(_image_column(table, spec, names), texts, header=spec.header)


def _is_numbered(table: Path, spec: PictureDataSpec) -> bool:
    """Return whether a table has no names of columns, and its first row is `picture#k`, a tab and a caption."""
    if table.suffix.lower() not in (".tsv", ".txt", ".token") or spec.header is not None:
        return False
    sources = Sources((str(table),), spec, tables=True)
    first = next(filter(str.strip, sources.lines_of(sources.files[0])), "")
    name, tab, _ = first.partition("\t")
    return bool(tab) and PicturesBeside(table.parent).path(name) is not None


def _image_column(table: Path, spec: PictureDataSpec, names: Sequence[str]) -> str:
    column = spec.image or first_known(IMAGES, names)
    if column is None:
        raise DataError(
            f"{table} must have a column with the file names of pictures. Received: {quoted(names)}.",
            "name the column with --image.",
        )
    return column


def _names(table: Path, spec: PictureDataSpec) -> list[str]:
    sources = Sources((str(table),), spec, tables=True)
    return column_names(sources, sources.files[0])


def first_known(known: Iterable[str], names: Sequence[str]) -> str | None:
    """Return the name of a column that is one of the known ones, in any case; the earliest of these."""
    by_lower = {name.lower(): name for name in reversed(names)}
    return next((by_lower[name] for name in known if name in by_lower), None)


def _captions(cells: Iterable[str]) -> Iterator[str]:
    """Yield the captions of some cells, each of which may hold a list, also one that is written as JSON."""
    for cell in cells:
        if cell.startswith('["') and cell.endswith('"]'):
            try:
                listed = json.loads(cell)
            except ValueError:
                listed = None
            if isinstance(listed, list) and all(isinstance(one, str) for one in listed):
                yield from listed
                continue
        yield from cell.split(LIST_MARK)
