"""Where pictures and what is known about them lie: folders, those of classes, and the tables beside pictures.

F/metadata.jsonl, .csv, captions.tsv, .txt     F/CLASS/1.jpg
F/train/metadata.jsonl, F/test/...             F/train/CLASS/1.jpg, F/test/CLASS/...
"""

from collections.abc import Iterator
from pathlib import Path, PurePath

from unspool.data.files import bare_name, by_ending, files_in
from unspool.data.findings import Findings
from unspool.data.pictures.picture import is_file
from unspool.errors import DataError

PICTURES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff"),
    *(".pgm", ".ppm", ".pbm", ".pnm", ".avif", ".jp2"),
)
BESIDE = (  # the names of tables that describe the pictures of a folder; the first that is there is read
    *("metadata.jsonl", "metadata.csv", "metadata.parquet", "captions.tsv", "captions.txt", "captions.csv"),
    *("captions.jsonl", "captions.parquet", "captions.token", "Flickr8k.token.txt", "results_20130124.token"),
)
INSIDE = ("images", "imgs", "pictures", "flicker8k_dataset", "flickr8k_dataset")  # folders of pictures beside a table
TRAINING = ("train", "training")
HELD_OUT = ("test", "testing", "validation", "val", "valid", "dev", "eval")
TEXTS = (".txt", ".md", ".csv", ".jsonl", ".html")
LOOKED_AT = 200  # files of a folder, to know what it holds


def pictures_below(
    folder: Path, endings: tuple[str, ...], findings: Findings, apart: tuple[Path, ...] = ()
) -> list[PurePath]:
    """Return the pictures in a folder and in those below it, in order, by their names within it.

    Args:
        folder: is searched.
        endings: are those of pictures; none takes the usual ones.
        findings: counts the files that are no pictures.
        apart: are files that are neither.
    """
    aside = {path.relative_to(folder) for path in apart}
    inside = (path for path in files_in(folder, findings) if path not in aside)
    return by_ending(str(folder), inside, endings or PICTURES, findings, PurePath)[0]


def tables_beside(folder: Path, findings: Findings | None = None) -> list[Path]:
    """Return the tables that describe the pictures of a folder: its own, or those of the folders in it.

    Args:
        folder: is searched.
        findings: says which folders in it are not read because they are held out.
    """
    own = next((folder / name for name in BESIDE if is_file(folder / name)), None)
    if own is not None:
        return [own]
    training = training_folder(folder)
    if training is not None and tables_beside(training):
        note_held_out(folder, findings)
        return tables_beside(training)
    return [folder / name for inner in folders_in(folder) for name in _first_beside(folder / inner, inner)]


def _first_beside(folder: Path, inner: str) -> list[str]:
    return next(([f"{inner}/{name}"] for name in BESIDE if is_file(folder / name)), [])


def class_folder(folder: Path, findings: Findings | None = None) -> Path:
    """Return the folder whose folders are classes: this one, or the one for training in it."""
    training = training_folder(folder)
    if training is None or any(map(is_picture, names_in(training))) or not folders_in(training):
        return folder
    note_held_out(folder, findings)
    return training


def holds_classes(folder: Path) -> bool:
    """Return whether a folder has several folders with pictures in them, and fewer texts; only some are looked at."""
    folder = class_folder(folder)
    classes = 0
    for inner in folders_in(folder)[:LOOKED_AT]:
        names = list(_some_below(folder / inner))
        texts, pictures = sum(name.lower().endswith(TEXTS) for name in names), sum(map(is_picture, names))
        if texts and texts >= pictures:
            return False
        classes += pictures > 0
    return classes > 1


def training_folder(folder: Path) -> Path | None:
    """Return the folder in another whose name says that it is for training."""
    return next((folder / name for name in folders_in(folder) if name.lower() in TRAINING), None)


def note_held_out(folder: Path, findings: Findings | None) -> None:
    """Say which parts of some data are not read beside the one for training."""
    names = [name for name in folders_in(folder) if name.lower() in HELD_OUT]
    if names and findings is not None:
        note_parts(bare_name(str(folder)), names, findings)


def note_parts(where: str, names: list[str], findings: Findings) -> None:
    """Say that parts of some data that are not for training are not read."""
    findings.note(f"not read in {where}: {', '.join(names)}; --validation can name a part that is to be held out.")


def folders_in(folder: Path) -> list[str]:
    """Return the names of the folders in a folder that are not hidden, in order."""
    return [path.name for path in _entries(folder) if path.is_dir() and not path.name.startswith((".", "__MACOSX"))]


def names_in(folder: Path) -> list[str]:
    """Return the names of the files in a folder, in order."""
    return [path.name for path in _entries(folder) if is_file(path)]


def is_picture(name: str) -> bool:
    """Return whether a name is that of a picture, by its ending."""
    path = PurePath(name)
    return path.suffix.lower() in PICTURES and not path.name.startswith(".")


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as problem:
        raise DataError(
            f"{folder} cannot be read: {problem.strerror}.", "check the folder and its permissions."
        ) from None


def _some_below(folder: Path) -> Iterator[str]:
    """Yield the names of some files in a folder, or in the first folder in it that has any."""
    names = names_in(folder)[:LOOKED_AT]
    if names:
        yield from names
        return
    for inner in folders_in(folder)[:1]:
        yield from _some_below(folder / inner)
