"""Pictures that are prepared for a network, in a few words."""

from pathlib import Path
from typing import Any

from helpers.onnx_files import write_pictures
from unspool.data.findings import Findings
from unspool.data.pictures.picture import (
    Picture,
    picture_in_file,
)
from unspool.folder.model_folder import ModelFolder
from unspool.specs.base import build
from unspool.specs.pictures import PictureDataSpec, PictureInputSpec
from unspool.tasks.pictures.prepare import prepare_pictures


def nothing(done: int, total: int) -> None:
    pass


def spec_of(extractor: Path | None = None, **settings: Any) -> PictureDataSpec:
    named = {} if extractor is None else {"extractor": str(extractor)}
    return build(PictureDataSpec, {**named, **settings}, "data")


def files(place: Path, count: int = 5, **settings: int) -> list[Picture]:
    return [picture_in_file(path) for path in write_pictures(place, count, **settings)]


def prepared(
    folder: ModelFolder, pictures: list[Picture], spec: PictureDataSpec, part: str = "training"
) -> tuple[list[int], PictureInputSpec, Findings]:
    findings = Findings()
    kept, seen = prepare_pictures(folder, part, pictures, spec, findings, nothing)
    return kept.tolist(), seen, findings
