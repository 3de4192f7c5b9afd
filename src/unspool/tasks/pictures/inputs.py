"""What a network reads of pictures: its extractor, the encoder that fits, how pictures are changed while it learns."""

import json
from collections.abc import Mapping
from math import log2
from pathlib import Path
from typing import Any, TypeVar

from unspool.data.findings import Findings
from unspool.data.pictures.given_features import featured
from unspool.data.pictures.picture import DescribedPicture
from unspool.engines.onnx.extractor import Extractor
from unspool.errors import DataError, ModelFolderError, UsageError
from unspool.folder.card import Card
from unspool.folder.model_folder import ModelFolder
from unspool.folder.serialization import RESTORE
from unspool.specs.base import build
from unspool.specs.network import EncoderSpec, FeatureEncoderSpec, ImageEncoderSpec
from unspool.specs.pictures import GIVEN, ONNX, ExtractorSpec, PictureDataSpec, PictureInputSpec
from unspool.specs.shapes import PictureEncoderShape

EXTRACTOR = "extractor.onnx"  # in a model folder
SHIFT = 1  # pixels

D = TypeVar("D", bound=PictureDataSpec)


def encoder_spec(spec: PictureInputSpec, shape: PictureEncoderShape) -> EncoderSpec:
    """Return the spec of an encoder that reads such pictures.

    Args:
        spec: says what it reads.
        shape: holds its sizes.
    """
    if spec.kind == "cnn":
        return ImageEncoderSpec(
            image_height=spec.height,
            image_width=spec.width,
            channels=spec.channels,
            stages=shape.encoder_stages,
            hidden_size=shape.encoder_size,
        )
    return FeatureEncoderSpec(positions=spec.positions, features=spec.features, hidden_size=shape.encoder_size)


def encoder_shape(
    spec: PictureInputSpec, usual: Mapping[str, Any], requested: Mapping[str, Any]
) -> PictureEncoderShape:
    """Choose the sizes of an encoder that were not requested.

    Args:
        spec: says what it reads; of small pictures only the first of the usual stages halve the height and width, so
            that at least two positions are left along each side.
        usual: are the sizes of the task, by name, with the usual stages.
        requested: are those that were given.

    Raises:
        UsageError: a setting breaks its rule, or stages are given with an extractor.
    """
    if spec.kind != "cnn" and requested.get("encoder_stages"):
        raise UsageError(
            f"encoder_stages needs a network that is trained on pictures. Received: {requested['encoder_stages']}, and "
            "an extractor.",
            "leave out one of them.",
        )
    most = max(1, int(log2(min(spec.height, spec.width))) - 1) if spec.kind == "cnn" else 0
    return build(
        PictureEncoderShape, {**usual, "encoder_stages": usual["encoder_stages"][:most], **requested}, "encoder"
    )


def with_augmentation(spec: D, pictures: PictureInputSpec, mirrored: bool) -> D:
    """Choose how pictures are changed while a network of the project is trained on them.

    Args:
        spec: has the settings of the data, of which those that were not given are chosen.
        pictures: says what the encoder reads.
        mirrored: says that a picture and its mirror image mean the same: of captions that name left and right, they
            do not. Grey pictures are not flipped either, as many show letters.
    """
    grey = pictures.kind == "cnn" and pictures.channels == 1
    flip = mirrored and not grey if spec.flip is None else spec.flip
    if pictures.kind != "cnn":
        return spec.changed(flip=flip)
    shift = min(SHIFT, min(pictures.height, pictures.width) // 8) if spec.shift is None else spec.shift
    return spec.changed(flip=flip, shift=shift)


def open_extractor(spec: PictureDataSpec, findings: Findings) -> Extractor:
    """Open the extractor that some data name, and say how it is run.

    Its settings are those of the data, then those of a file `NAME.json` beside `NAME.onnx`.

    Raises:
        DataError: it, or the file beside it, cannot be used.
        UsageError: a setting breaks its rule.
    """
    path = Path(spec.extractor or "")
    beside = path.with_suffix(".json")
    values = {**_read(beside), **spec.extractor_settings}
    settings = build(ExtractorSpec, values, str(beside) if beside.exists() else "extractor")
    extractor = Extractor(path, settings)
    findings.note(f"extractor: {extractor.description}")
    if not values.keys() & {"scale", "mean", "deviation"}:
        findings.warn(
            f"nothing says how {path.name} expects its pixels, so it reads them as they are, 0 to 255; one that was "
            "trained otherwise needs --extractor-scale, --extractor-mean and --extractor-deviation, or "
            f"{beside.name} beside it."
        )
    return extractor


def is_onnx(spec: PictureDataSpec) -> bool:
    """Return whether the data name an extractor."""
    return (spec.extractor or "").lower().endswith(ONNX)


def is_given(spec: PictureDataSpec) -> bool:
    """Return whether the data name a file of features."""
    return (spec.extractor or "").lower().endswith(GIVEN)


def with_given_features(
    spec: PictureDataSpec, pictures: list[DescribedPicture], held_out: list[DescribedPicture] | None
) -> tuple[list[DescribedPicture], list[DescribedPicture] | None]:
    """Give each picture its row of the file of features that the data name, if they do.

    It is called before pictures are held out, as the rows may be in the order in which all pictures are read.

    Args:
        spec: describes the data.
        pictures: are those of the sources.
        held_out: are those that are named to be held out; none where nothing is named.

    Raises:
        DataError: the file cannot be read, or a picture has no row.
    """
    if not is_given(spec):
        return pictures, held_out
    every = [*pictures, *(held_out or ())]
    rows = iter(featured(Path(spec.extractor or ""), [one.picture for one in every]))
    found = [one._replace(picture=row) for one, row in zip(every, rows, strict=True)]
    return found[: len(pictures)], None if held_out is None else found[len(pictures) :]


def with_given(card: Card, spec: PictureInputSpec) -> Card:
    """Return a card whose commands name a file of features, where the model reads features that are given."""
    if spec.kind != "features":
        return card
    command, python = (text.replace("picture.jpg", "features.npy") for text in (card.command, card.python))
    return card._replace(command=command, python=python)


def folder_extractor(folder: ModelFolder, spec: PictureInputSpec) -> Extractor:
    """Open the extractor in the folder of a model.

    Raises:
        ModelFolderError: it is missing, damaged, or not the one that the model was trained with.
        MissingExtraError: onnxruntime is not installed.
    """
    path = folder.path / EXTRACTOR
    try:
        extractor = Extractor(path, spec.extractor or ExtractorSpec())
    except (DataError, UsageError) as problem:
        raise ModelFolderError(problem.message, RESTORE) from None
    if extractor.key != spec.key:
        raise ModelFolderError(f"{path} is not the extractor that the model was trained with.", RESTORE)
    return extractor


def _read(path: Path) -> dict[str, Any]:
    """Read the settings of an extractor that are beside it."""
    if not path.exists():
        return {}
    try:
        values = json.loads(path.read_bytes())
        if not isinstance(values, dict):
            raise ValueError(f"{values!s:.40}")
        return values
    except (OSError, ValueError, RecursionError) as problem:
        raise DataError(
            f"{path} must hold the settings of the extractor, as an object of JSON. Received: {problem!s:.100}.",
            f"write for example {ExtractorSpec().model_dump_json(include={'mean', 'channels'})}, or remove it.",
        ) from None
