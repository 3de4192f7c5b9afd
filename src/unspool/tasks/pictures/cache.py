"""Where the features of an extractor are kept: beside the runs that use it, so that they are computed once for all.

runs/.unspool-features/0123456789abcdef/    runs/flickr/    runs/flickr-small/
"""

import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from unspool.data.findings import Findings
from unspool.data.pictures.features import Computed, compute_features
from unspool.data.pictures.picture import Picture
from unspool.engines.onnx.extractor import Extractor
from unspool.errors import ModelFolderWarning
from unspool.folder.atomic import followed
from unspool.folder.lock import locked
from unspool.folder.model_folder import ModelFolder

CACHE = ".unspool-features"


def cache_folder(folder: ModelFolder, key: str) -> Path:
    """Return the folder of the features of an extractor: beside the model folder, or in it if nothing may be beside it.

    Args:
        folder: is that of the model.
        key: is that of the extractor.
    """
    parent = followed(folder.path).parent
    return (parent if os.access(parent, os.W_OK) else folder.training) / CACHE / key[:16]


def cached_features(
    folder: ModelFolder,
    extractor: Extractor,
    pictures: Sequence[Picture],
    findings: Findings,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Computed:
    """Compute the features of pictures that are not in the cache yet. See `compute_features`."""
    place = cache_folder(folder, extractor.key)

    def on_wait(holder: str) -> None:
        message = f"features of the same extractor are being computed by {holder}, which is waited for."
        warnings.warn(message, ModelFolderWarning, stacklevel=2)

    with locked(place, on_wait):
        return compute_features(place, extractor, pictures, findings, on_progress)
