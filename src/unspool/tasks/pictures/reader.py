"""Read pictures that were prepared, as what an encoder reads.

Shapes: P pictures, N rows, S positions, F features, H rows of pixels, W pixels in a row, C channels.
"""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from unspool.arrays import Array, IntArray
from unspool.data.batches import FeatureSource, ImageSource, Source
from unspool.data.findings import Findings
from unspool.data.pictures.augment import augmented
from unspool.data.pictures.features import FeatureStore
from unspool.data.pictures.picture import picture_in_file
from unspool.data.pictures.pixels import Pixels, open_pixels
from unspool.errors import DataError, ModelFolderError, ModelFolderWarning
from unspool.folder.model_folder import ModelFolder
from unspool.specs.pictures import PictureDataSpec, PictureInputSpec
from unspool.tasks.pictures.cache import cache_folder, cached_features
from unspool.tasks.pictures.inputs import folder_extractor
from unspool.tasks.pictures.prepare import SHOWN, ListedPictures, list_of

AGAIN = "train again, or name pictures to evaluate on."


class PictureReader:
    """The pictures of a part, or those that a person named.

    Args:
        values: are features, [N, S, F], or pixels, [N, H, W, C].
        rows: are the indices of the pictures' values, [P].
        names: are what people know the pictures by.
        small: returns a picture to show, [h, w, 3] uint8; none where there is none.
        augmentation: says how pixels are changed for training; none leaves them as they are.
    """

    def __init__(
        self,
        values: Array,
        rows: IntArray,
        names: Sequence[str],
        small: Callable[[int], Pixels | None],
        augmentation: PictureDataSpec | None = None,
    ) -> None:
        self._values, self._rows, self._names, self._small = values, rows, names, small
        self._flip = augmentation is not None and bool(augmentation.flip)
        self._shift = 0 if augmentation is None else augmentation.shift or 0

    def __len__(self) -> int:
        """Return the number of pictures, P."""
        return len(self._rows)

    def source(self, chosen: IntArray, generator: np.random.Generator | None = None) -> Source:
        """Return what an encoder reads of some pictures.

        Args:
            chosen: are the indices of the pictures.
            generator: draws small changes, for training; none leaves the pictures as they are.
        """
        values: Any = self._values[self._rows[chosen]]
        if values.ndim == 3:
            return FeatureSource(values)
        if generator is not None:
            values = augmented(values, generator, self._flip, self._shift)
        return ImageSource(values)

    def name(self, index: int) -> str:
        """Return what people know a picture by."""
        return self._names[index]

    def thumbnail(self, index: int) -> Pixels | None:
        """Return a small picture to show, [h, w, 3] uint8; none where there is none."""
        return self._small(index)


def open_pictures(
    folder: ModelFolder,
    part: str,
    spec: PictureInputSpec,
    verify: bool,
    augmentation: PictureDataSpec | None = None,
) -> PictureReader:
    """Open what `prepare_pictures` wrote; features that are gone from the cache are computed again.

    Args:
        folder: is that of the model.
        part: is the name of the part.
        spec: says what the encoder reads.
        verify: checks that nothing has been damaged since.
        augmentation: has the settings of how pictures are changed for training; see `with_augmentation`.

    Raises:
        ModelFolderError: something is missing or damaged.
    """
    path = list_of(folder, part)
    try:
        listed = ListedPictures.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as problem:
        reason = getattr(problem, "strerror", None) or "it is damaged"
        raise ModelFolderError(f"{path} cannot be read: {reason}.", AGAIN) from None
    if spec.kind == "cnn":
        pixels = open_pixels(folder.training, part, verify)
        if pixels.shape[1:] != (spec.height, spec.width, spec.channels) or len(pixels) != len(listed.names):
            raise ModelFolderError(f"{folder.training}: the pictures of the {part} part do not fit.", AGAIN)
        every = np.arange(len(pixels))
        return PictureReader(pixels, every, listed.names, lambda index: _in_colour(pixels[index]), augmentation)
    small = open_pixels(folder.training, f"{part}.thumbnails", verify) if part == SHOWN else None
    values, rows = _features(folder, part, spec, listed, verify)
    return PictureReader(values, rows, listed.names, lambda index: None if small is None else small[index])


def _in_colour(pixels: Pixels) -> Pixels:
    """Return a picture to show: [H, W, 3]."""
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels


def _features(
    folder: ModelFolder, part: str, spec: PictureInputSpec, listed: ListedPictures, verify: bool
) -> tuple[Array, IntArray]:
    """Find the rows of the features of pictures."""
    given = spec.kind == "features"
    place = folder.training / f"{part}.features" if given else cache_folder(folder, spec.key)
    keys = [bytes.fromhex(key) for key in listed.keys]
    store = FeatureStore(place, spec.positions, spec.features)
    rows = [store.row(key, verify) for key in keys]
    if None in rows and not given:
        lost = [index for index, row in enumerate(rows) if row is None]
        _compute_again(folder, spec, listed, lost)
        store = FeatureStore(place, spec.positions, spec.features)
        rows = [store.row(key, verify) for key in keys]
    if None in rows or not rows:
        raise ModelFolderError(f"{place}: features of the {part} part are missing or damaged.", AGAIN)
    return store.values, np.array(rows, np.int64)


def _compute_again(folder: ModelFolder, spec: PictureInputSpec, listed: ListedPictures, lost: list[int]) -> None:
    paths = [Path(listed.paths[index]) for index in lost]
    message = f"the features of {len(lost):,} pictures are gone, and are computed again from their files."
    warnings.warn(message, ModelFolderWarning, stacklevel=2)
    missing = [name for index, path in zip(lost, paths, strict=True) if not path.name for name in [listed.names[index]]]
    if missing:
        raise ModelFolderError(f"{missing[0]} is needed again, and is not in a file of its own.", AGAIN)
    try:
        cached_features(folder, folder_extractor(folder, spec), [picture_in_file(path) for path in paths], Findings())
    except DataError as problem:
        raise ModelFolderError(problem.message, AGAIN) from None
