"""Turn pictures that a person names into what the encoder of a trained model reads.

Shapes: P pictures, S positions, F features.
"""

from collections.abc import Sequence

import numpy as np

from unspool.arrays import Array, IntArray
from unspool.data.batches import Source
from unspool.data.findings import Findings
from unspool.data.pictures.given_features import features_of
from unspool.data.pictures.picture import Picture
from unspool.data.pictures.pixels import Pixels, in_threads, pixels_of
from unspool.errors import PictureError
from unspool.folder.model_folder import ModelFolder
from unspool.specs.pictures import PictureInputSpec
from unspool.tasks.pictures.inputs import folder_extractor
from unspool.tasks.pictures.reader import PictureReader

SHOWN_SIDE = 224  # pixels along each side of a picture to show


class PictureEncoding:
    """Computes what an encoder reads of pictures; its extractor is that in the model folder.

    Args:
        folder: is that of the model.
        spec: says what the encoder reads.

    Raises:
        ModelFolderError: the extractor is missing or damaged.
        MissingExtraError: onnxruntime is not installed.
    """

    def __init__(self, folder: ModelFolder, spec: PictureInputSpec) -> None:
        self._spec = spec
        self._extractor = folder_extractor(folder, spec) if spec.kind == "onnx" else None

    def source(self, pictures: Sequence[Picture]) -> Source:
        """Return what the encoder reads of P pictures.

        Raises:
            PictureError: one cannot be read.
        """
        return self.read_all(pictures).source(np.arange(len(pictures)))

    def read_all(self, pictures: Sequence[Picture]) -> PictureReader:
        """Read pictures, of which each must be one that can be read.

        Raises:
            PictureError: one cannot be read.
        """
        return self._reader(pictures, [one for one in in_threads(self._values, pictures) if one is not None])

    def read(self, pictures: Sequence[Picture], findings: Findings) -> tuple[IntArray, PictureReader]:
        """Read pictures; those that cannot be read are counted and left out.

        Args:
            pictures: are to be read.
            findings: counts those that are left out.

        Returns:
            the indices of those that were read, and a reader of these.

        Raises:
            DataError: none can be read.
        """
        tried = enumerate(in_threads(self._values, pictures, findings))
        found = {index: values for index, values in tried if values is not None}
        return np.array(list(found), np.int64), self._reader([pictures[index] for index in found], [*found.values()])

    def _values(self, picture: Picture) -> Array:
        """Return what the encoder reads of one picture: [S, F] float16, or [H, W, C] uint8."""
        spec = self._spec
        if self._extractor is not None:
            features: Array = self._extractor([picture.open()])[0]
            return features
        if spec.kind == "features":
            return features_of(picture, spec.positions, spec.features)
        return pixels_of(picture.open(), spec.height, spec.width, spec.channels)

    def _reader(self, pictures: Sequence[Picture], values: Sequence[Array]) -> PictureReader:
        names = [picture.name for picture in pictures]

        def small(index: int) -> Pixels | None:
            try:
                return pixels_of(pictures[index].open(), SHOWN_SIDE, SHOWN_SIDE, 3)
            except PictureError:  # a file of features shows nothing
                return None

        return PictureReader(np.array(values), np.arange(len(values)), names, small)
