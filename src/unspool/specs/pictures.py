"""What the data of tasks with pictures have in common, and how pictures are prepared for a network."""

from math import isfinite
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from unspool.specs.base import Option, Spec, setting
from unspool.specs.data import SourcesSpec

ChannelOrder = Literal["rgb", "bgr"]
Positive = Annotated[float, Field(gt=0)]

EXTRACTOR = "extractor_"  # begins the names of the settings that are fields of `ExtractorSpec`
ONNX, GIVEN = ".onnx", ".npy"  # what the name of an extractor ends with


class ExtractorSpec(Spec):
    """How an ONNX image network is run as an extractor of features; `NAME.json` beside `NAME.onnx` may hold it.

    The network reads (pixel x scale - mean) / deviation, pixels being 0 to 255.

    Attributes:
        size: is the height and width of the pictures that it reads, in pixels; 0 takes it from the file, else 224.
        scale: multiplies each pixel; 1 / 255 where the network expects pixels of 0 to 1.
        mean: is subtracted, one number for each channel, in the order of the channels.
        deviation: divides, likewise.
        channels: is the order of the channels.
        output: names the output that is read; empty takes the first that has several positions, else the first.
        grid: is the number of positions along each side of a picture, to which a larger map is reduced by averaging.
    """

    size: int = Field(0, ge=0, le=4096)
    scale: float = Field(1.0, gt=0)
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    deviation: tuple[Positive, Positive, Positive] = (1.0, 1.0, 1.0)
    channels: ChannelOrder = "rgb"
    output: str = ""
    grid: int = Field(7, ge=1, le=64)


class PictureDataSpec(SourcesSpec):
    """Pictures and what is known about them; the texts or labels are added by each task.

    Attributes:
        validation: names a folder, table or data set to hold out; then nothing is held out of the sources. Or it names
            a list, .txt with the name of a picture on each line: those pictures of the sources are held out.
        image: names the column of a table that holds the file names of the pictures; left out, it is found.
        extractor: names an ONNX image network, which computes the features of the pictures, or a file of features that
            are computed already: `.npy`, a row for each picture, [P, F], or a map of positions, [P, S, F]. Left out, a
            convolutional network is trained.
        extractor_size: sets the height and width of the pictures that the extractor reads, in pixels.
        extractor_scale: multiplies each pixel, 0 to 255, before the extractor reads it.
        extractor_mean: subtracts this after that: one number, or one for each channel, as in 103.939,116.779,123.68.
        extractor_deviation: divides by this after that, likewise.
        extractor_channels: sets the order of the channels that the extractor reads.
        extractor_output: names the output of the extractor that is learnt from.
        extractor_grid: sets the number of positions along each side of a picture; a larger map is averaged to it.
        picture_size: resizes pictures to this height and width, in pixels, for a network that is trained on them.
        flip: flips half of the pictures from left to right in training; of an extractor's features, their positions.
        shift: shifts pictures by up to this many pixels while a network is trained on them.
    """

    reading: ClassVar[tuple[str, ...]] = ("image", *SourcesSpec.reading)

    image: str | None = setting(
        None, Option("Pictures", synonyms=("picture", "file-name", "image-column", "img"), metavar="COL")
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
    extractor_size: int | None = setting(
        None, Option("Pictures", synonyms=("input-size",), default="from the file, else 224"), ge=1, le=4096
    )
    extractor_scale: float | None = setting(None, Option("Pictures", synonyms=("rescale",), default="1"), gt=0)
    extractor_mean: str | None = setting(
        None, Option("Pictures", synonyms=("mean", "normalize"), metavar="NUMBERS", default="0")
    )
    extractor_deviation: str | None = setting(
        None, Option("Pictures", synonyms=("std", "extractor-std"), metavar="NUMBERS", default="1")
    )
    extractor_channels: ChannelOrder | None = setting(
        None, Option("Pictures", synonyms=("bgr", "channel-order"), default="rgb")
    )
    extractor_output: str | None = setting(
        None, Option("Pictures", synonyms=("layer",), metavar="NAME", default="the first with several positions")
    )
    extractor_grid: int | None = setting(None, Option("Pictures", synonyms=("positions",), default="7"), ge=1, le=64)
    picture_size: int = setting(
        0,
        Option("Pictures", synonyms=("image-size", "resolution", "resize"), default="by the pictures, at most 64"),
        ge=0,
        le=1024,
    )
    flip: bool | None = setting(
        None,
        Option(
            "Pictures",
            synonyms=("mirror", "augment", "augmentation"),
            default="on for coloured pictures whose captions do not name left and right",
        ),
    )
    shift: int | None = setting(None, Option("Pictures", synonyms=("move", "crop"), default="1"), ge=0, le=64)

    @property
    def extractor_settings(self) -> dict[str, Any]:
        """The settings of the extractor that are given, by their names in `ExtractorSpec`."""
        names = [name for name in type(self).model_fields if name.startswith(EXTRACTOR)]
        given = {name.removeprefix(EXTRACTOR): getattr(self, name) for name in names}
        numbers = {name: three_numbers(given[name]) for name in ("mean", "deviation") if given[name] is not None}
        return {name: value for name, value in {**given, **numbers}.items() if value is not None}

    @field_validator("extractor_mean", "extractor_deviation")
    @classmethod
    def _numbers(cls, value: str | None) -> str | None:
        if value is not None:
            three_numbers(value)
        return value

    @model_validator(mode="after")
    def _known_extractor(self) -> Self:
        if self.extractor is not None and not self.extractor.lower().endswith((ONNX, GIVEN)):
            raise ValueError(f"extractor must be a file that ends with .onnx or .npy, and is {self.extractor!r:.80}")
        if self.extractor_settings and not (self.extractor or "").lower().endswith(ONNX):
            first = EXTRACTOR + next(iter(self.extractor_settings))
            raise ValueError(
                f"{first} needs an extractor that ends with .onnx, and extractor is {self.extractor!r:.80}"
            )
        idle = [name for name in ("picture_size", "shift") if self.extractor and getattr(self, name)]
        if idle:
            raise ValueError(
                f"{idle[0]} needs a network that is trained on pictures, and extractor is {self.extractor!r:.80}"
            )
        return self


class PictureInputSpec(Spec):
    """How pictures become what the encoder of a model reads.

    Attributes:
        kind: is `cnn` for pixels, `onnx` for the features of an extractor that is in the model folder, `features` for
            those that were computed elsewhere.
        height: is the number of rows of pixels; 0 for features.
        width: is the number of pixels in a row; 0 for features.
        channels: is 1 for grey pictures, 3 for red, green and blue.
        extractor: says how the extractor is run.
        key: identifies the extractor and how it is run.
        positions: is the number of positions of a picture that have features.
        features: is the number of features at a position.
    """

    kind: Literal["cnn", "onnx", "features"]
    height: int = Field(0, ge=0, le=1024)
    width: int = Field(0, ge=0, le=1024)
    channels: Literal[1, 3] = 3
    extractor: ExtractorSpec | None = None
    key: str = ""
    positions: int = Field(1, ge=1, le=1_000_000)
    features: int = Field(1, ge=1, le=1_000_000)

    @property
    def described(self) -> str:
        """What a sentence calls it."""
        if self.kind == "cnn":
            return f"pictures of {self.height} x {self.width} pixels, {'grey' if self.channels == 1 else 'in colour'}"
        where = f" at each of {self.positions} positions" if self.positions > 1 else ""
        return f"{self.features} features{where} of a picture{'' if self.kind == 'onnx' else ', as given'}"

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.kind == "onnx") != (self.extractor is not None):
            raise ValueError("extractor must be described if kind is onnx, and only then")
        if (self.kind == "cnn") != bool(self.height and self.width):
            raise ValueError("height and width must be above 0 if kind is cnn, and only then")
        return self


def three_numbers(text: str) -> tuple[float, float, float]:
    """Return the numbers of a text: one for each channel, or one for all of them.

    Raises:
        ValueError: it is something else.
    """
    try:
        values = tuple(float(part) for part in text.replace(",", " ").split())
    except ValueError:
        values = ()
    values = values * 3 if len(values) == 1 else values
    if len(values) != 3 or not all(isfinite(value) for value in values):
        raise ValueError("must be one number, or three with commas between them")
    return values[0], values[1], values[2]
