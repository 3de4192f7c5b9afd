"""What a name stands for where pictures are learnt: a folder, a table, a data set, IDX files, a list of pictures.

names -> read_captioned, read_labelled_pictures -> [DescribedPicture] -> training | held out
"""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from warnings import warn

from unspool.data.files import STANDARD_INPUT, bare_name
from unspool.data.findings import Findings
from unspool.data.pictures.decoding import read_stream
from unspool.data.pictures.described import (
    captioned_in_table,
    describes_captions,
    has_labels,
    labelled_in_table,
    names_pictures,
)
from unspool.data.pictures.embedded import embedded_rows, embedded_tables
from unspool.data.pictures.idx import idx_file, idx_pictures, is_idx, read_idx
from unspool.data.pictures.inside import caption_columns, captioned_inside, label_column, labelled_inside
from unspool.data.pictures.lists import divide_listed, listed_names
from unspool.data.pictures.picture import (
    DescribedPicture,
    Picture,
    existing_picture,
    is_file,
    is_folder,
    picture_in_bytes,
    picture_in_file,
)
from unspool.data.pictures.places import class_folder, folders_in, holds_classes, pictures_below, tables_beside
from unspool.data.sources import describe_sources
from unspool.errors import DataError, DataWarning, MissingExtraError
from unspool.specs.pictures import PictureDataSpec

CAPTIONING, CLASSIFICATION = "captioning", "image-classification"  # the names of the tasks
TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")


def read_captioned(
    names: Sequence[str], spec: PictureDataSpec, text: tuple[str, ...], findings: Findings
) -> list[DescribedPicture]:
    """Read pictures with their captions.

    Args:
        names: are those of folders of pictures with a table of captions, of such tables, or of data sets.
        spec: says how they are read.
        text: names the columns of the captions, each of which is a caption; none finds them.
        findings: counts what is left out.

    Raises:
        DataError: something cannot be read, or has no pictures with captions.
    """
    captioned = []
    for row in (row for name in names for row in _captioned(_existing(name), spec, text, findings)):
        if row.texts:
            captioned.append(row)
        else:
            findings.count("pictures left out because they have no caption", row.picture, "")
    if not captioned:
        raise DataError(
            f"{describe_sources(tuple(names))} must have pictures with captions. Received: none.", "write captions."
        )
    return captioned


def read_labelled_pictures(
    names: Sequence[str], spec: PictureDataSpec, label: str | None, findings: Findings
) -> list[DescribedPicture]:
    """Read pictures with their labels.

    Args:
        names: are those of folders with a folder for each class, of tables, or of data sets.
        spec: says how they are read.
        label: names the column of the labels; none finds it.
        findings: counts what is left out.

    Raises:
        DataError: something cannot be read, or has no pictures with labels.
    """
    return [row for name in names for row in _labelled(_existing(name), spec, label, findings)]


def recognised_task(names: Sequence[str]) -> str | None:
    """Return the task that some names stand for, `captioning` or `image-classification`; none where it is another.

    Only the names of files and the first rows of tables are looked at.
    """
    try:
        tasks = {_task(Path(name)) for name in names if name != "-"}
    except (DataError, MissingExtraError):  # which is said when it is read
        return None
    return tasks.pop() if len(tasks) == 1 else None


def pictures_of(names: Sequence[str]) -> list[Picture]:
    """Return the pictures that some names stand for: files, folders, data sets, and `-`, which is one on
    standard input.

    Raises:
        DataError: there is no such file, or no picture in a folder.
    """
    return [picture for name in names for picture in _pictures(name)]


def _captioned(path: Path, spec: PictureDataSpec, text: tuple[str, ...], findings: Findings) -> list[DescribedPicture]:
    if inside := embedded_tables(path, spec.image, findings):
        return [row for table in inside for row in captioned_inside(table, text, findings)]
    if (listed := listed_names(path)) is not None:
        return _of_list(path, listed, _captioned(path.parent, spec, text, findings), findings)
    if not is_folder(path):
        return captioned_in_table(path, spec, text, findings)
    tables = tables_beside(path, findings)
    if not tables:
        raise DataError(
            f"{path} must hold pictures with captions. Received: a folder without metadata.jsonl, metadata.csv or "
            "captions.tsv.",
            'write metadata.jsonl beside the pictures, a line for each: {"file_name": "1.jpg", "text": "..."}.',
        )
    rows = [row for table in tables for row in captioned_in_table(table, spec, text, findings)]
    described = {row.picture.name for row in rows}
    for folder in dict.fromkeys(table.parent for table in tables):
        apart = tuple(table for table in tables if table.parent == folder)
        for file in pictures_below(folder, spec.suffixes, findings, apart):
            picture = picture_in_file(folder / file)
            if picture.name not in described:
                rows.append(DescribedPicture(picture))
    return rows


def _labelled(path: Path, spec: PictureDataSpec, label: str | None, findings: Findings) -> list[DescribedPicture]:
    if inside := embedded_tables(path, spec.image, findings):
        return [row for table in inside for row in labelled_inside(table, label, findings)]
    if (listed := listed_names(path)) is not None:
        return _of_list(path, listed, _labelled(path.parent, spec, label, findings), findings)
    images = idx_file(path, findings) if is_folder(path) else path
    if images is not None and is_idx(images):
        return read_idx(images)
    if not is_folder(path):
        return labelled_in_table(path, spec, label, findings)
    tables = tables_beside(path)
    if tables and (label is not None or any(has_labels(table, spec) for table in tables)):
        return [
            row for table in tables_beside(path, findings) for row in labelled_in_table(table, spec, label, findings)
        ]
    if label is not None or spec.image is not None:
        raise DataError(
            f"label and image name columns of a table. Received: {label or spec.image!r}, and {path}, a folder whose "
            "table does not have them.",
            "leave them out: the folders in it are the classes; or name the table itself.",
        )
    return _in_classes(class_folder(path, findings), spec, findings)


def _of_list(
    path: Path, listed: set[str], rows: Sequence[DescribedPicture], findings: Findings
) -> list[DescribedPicture]:
    """Return the pictures that a list names, of those in its folder."""
    others, chosen = divide_listed(rows, listed, findings)
    if others:
        findings.note(f"pictures that are not read because {path.name} does not list them: {len(others):,}.")
    return chosen


def _in_classes(folder: Path, spec: PictureDataSpec, findings: Findings) -> list[DescribedPicture]:
    """Read the pictures of a folder with a folder for each class, whose name is the label."""
    rows = []
    for inside in pictures_below(folder, spec.suffixes, findings):
        picture = picture_in_file(folder / inside)
        if len(inside.parts) > 1:
            rows.append(DescribedPicture(picture, label=inside.parts[0]))
        else:
            findings.count("pictures left out because they are in no folder of a class", picture, "")
    if not rows:
        raise DataError(
            f"{folder} must hold a folder of pictures for each class. Received: none.",
            "put the pictures of each class into a folder that has its name.",
        )
    filled = {row.label for row in rows}
    for name in folders_in(folder):
        if name not in filled:
            findings.warn(f"{bare_name(str(folder))}/{name} holds no picture, so it is no class.")
    return rows


def _task(path: Path) -> str | None:
    spec = PictureDataSpec()
    if not (is_folder(path) or is_file(path)):
        return None
    if inside := embedded_tables(path):
        if caption_columns(inside[0]):
            return CAPTIONING
        return CLASSIFICATION if label_column(inside[0]) else None
    if listed_names(path) is not None:
        return _task(path.parent)
    if is_folder(path):
        tables = [table for table in tables_beside(path) if names_pictures(table, spec, existing=False)]
        if any(describes_captions(table, spec) for table in tables):
            return CAPTIONING
        labelled = any(has_labels(table, spec) for table in tables) or idx_file(path) or holds_classes(path)
        return CLASSIFICATION if labelled else None
    if is_idx(path):
        return CLASSIFICATION
    if path.suffix.lower() not in TABLES or not is_file(path) or not names_pictures(path, spec):
        return None
    if describes_captions(path, spec):
        return CAPTIONING
    return CLASSIFICATION if has_labels(path, spec) else None


def _pictures(name: str) -> list[Picture]:
    if name == "-":
        if sys.stdin is None:
            raise DataError(f"{STANDARD_INPUT} cannot be read: it is closed.", "name a file or a folder.")
        content = read_stream(sys.stdin.buffer, STANDARD_INPUT)
        return [picture_in_bytes(STANDARD_INPUT, partial(bytes, content))]
    path = Path(name)
    if inside := embedded_tables(path):
        return [row.picture for table in inside for row in embedded_rows(table, ()) if row.picture is not None]
    if is_idx(path) and is_file(path):
        return idx_pictures(path)
    if not is_folder(path):
        return [existing_picture(path)]
    findings = Findings()
    found = [picture_in_file(path / inside) for inside in pictures_below(path, (), findings)]
    for line in findings.lines:
        warn(line, DataWarning, stacklevel=2)
    if not found:
        raise DataError(f"{path} must hold pictures. Received: none.", "name another folder, or the pictures.")
    return found


def _existing(name: str) -> Path:
    path = Path(name)
    if name == "-" or not (is_folder(path) or is_file(path)):
        raise DataError(
            f"{name!r:.200} " + ("holds no pictures." if name == "-" else "does not exist."),
            "name a folder of pictures, or a table of their names.",
        )
    return path
