"""Measure a captioner: on the pictures that its run held out, or on others. Captions are generated freely."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from unspool.data.captions import kept_references
from unspool.data.findings import Findings
from unspool.decode.captioning import BeamCaptioner
from unspool.errors import MissingExtraError, ModelFolderError
from unspool.evaluate.captions import CaptionFigures, caption_figures
from unspool.folder.model_folder import ModelFolder
from unspool.specs.base import build
from unspool.specs.sampling import BeamSpec
from unspool.tasks.captioning.drawing import CaptionedPicture
from unspool.tasks.captioning.job import GREEDY, held_out_figures
from unspool.tasks.captioning.specs import CaptioningDataSpec
from unspool.tasks.captioning.task import described_pictures, open_captioned
from unspool.tasks.evaluation import nothing_to_evaluate, of_spec, read_as_in_training, say_findings
from unspool.tasks.opening import read_config, read_recipe
from unspool.tasks.pictures.encoding import PictureEncoding
from unspool.tasks.pictures.reader import PictureReader

SHOWN = 24  # pictures in the page of an evaluation
REPORTED, DRAWN = 100, 6  # pictures that a report captions, and of these those that it shows
COLUMNS = (("text", "image"),)


@dataclass(frozen=True, repr=False)
class ReportedFigures(CaptionFigures):
    """The figures of a captioner, with pictures that its report shows.

    Attributes:
        shown: are the first pictures with their captions.
    """

    shown: tuple[CaptionedPicture, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the figures that there are by name, for JSON."""
        return {name: value for name, value in super().to_dict().items() if name != "shown"}


def evaluate_captioning(
    captioner: BeamCaptioner, encoding: PictureEncoding, folder: ModelFolder, settings: Mapping[str, Any]
) -> ReportedFigures:
    """Caption pictures, by default those that were held out, and compare with what people wrote of them.

    Args:
        captioner: is that of the model.
        encoding: turns pictures into what its encoder reads.
        folder: holds the recipe and the held-out pictures.
        settings: are fields of `CaptioningDataSpec` and of `BeamSpec`; without sources, the held-out pictures are read.

    Raises:
        DataError: no picture has a caption and can be read.
    """
    search, recipe = build(BeamSpec, of_spec(settings, BeamSpec), "evaluate"), read_recipe(folder)
    held_out: dict[str, Any] = {}
    pictures: PictureReader
    if settings["sources"]:
        findings = Findings()
        spec = read_as_in_training(recipe.data, of_spec(settings, CaptioningDataSpec), COLUMNS)
        described = described_pictures(spec.sources, spec, findings)
        kept, pictures = encoding.read([one.picture for one in described], findings)
        references = [described[index].texts for index in kept]
        say_findings(findings)
        if not references:
            raise nothing_to_evaluate("no picture has a caption and can be read")
    else:
        part = open_captioned(folder, "validation", recipe, read_config(folder), verify=False)
        pictures, references = part.pictures, kept_references(folder.training)
        held_out = held_out_figures(captioner, part, references)
    return _measured(captioner, pictures, references, search, SHOWN, held_out)


def held_out_captions(captioner: BeamCaptioner, folder: ModelFolder) -> ReportedFigures | None:
    """Caption the first pictures that were held out, without a search, for a report; none where they are gone.

    A report may be published, so it names them without their folders.

    Args:
        captioner: is that of the model.
        folder: holds them.
    """
    try:
        part = open_captioned(folder, "validation", read_recipe(folder), read_config(folder), verify=False)
        references = kept_references(folder.training)[:REPORTED]
    except (ModelFolderError, MissingExtraError):
        return None
    found = _measured(captioner, part.pictures, references, GREEDY, DRAWN, {})
    return replace(found, shown=tuple(one._replace(name=Path(one.name).name) for one in found.shown))


def _measured(
    captioner: BeamCaptioner,
    pictures: PictureReader,
    references: Sequence[tuple[str, ...]],
    search: BeamSpec,
    drawn: int,
    held_out: Mapping[str, Any],
) -> ReportedFigures:
    """Caption the first pictures, as many as there are references, and keep some of them to show."""
    started = time.perf_counter()
    found = [best[0] for best in captioner.caption(len(references), pictures.source, search)]
    seconds = time.perf_counter() - started
    figures = caption_figures([one.text for one in found], [one.ended for one in found], references, seconds)
    shown = [
        CaptionedPicture(pictures.name(index), pictures.thumbnail(index), found[index], references[index])
        for index in range(min(drawn, len(found)))
    ]
    values = {field.name: getattr(figures, field.name) for field in fields(figures)}
    return ReportedFigures(**{**values, **held_out}, shown=tuple(shown))
