"""The settings of a captioner's run, and the config of a captioner."""

from typing import ClassVar, Literal

from pydantic import Field

from unspool.specs.base import setting
from unspool.specs.config import Config
from unspool.specs.data import MAX_LENGTH, DataSpec
from unspool.specs.pictures import PictureDataSpec, PictureInputSpec
from unspool.specs.recipe import TrainingRecipe
from unspool.specs.shapes import CountedAttentionDecoderShape, PictureEncoderShape
from unspool.specs.training import AttentionTrainingSpec
from unspool.tasks.classification.specs import LOWERCASE
from unspool.tasks.language.specs import TEXT


class CaptioningDataSpec(PictureDataSpec, DataSpec):
    """Pictures with captions; without any, pictures of coloured shapes that Unspool draws itself.

    Attributes:
        text: names the column that holds the caption of a picture; several columns are several captions.
        lowercase: reads words in lower case, with tokenizer `word` alone.
        max_length: leaves out captions of more tokens; left out, it keeps nearly all.
    """

    reading: ClassVar[tuple[str, ...]] = ("text", *PictureDataSpec.reading)

    text: tuple[str, ...] = setting((), TEXT)
    lowercase: bool = setting(False, LOWERCASE)
    max_length: int | None = setting(None, MAX_LENGTH, ge=1, le=100_000)


class CaptioningRecipe(TrainingRecipe):
    """All settings of the run of a captioner. See `Recipe`."""

    task: Literal["captioning"] = "captioning"
    data: CaptioningDataSpec
    network: CountedAttentionDecoderShape
    encoder: PictureEncoderShape
    training: AttentionTrainingSpec


class CaptioningConfig(Config):
    """The description of a captioner. See `Config`.

    Attributes:
        pictures: says how pictures become what the encoder reads.
        max_length: is the number of tokens of the longest caption that it learnt, `<eos>` included; it generates no
            longer ones.
    """

    task: Literal["captioning"] = "captioning"
    pictures: PictureInputSpec
    max_length: int = Field(ge=1)
