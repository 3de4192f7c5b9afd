"""Pictures as a head classifies them.

Shapes: N pictures, B of them in a batch.
"""

from dataclasses import dataclass

import numpy as np

from unspool.arrays import IntArray
from unspool.data.batches import PIXELS_AT_ONCE, Source
from unspool.specs.pictures import PictureInputSpec
from unspool.tasks.pictures.reader import PictureReader


@dataclass(frozen=True)
class PictureSources:
    """Pictures that are learnt or classified. See `data.labelled.SizedReader`.

    Attributes:
        pictures: are the pictures.
        spec: says what the encoder reads of them.
    """

    pictures: PictureReader
    spec: PictureInputSpec

    @property
    def sizes(self) -> IntArray:
        """The work that each picture makes, [N]: the same for all."""
        work = self.spec.height * self.spec.width // PIXELS_AT_ONCE or self.spec.positions
        return np.full(len(self.pictures), work, np.int64)

    def read(self, chosen: IntArray, generator: np.random.Generator | None = None) -> Source:
        """Return the chosen pictures; with a generator, they are changed a little, for training."""
        return self.pictures.source(chosen, generator)
