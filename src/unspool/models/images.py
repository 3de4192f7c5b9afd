"""A model that classifies pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unspool.arrays import FloatArray, IntArray
from unspool.data.findings import Findings
from unspool.data.labelled import LabelledPart
from unspool.data.pictures.picture import Picture, as_pictures
from unspool.decode.classification import NetworkClassifier
from unspool.errors import MissingExtraError
from unspool.evaluate.labels import UNKNOWN, ClassificationFigures
from unspool.folder.model_folder import ModelFolder
from unspool.models.base import given, measuring
from unspool.models.classifier import HeadModel
from unspool.models.explained import Description
from unspool.pages.page import section
from unspool.pages.pictures import PictureMistake, picture_mistakes, worst_mistakes
from unspool.tasks.images.sources import PictureSources
from unspool.tasks.images.specs import ImageConfig, ImageDataSpec
from unspool.tasks.images.task import ImageClassification, described_pictures, labelled, open_part
from unspool.tasks.labelling.confusion import classification_page, classification_text
from unspool.tasks.labelling.evaluation import Examples, Reading, evaluate_labelled
from unspool.tasks.labelling.report import Classified, Explained
from unspool.tasks.pictures.encoding import PictureEncoding
from unspool.tasks.pictures.reader import PictureReader

if TYPE_CHECKING:
    from typing import Unpack

    from unspool.models.method_keywords import ImageClassificationEvaluationKeywords


@dataclass(frozen=True, repr=False)
class PictureFigures(ClassificationFigures):
    """The figures of a classifier of pictures, with the worst mistakes, which its report shows.

    Attributes:
        mistakes: are those of the highest probability.
    """

    mistakes: tuple[PictureMistake, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the figures that there are by name, for JSON; the pictures are none."""
        return {name: value for name, value in super().to_dict().items() if name != "mistakes"}


class ImageClassifier(HeadModel):
    """A model that predicts the label of a picture.

    A picture is a path, an image of Pillow, or an array, [H, W] or [H, W, C], of uint8 or of numbers from 0 to 1;
    several are a list of pictures, or an array [N, H, W, C].
    """

    config: ImageConfig
    reads = "pictures"
    noun = ImageClassification.noun

    @cached_property
    def _encoding(self) -> PictureEncoding:
        return self.read_folder(lambda folder: PictureEncoding(folder, self.config.pictures))

    @cached_property
    def _classifier(self) -> NetworkClassifier:
        """The classifier of the network's head."""

        def sources(pictures: Sequence[Picture]) -> PictureSources:
            return PictureSources(self._encoding.read_all(pictures), self.config.pictures)

        return NetworkClassifier(self.network, self.labels, sources)

    @measuring
    def evaluate(self, data: Any = None, **settings: "Unpack[ImageClassificationEvaluationKeywords]") -> PictureFigures:
        """Measure the model on pictures with labels, or on those that were held out.

        Args:
            data: names folders or tables; none means the held-out pictures in the model folder.
            **settings: are fields of `ImageDataSpec`, such as `label`, where the columns have other names than in
                training.

        Raises:
            UsageError: a setting means nothing to a classifier of pictures.
            DataError: something cannot be read.
            ModelFolderError: the held-out pictures are gone.
        """
        chosen = given(self.config.task, data, settings, ImageDataSpec)
        reading = Reading(self._read, self._held_out, "no picture has a label and can be read")
        measured = self.read_folder(lambda folder: evaluate_labelled(self._classifier, folder, chosen, reading))
        values = {field.name: getattr(measured.figures, field.name) for field in fields(measured.figures)}
        assert isinstance(measured.sources, PictureSources)
        mistakes = self._mistakes(measured.sources.pictures, measured.probabilities, measured.truth)
        return PictureFigures(**values, mistakes=tuple(mistakes))

    def describe(self, figures: ClassificationFigures) -> Description:
        """Show the figures of each label, the confusion matrix, and the worst mistakes."""
        mistakes = figures.mistakes if isinstance(figures, PictureFigures) else ()
        further = section("What does it mistake?", picture_mistakes(mistakes))
        return Description(classification_text(figures, self.noun), classification_page(figures, self.noun, further))

    def _read(self, spec: ImageDataSpec, findings: Findings) -> Examples:
        rows = labelled(described_pictures(spec.sources, spec, findings))
        kept, pictures = self._encoding.read([row.item for row in rows], findings)
        return Examples([rows[index] for index in kept], PictureSources(pictures, self.config.pictures))

    def _held_out(self, folder: ModelFolder) -> LabelledPart:
        return open_part(folder, "validation", self.config, verify=True)[0]

    def _explained(self, folder: ModelFolder, one: Classified) -> Explained:
        pictures = open_part(folder, "validation", self.config, verify=False)[1]
        try:
            found = self._mistakes(pictures, one.probabilities, one.truth, one.chosen)
            further = picture_mistakes([mistake._replace(name=Path(mistake.name).name) for mistake in found])
        except MissingExtraError:  # which draws pictures
            further = ""
        return Explained(further=further)

    def _mistakes(
        self, pictures: PictureReader, found: FloatArray, truth: IntArray, places: IntArray | None = None
    ) -> list[PictureMistake]:
        """Return the worst mistakes whose pictures can be shown.

        Args:
            pictures: hold those of the N examples.
            found: are the probabilities of the C labels, [N, C].
            truth: holds the indices of the right labels, [N].
            places: are the indices of the examples among the pictures, [N]; none means that they are all of them.
        """
        mistakes = []
        for index in worst_mistakes(found, truth).tolist():
            place = index if places is None else int(places[index])
            pixels, best, right = pictures.thumbnail(place), int(found[index].argmax()), int(truth[index])
            if pixels is not None:
                known = "unknown" if right == UNKNOWN else self.labels[right]
                name, share = pictures.name(place), float(found[index, best])
                mistakes.append(PictureMistake(name, pixels, known, self.labels[best], share))
        return mistakes

    def _listed(self, examples: Any) -> tuple[list[Picture], bool]:
        return as_pictures(examples)
