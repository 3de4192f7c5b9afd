"""Classification of pictures, one to one: an encoder turns a picture into states, and a head predicts its label.

pictures -> pixels or features on disk, indices of labels -> batches -> nats per label; accuracy
"""

from collections.abc import Sequence
from functools import partial

from unspool.data.findings import Findings
from unspool.data.labelled import Labelled, LabelledPart, divide_labelled, label_names, open_labels, write_labels
from unspool.data.pictures.digits import DIGITS, digit_pictures
from unspool.data.pictures.lists import read_parts
from unspool.data.pictures.picture import DescribedPicture, Picture
from unspool.data.pictures.reading import read_labelled_pictures
from unspool.data.sources import describe_sources
from unspool.engines.base import Machine
from unspool.folder.card import Card
from unspool.folder.model_folder import ModelFolder
from unspool.specs.base import build
from unspool.specs.network import HeadSpec, NetworkSpec
from unspool.specs.pictures import PictureInputSpec
from unspool.specs.shapes import HeadShape
from unspool.specs.training import HeadTrainingSpec
from unspool.tasks.base import Plan
from unspool.tasks.images.sources import PictureSources
from unspool.tasks.images.specs import ImageConfig, ImageDataSpec, ImageRecipe
from unspool.tasks.labelling.job import LabellingJob
from unspool.tasks.labelling.task import LabellingTask, training_note, with_weights
from unspool.tasks.pictures.inputs import (
    encoder_shape,
    encoder_spec,
    with_augmentation,
    with_given,
    with_given_features,
)
from unspool.tasks.pictures.prepare import prepare_pictures
from unspool.tasks.pictures.reader import PictureReader, open_pictures
from unspool.tasks.pretrained import Pretrained
from unspool.tasks.recipe import budget_spec
from unspool.tasks.settings import Settings
from unspool.training.callback import Callback

QUICK = 100_000  # pictures that are read in the usual epochs of few pictures
FEATURES: Settings = {
    "encoder": {"encoder_size": 256, "encoder_stages": ()},
    "head": {"pooling": "attention"},
    "training": {"optimizer": "adamw", "batch_size": 64, "learning_rate": 2e-3, "dropout": 0.3, "input_dropout": 0.2},
    "budget": {"epochs": 20},
}
PIXELS: Settings = {
    "encoder": {"encoder_size": 128, "encoder_stages": (32, 64, 128)},
    "head": {"pooling": "mean"},
    "training": {
        **{"optimizer": "muon", "matrix_rate": 0.02, "batch_size": 128, "learning_rate": 4e-3},
        **{"dropout": 0.1, "input_dropout": 0.0, "warmup": 0.05},
    },
    "budget": {"epochs": 30},
}
TRAINING = {"label_smoothing": 0.1, "averaged": 4, "validations": 10, "patience": 10}
LARGE, LARGE_STAGES = 48, (16, 32, 64, 128)  # pixels along the shorter side, and the stages of such pictures


class ImageClassification(LabellingTask[ImageRecipe, ImageConfig]):
    """Trains classifiers of pictures. See `tasks.base.Task`."""

    recipe, config = ImageRecipe, ImageConfig
    noun = "pictures"
    card = Card(
        tag="image-classification",
        kind="classifier of pictures",
        caution="It gives every picture one of the labels that it learnt, also a picture that none of them fits.",
        figures="On the held-out pictures; `macro_f1` is the mean of the labels' F1.",
        command="unspool classify {name} picture.jpg",
        python='print(unspool.load("{name}").classify("picture.jpg"))',
    )

    def card_of(self, config: ImageConfig) -> Card:
        """Return the words of the card; a model of features that are given is asked about files of features."""
        return with_given(self.card, config.pictures)

    def name(self, settings: Settings) -> str:
        """Return the name of a model of the digits that scikit-learn ships."""
        return "digits"

    def plan(
        self,
        folder: ModelFolder,
        settings: Settings,
        machine: Machine,
        pretrained: Pretrained | None,
        callback: Callback,
    ) -> Plan[ImageRecipe, ImageConfig]:
        """Read the labels, write features or pixels of the pictures, choose the sizes."""
        spec, findings = build(ImageDataSpec, settings["data"], "data"), Findings()
        read = partial(described_pictures, spec=spec, findings=findings)
        described, apart = with_given_features(spec, *read_parts(read, spec.sources, spec.validation, findings))
        rows, held_out = divide_labelled(
            labelled(described),
            None if apart is None else labelled(apart),
            spec.split,
            findings.added_to(_where(spec)),
            findings,
            self.noun,
        )
        rows, pictures = _prepared(folder, "training", rows, spec, findings, callback)
        held_out, _ = _prepared(folder, "validation", held_out, spec, findings, callback)
        findings.keep(folder.training)
        labels = label_names(rows)
        for name, part in (("training", rows), ("validation", held_out)):
            write_labels(folder.training, name, part, labels)
        recipe = _recipe(settings, with_augmentation(spec, pictures, mirrored=True), pictures, len(rows), machine)
        weights = with_weights(recipe.training, open_labels(folder.training, "training", len(labels)), labels)
        network = NetworkSpec(
            encoder=encoder_spec(pictures, recipe.encoder),
            head=HeadSpec(labels=len(labels), pooling=recipe.head.pooling),
        )
        config = ImageConfig(labels=labels, pictures=pictures, network=network)
        return Plan(recipe.changed(training=weights), config, _reasons(recipe, pictures))

    def open(self, folder: ModelFolder, recipe: ImageRecipe, config: ImageConfig, verify: bool) -> LabellingJob:
        """Open the pictures in the model folder."""
        training, _ = open_part(folder, "training", config, verify, recipe.data)
        validation, held_out = open_part(folder, "validation", config, verify)
        where = f"pictures: {_where(recipe.data)}"
        return LabellingJob(training, validation, recipe.training, config.labels, where, held_out.name)


def described_pictures(names: Sequence[str], spec: ImageDataSpec, findings: Findings) -> list[DescribedPicture]:
    """Read pictures with their labels, with the settings of the spec; without names, handwritten digits."""
    return read_labelled_pictures(names, spec, spec.label, findings) if names else digit_pictures()


def labelled(described: Sequence[DescribedPicture]) -> list[Labelled[Picture]]:
    """Return pictures as examples with labels."""
    return [Labelled(one.picture, one.label, one.picture) for one in described]


def open_part(
    folder: ModelFolder, name: str, config: ImageConfig, verify: bool, augmentation: ImageDataSpec | None = None
) -> tuple[LabelledPart, PictureReader]:
    """Open one part of the pictures in a model folder, as examples with labels and as pictures.

    Args:
        folder: is that of the model.
        name: is that of the part.
        config: describes the model.
        verify: checks that nothing has been damaged since.
        augmentation: says how pictures are changed for training; none leaves them as they are.

    Raises:
        ModelFolderError: something is missing or damaged.
    """
    pictures = open_pictures(folder, name, config.pictures, verify, augmentation)
    labels = open_labels(folder.training, name, len(config.labels), len(pictures))
    return LabelledPart(PictureSources(pictures, config.pictures), labels), pictures


def _where(spec: ImageDataSpec) -> str:
    return describe_sources(spec.sources) if spec.sources else DIGITS


def _prepared(
    folder: ModelFolder,
    part: str,
    rows: list[Labelled[Picture]],
    spec: ImageDataSpec,
    findings: Findings,
    callback: Callback,
) -> tuple[list[Labelled[Picture]], PictureInputSpec]:
    """Prepare the pictures of a part, and return those that can be read."""
    kept, pictures = prepare_pictures(folder, part, [row.item for row in rows], spec, findings, callback.on_pictures)
    return [rows[index] for index in kept], pictures


def _recipe(
    settings: Settings, data: ImageDataSpec, pictures: PictureInputSpec, count: int, machine: Machine
) -> ImageRecipe:
    usual = PIXELS if pictures.kind == "cnn" else FEATURES
    head = {} if usual is FEATURES and pictures.positions == 1 else usual["head"]  # a single state
    large = pictures.kind == "cnn" and min(pictures.height, pictures.width) >= LARGE
    encoder = usual["encoder"] | ({"encoder_stages": LARGE_STAGES} if large else {})
    chosen = {"precision": machine.precision, "threads": machine.threads}
    training = {**TRAINING, **usual["training"], **chosen, **settings["training"]}
    if not settings["budget"] and count * usual["budget"]["epochs"] <= QUICK:
        settings = {**settings, "budget": usual["budget"]}
    return ImageRecipe(
        data=data,
        encoder=encoder_shape(pictures, encoder, settings["encoder"]),
        head=build(HeadShape, {**head, **settings["head"]}, "head"),
        training=build(HeadTrainingSpec, training, "training"),
        budget=budget_spec(settings),
    )


def _reasons(recipe: ImageRecipe, pictures: PictureInputSpec) -> list[str]:
    training = recipe.training
    return [
        f"network: {pictures.described}; {recipe.encoder.encoder_size} hidden units, {recipe.head.pooling} pooling.",
        training_note(training, "pictures", f"{training.dropout:g}, on the input {training.input_dropout:g}"),
    ]
