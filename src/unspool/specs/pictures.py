"""What the data of tasks with pictures have in common, and how pictures are prepared for a network."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from unspool.specs.base import Option, Spec, setting
from unspool.specs.data import SourcesSpec

ChannelOrder = Literal["rgb", "bgr"]


class ExtractorSpec(Spec):
    """How an ONNX image network is run as an extractor of features; `NAME.json` beside `NAME.onnx` may hold it.

    The network reads (pixel x scale - mean) / deviation, pixels being 0 to 255.

    Attributes:
        size: is the height and width of the pictures that it reads, in pixels; 0 takes it from the file, else 224.
        scale: multiplies each pixel; 1 / 255 where the network expects pixels of 0 to 1.
        mean: is subtracted, one number for each channel, in the order of the channels.
        deviation: divides, likewise.
        channels: is the order of the channels.
        output: names the output that is read; empty takes the first that has positions, else the first.
        grid: is the number of positions along each side of a picture, to which a larger map is reduced by averaging.
    """

    size: int = Field(0, ge=0, le=4096)
    scale: float = Field(1.0, gt=0)
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    deviation: tuple[float, float, float] = (1.0, 1.0, 1.0)
    channels: ChannelOrder = "rgb"
    output: str = ""
    grid: int = Field(7, ge=1, le=64)


class PictureDataSpec(SourcesSpec):
    """Pictures and what is known about them; the texts or labels are added by each task.

    Attributes:
        image: names the column of a table that holds the file names of the pictures; left out, it is found.
        extractor: names an ONNX image network, which computes the features of the pictures, or a file of features that
            are computed already: `.npy`, a row for each picture, [P, F], or a map of positions, [P, S, F]. Left out, a
            convolutional network is trained.
        picture_size: resizes pictures to this height and width, in pixels, for a network that is trained on them.
    """

    reading: ClassVar[tuple[str, ...]] = ("image", *SourcesSpec.reading)

    image: str | None = setting(
        None, Option("Pictures", common=True, synonyms=("picture", "file-name", "image-column", "img"), metavar="COL")
    )
    extractor: str | None = setting(
        None,
        Option(
            "Pictures",
            common=True,
            synonyms=("onnx", "cnn", "backbone", "image-network", "vision"),
            metavar="FILE",
            path=True,
        ),
    )
    picture_size: int = setting(
        0,
        Option("Pictures", synonyms=("image-size", "resolution", "resize"), default="by the pictures, at most 64"),
        ge=0,
        le=1024,
    )

    @model_validator(mode="after")
    def _known_extractor(self) -> Self:
        if self.extractor is not None and not self.extractor.lower().endswith((".onnx", ".npy")):
            raise ValueError(f"extractor must be a file that ends with .onnx or .npy, and is {self.extractor!r:.80}")
        return self
