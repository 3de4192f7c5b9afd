"""The settings of the run of a classifier of pictures, and the config of such a classifier."""

from typing import ClassVar, Literal

from unspool.specs.base import setting
from unspool.specs.pictures import PictureDataSpec, PictureInputSpec
from unspool.specs.recipe import TrainingRecipe
from unspool.specs.shapes import HeadShape, PictureEncoderShape
from unspool.specs.training import HeadTrainingSpec
from unspool.tasks.labelling.specs import LABEL, LabellingConfig


class ImageDataSpec(PictureDataSpec):
    """Pictures with labels; without any, the handwritten digits that scikit-learn ships.

    Attributes:
        label: names the column of a table that holds the label of a picture; left out, it is found, and of folders the
            name is the label.
    """

    reading: ClassVar[tuple[str, ...]] = ("label", *PictureDataSpec.reading)

    label: str | None = setting(None, LABEL)


class ImageRecipe(TrainingRecipe):
    """All settings of the run of a classifier of pictures. See `Recipe`."""

    task: Literal["image-classification"] = "image-classification"
    data: ImageDataSpec
    encoder: PictureEncoderShape
    head: HeadShape
    training: HeadTrainingSpec


class ImageConfig(LabellingConfig):
    """The description of a classifier of pictures. See `LabellingConfig`.

    Attributes:
        pictures: says how pictures become what the encoder reads.
    """

    task: Literal["image-classification"] = "image-classification"
    pictures: PictureInputSpec
