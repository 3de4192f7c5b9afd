"""A model that classifies pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

from unspool.data.findings import Findings
from unspool.data.labelled import LabelledPart
from unspool.data.pictures.picture import Picture, as_pictures
from unspool.decode.classification import NetworkClassifier
from unspool.evaluate.labels import UNKNOWN, ClassificationFigures
from unspool.folder.model_folder import ModelFolder
from unspool.models.base import Report, given, measuring
from unspool.models.classifier import HeadModel
from unspool.tasks.images.sources import PictureSources
from unspool.tasks.images.specs import ImageConfig, ImageDataSpec
from unspool.tasks.images.task import ImageClassification, described_pictures, labelled, open_part
from unspool.tasks.labelling.confusion import classification_page, classification_text
from unspool.tasks.labelling.evaluation import Examples, Measured, Reading, evaluate_labelled
from unspool.tasks.picture_page import PictureMistake, mistakes_section, worst_mistakes
from unspool.tasks.pictures.encoding import PictureEncoding

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
        return PictureFigures(**values, mistakes=tuple(self._mistakes(measured)))

    def report(self, figures: ClassificationFigures) -> Report:
        """Show the figures of each label, the confusion matrix, and the worst mistakes."""
        mistakes = figures.mistakes if isinstance(figures, PictureFigures) else ()
        return Report(
            classification_text(figures, self.noun),
            classification_page(figures, self.noun, mistakes_section(mistakes)),
        )

    def _read(self, spec: ImageDataSpec, findings: Findings) -> Examples:
        rows = labelled(described_pictures(spec.sources, spec, findings))
        kept, pictures = self._encoding.read([row.item for row in rows], findings)
        return Examples([rows[index] for index in kept], PictureSources(pictures, self.config.pictures))

    def _held_out(self, folder: ModelFolder) -> LabelledPart:
        return open_part(folder, "validation", self.config, verify=True)[0]

    def _mistakes(self, measured: Measured) -> list[PictureMistake]:
        """Return the worst mistakes whose pictures can be shown."""
        assert isinstance(measured.sources, PictureSources)
        pictures, found = measured.sources.pictures, measured.probabilities
        mistakes = []
        for index in worst_mistakes(found, measured.truth).tolist():
            pixels, best, right = pictures.thumbnail(index), int(found[index].argmax()), int(measured.truth[index])
            if pixels is not None:
                known = "unknown" if right == UNKNOWN else self.labels[right]
                mistake = PictureMistake(
                    pictures.name(index), pixels, known, self.labels[best], float(found[index, best])
                )
                mistakes.append(mistake)
        return mistakes

    def _listed(self, examples: Any) -> tuple[list[Picture], bool]:
        return as_pictures(examples)
