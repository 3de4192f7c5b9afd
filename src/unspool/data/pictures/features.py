"""Features of pictures on disk, each row under the key of its picture: computed once, and then found.

    folder/features    float16, [N, S, F]: rows that are only ever added
    folder/keys        a record for each row: the key of its picture, the checksum of the row, that of the record

A record is written once its row is safely on disk, so a process that is killed leaves whole rows, of which each counts,
and a rest without records, which the next one cuts off. Who adds rows holds a lock (`folder.lock`); who reads needs
none. A row that was damaged since is not found, and is added again; of two rows of a key the last one counts.

Shapes: N rows, S positions, F features, P pictures.
"""

import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from unspool.arrays import Array, IntArray
from unspool.data.findings import Findings
from unspool.data.pictures.picture import Picture
from unspool.data.pictures.pixels import in_threads
from unspool.errors import reporting_write_errors

if TYPE_CHECKING:
    from PIL.Image import Image

ROWS, KEYS = "features", "keys"
RECORD = Struct("<32sII")
COMMIT = 32  # rows that are added together
INSTEAD = "remove features that are no longer needed"


class FeatureExtractor(Protocol):
    """What computes features; see `engines.onnx.extractor.Extractor`."""

    positions: int
    features: int

    def __call__(self, images: Sequence["Image"]) -> Array:
        """Compute the features of B images: [B, S, F] float16."""


class FeatureStore:
    """The rows of a folder that were complete when it was opened; the folder need not exist.

    Args:
        folder: holds the files.
        positions: is S.
        features: is F.

    Attributes:
        values: are the rows, memory-mapped, [N, S, F] float16.
    """

    def __init__(self, folder: Path, positions: int, features: int) -> None:
        self._folder, self._shape = folder, (positions, features)
        records = _read(folder / KEYS)  # before the rows, which are written first
        self._bytes = 2 * positions * features
        size = (folder / ROWS).stat().st_size if (folder / ROWS).exists() else 0
        count = min(len(records) // RECORD.size, size // self._bytes)
        self.values: Array = np.empty((0, *self._shape), np.float16)
        if count:
            mapped: Any = np.memmap(folder / ROWS, np.float16, mode="r", shape=(count, *self._shape))
            self.values = np.asarray(mapped)
        self._found = dict[bytes, tuple[int, int]]()  # the last row of each key, and its checksum
        for row, record in enumerate(RECORD.iter_unpack(records[: count * RECORD.size])):
            key, checksum, _ = record
            if _record(key, checksum) == RECORD.pack(*record):
                self._found[key] = row, checksum

    def __len__(self) -> int:
        """Return the number of rows, N."""
        return len(self.values)

    def row(self, key: bytes, verify: bool = True) -> int | None:
        """Return the index of the row of a picture; none where there is none, or one that is damaged.

        Args:
            key: is that of the picture.
            verify: compares the row with its checksum.
        """
        row, checksum = self._found.get(key, (None, 0))
        if row is not None and verify and zlib.crc32(self.values[row].tobytes()) != checksum:
            return None
        return row

    @contextmanager
    def adding(self) -> Iterator[Callable[[bytes, Array], None]]:
        """Add rows, each with its key, [S, F] float16; whoever opens the folder later finds them.

        Raises:
            OutputError: they cannot be written.
        """
        waiting: list[tuple[bytes, bytes]] = []

        def commit() -> None:
            _append(rows, b"".join(row for _, row in waiting))
            _append(keys, b"".join(_record(key, zlib.crc32(row)) for key, row in waiting))
            waiting.clear()

        def add(key: bytes, row: Array) -> None:
            waiting.append((key, row.astype(np.float16).reshape(self._shape).tobytes()))
            if len(waiting) == COMMIT:
                commit()

        with reporting_write_errors(self._folder, INSTEAD):
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / ROWS).open("ab") as rows, (self._folder / KEYS).open("ab") as keys:
                rows.truncate(len(self) * self._bytes)
                keys.truncate(len(self) * RECORD.size)
                yield add
                commit()


class Computed(NamedTuple):
    """What came of the pictures that features were wanted of.

    Attributes:
        kept: are the indices of the pictures that can be read.
        keys: are those of these pictures.
        new: is the number of rows that were computed.
    """

    kept: IntArray
    keys: list[bytes]
    new: int


def compute_features(
    folder: Path,
    extractor: FeatureExtractor,
    pictures: Sequence[Picture],
    findings: Findings,
    on_progress: Callable[[int, int], None],
) -> Computed:
    """Compute the features of pictures in threads, unless a folder has them already, and add them to it.

    Args:
        folder: is that of the features of this extractor; nobody else adds to it meanwhile.
        extractor: computes them.
        pictures: are decoded beside the network, in any order, and added in theirs.
        findings: counts the pictures that cannot be read, and are left out.
        on_progress: receives the number of pictures that have been tried so far, of how many.

    Raises:
        DataError: none can be read, or the extractor returns no numbers for one.
        OutputError: the features cannot be written.
    """
    store = FeatureStore(folder, extractor.positions, extractor.features)

    def work(picture: Picture) -> tuple[bytes, Array | None]:
        key = picture_key(picture)
        return key, extractor([picture.open()])[0] if store.row(key) is None else None

    kept, keys, added = list[int](), list[bytes](), set[bytes]()
    with store.adding() as add:
        for index, found in enumerate(in_threads(work, pictures, findings)):
            if found is not None:
                key, row = found
                kept.append(index)
                keys.append(key)
                if row is not None and key not in added:
                    add(key, row)
                    added.add(key)
            if (index + 1) % COMMIT == 0 or index + 1 == len(pictures):
                on_progress(index + 1, len(pictures))
    return Computed(np.array(kept, np.int64), keys, len(added))


def picture_key(picture: Picture) -> bytes:
    """Return what identifies a picture by its content.

    Raises:
        PictureError: it cannot be read.
    """
    return sha256(picture.content()).digest()


def _append(file: Any, content: bytes) -> None:
    file.write(content)
    file.flush()
    os.fsync(file.fileno())


def _record(key: bytes, checksum: int) -> bytes:
    return RECORD.pack(key, checksum, zlib.crc32(key + checksum.to_bytes(4, "little")))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
