"""Prepare the pictures of a part of the data once: as features in the cache, as given features, or as pixels.

The folder `training/` of the model then holds for each part `NAME.pictures.json`, the list of its pictures, and of the
held-out part small pictures to show.

Shapes: P pictures, S positions, F features.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from unspool.arrays import IntArray
from unspool.data.findings import Findings
from unspool.data.pictures.features import FeatureStore
from unspool.data.pictures.given_features import FeaturedPicture, featured
from unspool.data.pictures.picture import Picture
from unspool.data.pictures.pixels import in_threads, open_pixels, write_pixels
from unspool.errors import PictureError
from unspool.folder.atomic import write_atomically, writing_atomically
from unspool.folder.model_folder import ModelFolder
from unspool.specs.base import Spec, build
from unspool.specs.pictures import PictureDataSpec, PictureInputSpec
from unspool.tasks.pictures.cache import cached_features
from unspool.tasks.pictures.inputs import EXTRACTOR, is_given, is_onnx, open_extractor

if TYPE_CHECKING:
    from PIL.Image import Image

SMALL = 96  # pixels along each side of a picture to show
FIRST, SHOWN = "training", "validation"  # the part that is prepared first, and the one whose pictures are shown
SAMPLE = 64  # pictures that are looked at to choose a size
LARGEST = 64  # pixels along the longer side, unless more are requested

OnProgress = Callable[[int, int], None]


class ListedPictures(Spec):
    """The pictures of a part, in order: the content of `NAME.pictures.json`.

    Attributes:
        names: are what people know them by.
        paths: are those of their files; empty where a picture is in a table or an archive.
        keys: are those of their features.
    """

    names: tuple[str, ...]
    paths: tuple[str, ...]
    keys: tuple[str, ...]


def prepare_pictures(
    folder: ModelFolder,
    part: str,
    pictures: Sequence[Picture],
    spec: PictureDataSpec,
    findings: Findings,
    on_progress: OnProgress,
) -> tuple[IntArray, PictureInputSpec]:
    """Prepare pictures to be opened by `open_pictures`.

    Args:
        folder: is that of the model; its extractor is copied into it.
        part: is the name of the part: `training` or `validation`.
        pictures: are those of the part.
        spec: describes the data.
        findings: counts the pictures that cannot be read, and are left out.
        on_progress: receives the number of pictures that have been prepared so far, of how many.

    Returns:
        the indices of the pictures that can be read, and what the encoder reads of them.

    Raises:
        DataError: none can be read, or the extractor cannot be used.
        UsageError: a setting breaks its rule.
        OutputError: they cannot be written.
    """
    if is_given(spec):
        return _given(folder, part, pictures, Path(spec.extractor or ""), on_progress)
    if is_onnx(spec):
        return _extracted(folder, part, pictures, spec, findings, on_progress)
    return _resized(folder, part, pictures, spec, findings, on_progress)


def _extracted(
    folder: ModelFolder,
    part: str,
    pictures: Sequence[Picture],
    spec: PictureDataSpec,
    findings: Findings,
    on_progress: OnProgress,
) -> tuple[IntArray, PictureInputSpec]:
    """Look up the features of pictures in the cache, and compute those that are not in it."""
    extractor = open_extractor(spec, findings)
    seen = PictureInputSpec(
        kind="onnx",
        extractor=extractor.spec,
        key=extractor.key,
        positions=extractor.positions,
        features=extractor.features,
    )
    kept, keys, new = cached_features(folder, extractor, pictures, findings, on_progress)
    findings.note(f"features of the {part} part: {new:,} computed, {len(keys) - new:,} found.")
    if not (folder.path / EXTRACTOR).exists():  # the next part has the same
        with writing_atomically(folder.path / EXTRACTOR) as file, Path(spec.extractor or "").open("rb") as source:
            shutil.copyfileobj(source, file)
    known = [pictures[index] for index in kept]
    _keep_thumbnails(folder, part, known)
    _list(folder, part, known, [key.hex() for key in keys])
    return kept, seen


def _given(
    folder: ModelFolder, part: str, pictures: Sequence[Picture], path: Path, on_progress: OnProgress
) -> tuple[IntArray, PictureInputSpec]:
    """Copy the rows of a file of features that are those of the pictures."""
    known = [one for one in pictures if isinstance(one, FeaturedPicture)]
    rows = known if len(known) == len(pictures) else featured(path, pictures)
    positions, features = rows[0].features().shape
    store, keys = FeatureStore(folder.training / f"{part}.features", positions, features), dict[str, None]()
    listed = []
    with store.adding() as add:
        for number, one in enumerate(rows):
            row = one.features()
            key = sha256(row.tobytes())
            listed.append(key.hexdigest())
            if key.hexdigest() not in keys:
                add(key.digest(), row)
                keys[key.hexdigest()] = None
            on_progress(number + 1, len(rows))
    _keep_thumbnails(folder, part, pictures)
    _list(folder, part, pictures, listed)
    seen = PictureInputSpec(kind="features", positions=positions, features=features)
    return np.arange(len(pictures)), seen


def _resized(
    folder: ModelFolder,
    part: str,
    pictures: Sequence[Picture],
    spec: PictureDataSpec,
    findings: Findings,
    on_progress: OnProgress,
) -> tuple[IntArray, PictureInputSpec]:
    """Write the pixels of pictures; those of later parts have the size of the first."""
    if part == FIRST:
        height, width, channels = pixel_shape(pictures, spec.picture_size)
    else:
        _, height, width, channels = open_pixels(folder.training, FIRST, verify=False).shape
    seen = build(PictureInputSpec, {"kind": "cnn", "height": height, "width": width, "channels": channels}, "pictures")
    findings.note(f"pictures are read as {seen.described}.")
    total = len(pictures)
    kept = write_pixels(
        folder.training, part, pictures, height, width, channels, findings, lambda done: on_progress(done, total)
    )
    _list(folder, part, [pictures[index] for index in kept], ())
    return kept, seen


def pixel_shape(pictures: Sequence[Picture], size: int) -> tuple[int, int, int]:
    """Choose the height, width and number of channels that pictures are resized to, by some of them.

    Args:
        pictures: are those of the training part.
        size: is the height and width that was requested; 0 keeps those of small pictures, and reduces larger ones.

    Raises:
        DataError: none of those that were looked at can be read.
    """
    some = pictures[:: max(1, len(pictures) // SAMPLE)]
    found = [one for one in in_threads(_shape, some, Findings()) if one is not None]
    channels = max(one[2] for one in found)
    if size:
        return size, size, channels
    height, width = (int(np.median([one[axis] for one in found])) for axis in (0, 1))
    larger = max(height, width) / LARGEST
    if larger <= 1:
        return height, width, channels
    if len(set(found)) > 1:
        return LARGEST, LARGEST, channels
    return max(1, round(height / larger)), max(1, round(width / larger)), channels


def _shape(picture: Picture) -> tuple[int, int, int]:
    image = picture.open()
    return image.height, image.width, len(image.getbands())


def _keep_thumbnails(folder: ModelFolder, part: str, pictures: Sequence[Picture]) -> None:
    """Write small pictures of the part that is shown, where there are no pixels of it."""
    if part == SHOWN:
        sheets = [replace(one, open=partial(_shown, one)) for one in pictures]
        write_pixels(folder.training, f"{part}.thumbnails", sheets, SMALL, SMALL, 3, Findings(), lambda done: None)


def _list(folder: ModelFolder, part: str, pictures: Sequence[Picture], keys: Sequence[str]) -> None:
    """Write the list of the pictures of a part."""
    names = tuple(one.name for one in pictures)
    paths = tuple(str(Path(name).resolve()) if Path(name).is_file() else "" for name in names)
    listed = ListedPictures(names=names, paths=paths, keys=tuple(keys))
    write_atomically(list_of(folder, part), listed.model_dump_json())


def list_of(folder: ModelFolder, part: str) -> Path:
    """Return the path of the list of the pictures of a part."""
    return folder.training / f"{part}.pictures.json"


def _shown(picture: Picture) -> "Image":
    """Open a picture; one of which only the features can be read is grey."""
    try:
        return picture.open()
    except PictureError:
        from PIL import Image

        return Image.new("RGB", (SMALL, SMALL), "grey")
