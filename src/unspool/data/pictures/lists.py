"""Lists of pictures: text files with the name of a picture on each line, which say what is learnt or held out."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePath

from unspool.data.findings import Findings
from unspool.data.pictures.picture import DescribedPicture, is_file
from unspool.data.pictures.places import is_picture
from unspool.errors import DataError

ENDINGS = (".txt", ".lst", ".list")
MAX_BYTES = 1 << 28

Read = Callable[[Sequence[str]], list[DescribedPicture]]


def listed_names(path: Path) -> set[str] | None:
    """Return the names of pictures that a file lists, one a line; none if it is no such list.

    Args:
        path: is that of any file.
    """
    if path.suffix.lower() not in ENDINGS or not is_file(path) or path.stat().st_size > MAX_BYTES:
        return None
    try:
        with path.open(encoding="utf-8-sig") as file:
            names = set[str]()
            for line in file:
                name = line.strip()
                if name and not is_picture(name):
                    return None
                names.add(name)
    except (OSError, UnicodeDecodeError):
        return None
    return (names - {""}) or None


def divide_listed(
    rows: Sequence[DescribedPicture], listed: set[str], findings: Findings
) -> tuple[list[DescribedPicture], list[DescribedPicture]]:
    """Divide pictures into those that are not listed and those that are, each in their order.

    Args:
        rows: are pictures.
        listed: are names of files, with as many of the folders before them as one likes.
        findings: says how many names of the list are none of the pictures.

    Raises:
        DataError: no picture is listed.
    """
    others, chosen, met = list[DescribedPicture](), list[DescribedPicture](), set[str]()
    for row in rows:
        known = listed.intersection(_known_as(row))
        met |= known
        (chosen if known else others).append(row)
    unknown = sorted(listed - met)
    if not chosen:
        raise DataError(
            f"a list must name pictures that are read. Received: {len(listed):,} names, such as {unknown[0]!r:.80}, "
            "and no such picture.",
            "write the name of one picture on each line, as it is in its folder.",
        )
    if unknown:
        findings.warn(f"{len(unknown):,} of {len(listed):,} listed pictures are not there, the first {unknown[0]:.80}.")
    return others, chosen


def read_parts(
    read: Read, names: Sequence[str], validation: Sequence[str], findings: Findings
) -> tuple[list[DescribedPicture], list[DescribedPicture] | None]:
    """Read pictures for training, and those that are named to be held out.

    Args:
        read: reads the pictures of some names.
        names: are those of the sources.
        validation: are those of other sources, lists among them, or of lists of pictures that the sources hold, which
            are then not learnt.
        findings: receives what is found.

    Returns:
        the pictures to learn from, and those to hold out; none where nothing is named.

    Raises:
        DataError: they cannot be read, or no picture is listed.
    """
    rows = read(names)
    held_out: list[DescribedPicture] | None = None
    for name in validation:
        listed = listed_names(Path(name))
        if listed is not None and any(not listed.isdisjoint(_known_as(row)) for row in rows):
            rows, own = divide_listed(rows, listed, findings)
        else:
            own = read([name])
        held_out = [*(held_out or ()), *own]
    return rows, held_out


def _known_as(row: DescribedPicture) -> Iterator[str]:
    """Yield the names by which a list may call a picture: that of its file, alone and with folders before it."""
    parts = PurePath(row.picture.name).parts
    for start in range(len(parts)):
        yield str(PurePath(*parts[start:]))
