"""Captioning, one to many: an encoder turns a picture into a state, and a decoder unrolls the state into a caption.

pictures -> features or pixels on disk;  captions -> tokenizer, ids -> batches of captions of similar length
-> nats per token; captions by beam search
"""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from unspool.data.captions import keep_references, kept_references, open_captions, write_captions
from unspool.data.findings import Findings
from unspool.data.limit import with_limit
from unspool.data.pairs import Pairs
from unspool.data.pictures.lists import read_parts
from unspool.data.pictures.picture import DescribedPicture
from unspool.data.pictures.reading import read_captioned
from unspool.data.pictures.shapes import COUNT, SHAPES_DRAWN, shape_pictures
from unspool.data.sources import describe_sources
from unspool.data.split import choose_randomly, divide
from unspool.engines.base import Machine
from unspool.folder.card import Card
from unspool.folder.model_folder import ModelFolder
from unspool.specs.base import build
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.pictures import PictureInputSpec
from unspool.specs.shapes import AttentionDecoderShape, CountedAttentionDecoderShape
from unspool.specs.training import AttentionTrainingSpec
from unspool.tasks.base import Plan
from unspool.tasks.captioning.job import CaptionedPart, CaptioningJob, longest_caption
from unspool.tasks.captioning.specs import CaptioningConfig, CaptioningDataSpec, CaptioningRecipe
from unspool.tasks.mixed_task import MixedTask, parts_summary
from unspool.tasks.mixing import chosen_shape
from unspool.tasks.opening import decoder_tokenizer
from unspool.tasks.pictures.inputs import (
    encoder_shape,
    encoder_spec,
    with_augmentation,
    with_given,
    with_given_features,
)
from unspool.tasks.pictures.prepare import prepare_pictures
from unspool.tasks.pictures.reader import open_pictures
from unspool.tasks.pretrained import Pretrained
from unspool.tasks.recipe import budget_spec, usual_minutes
from unspool.tasks.settings import Settings
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import WORD_MINIMUM, make_tokenizer
from unspool.training.callback import Callback

USUAL_LENGTH = 50  # tokens of a caption, unless many are longer
SIDES = re.compile(
    r"\b(left|right|links|rechts|linke\w*|rechte\w*|gauche|droite|izquierd\w+|derech\w+|sinistr\w+|destr\w+)\b", re.I
)
FEW = 0.02  # of the captions
RARE, MANY = 2, 5000  # times that a word occurs; captions
SHAPES_BUDGET = {"minutes": 1.0}
PHOTOGRAPHS: Settings = {
    "network": {"cell": "gru", "hidden_size": 512, "embedding_size": 256},
    "encoder": {"encoder_size": 256, "encoder_stages": (32, 64, 128)},
    "training": {"optimizer": "adamw", "dropout": 0.5, "input_dropout": 0.4, "label_smoothing": 0.1},
}
DRAWINGS: Settings = {
    "network": {"cell": "gru", "hidden_size": 256, "embedding_size": 64},
    "encoder": {"encoder_size": 128, "encoder_stages": (24, 48, 96)},
    "training": {"batch_size": 32, "matrix_rate": 0.03, "dropout": 0.0, "input_dropout": 0.0},
}
TRAINING = {"batch_size": 64, "averaged": 4, "learning_rate": 2e-3}


class Captioning(MixedTask[CaptioningRecipe, CaptioningConfig]):
    """Trains captioners. See `tasks.base.Task`."""

    recipe, config = CaptioningRecipe, CaptioningConfig
    card = Card(
        tag="image-to-text",
        kind="captioner of pictures",
        caution="It captions pictures like those it learnt from; it captions others badly, and gives no warning.",
        figures="On the held-out pictures; the greedy figures are those of greedy captions of the first 500, against "
        "all their references: `greedy_exact` is the fraction that equal one.",
        command="unspool caption {name} picture.jpg",
        python='print(unspool.load("{name}").caption("picture.jpg"))',
    )

    def card_of(self, config: CaptioningConfig) -> Card:
        """Return the words of the card; a model of features that are given is asked about files of features."""
        return with_given(self.card, config.pictures)

    def name(self, settings: Settings) -> str:
        """Return the name of a model of the shapes that Unspool draws."""
        return "shapes"

    def plan(
        self,
        folder: ModelFolder,
        settings: Settings,
        machine: Machine,
        pretrained: Pretrained | None,
        callback: Callback,
    ) -> Plan[CaptioningRecipe, CaptioningConfig]:
        """Prepare the pictures, learn the tokenizer, write the ids, choose the sizes."""
        spec, findings = _data(settings), Findings()
        if not spec.sources:
            settings = {**settings, "budget": settings["budget"] or SHAPES_BUDGET}
        training, held_out = _divided(spec, findings)
        training, seen = _prepared(folder, "training", training, spec, findings, callback)
        held_out, _ = _prepared(folder, "validation", held_out, spec, findings, callback)
        if not spec.sources and spec.shift is None:
            spec = spec.changed(shift=0)  # else shapes would be cut off at the edge
        spec = with_augmentation(spec, seen, mirrored=_may_be_mirrored(training))
        findings.keep(folder.training)
        tokenizer = _tokenizer(spec, [text for one in training for text in one.texts])
        folder.write_tokenizer(tokenizer)
        write_captions(folder.training, "training", tokenizer, training, callback.on_encoded)
        write_captions(folder.training, "validation", tokenizer, held_out, callback.on_encoded)
        keep_references(folder.training, held_out)
        pictures = open_pictures(folder, "training", seen, verify=False)
        captions = open_captions(folder.training, "training", pictures, verify=False)
        spec = with_limit(spec, captions.examples.lengths, USUAL_LENGTH)
        recipe = _recipe(settings, spec, seen, machine)
        ngrams = chosen_shape(tokenizer.kind, len(captions.target.tokens), settings["network"])
        recipe = recipe.changed(network=recipe.network.changed(**ngrams))
        return Plan(recipe, _config(recipe, tokenizer, seen, captions), _reasons(recipe, seen))

    def open(
        self, folder: ModelFolder, recipe: CaptioningRecipe, config: CaptioningConfig, verify: bool
    ) -> CaptioningJob:
        """Open the pictures and captions in the model folder."""
        parts = [open_captioned(folder, name, recipe, config, verify) for name in ("training", "validation")]
        references = kept_references(folder.training)
        tokenizer, where = decoder_tokenizer(folder, config), _named(recipe.data)
        return CaptioningJob(parts[0], parts[1], references, recipe, config, tokenizer, where)

    def summary(self, figures: Mapping[str, Any]) -> str:
        """Return the closing figures in a sentence."""
        return (
            f"{figures['nats_per_token']:.4f} nats per token on the held-out captions{parts_summary(figures)}; greedy "
            f"captions have BLEU-4 {figures['greedy_bleu4']:.1f} and CIDEr {figures['greedy_cider']:.3f}, "
            f"{figures['greedy_exact']:.1%} equal a reference."
        )


def open_captioned(
    folder: ModelFolder, name: str, recipe: CaptioningRecipe, config: CaptioningConfig, verify: bool
) -> CaptionedPart:
    """Open one part of the data of a run.

    Raises:
        ModelFolderError: a file is missing or damaged.
    """
    pictures = open_pictures(folder, name, config.pictures, verify, recipe.data)
    return CaptionedPart(pictures, open_captions(folder.training, name, pictures, recipe.data.max_length, verify))


def described_pictures(names: tuple[str, ...], spec: CaptioningDataSpec, findings: Findings) -> list[DescribedPicture]:
    """Read the pictures of some sources with their captions, or draw shapes where there are no sources."""
    return read_captioned(names, spec, spec.text, findings) if names else shape_pictures(COUNT, seed=0)


def _divided(spec: CaptioningDataSpec, findings: Findings) -> tuple[list[DescribedPicture], list[DescribedPicture]]:
    """Hold out random pictures, with all their captions."""
    read = partial(described_pictures, spec=spec, findings=findings)
    pictures, held_out = with_given_features(spec, *read_parts(read, spec.sources, spec.validation, findings))
    return divide(pictures, held_out, spec.split, choose_randomly, "pictures", findings.added_to(_named(spec)))


def _may_be_mirrored(described: Sequence[DescribedPicture]) -> bool:
    """Return whether hardly any caption names left or right, so that a mirrored picture has the same caption."""
    captions = [text for one in described for text in one.texts]
    return sum(SIDES.search(text) is not None for text in captions) <= FEW * len(captions)


def _prepared(
    folder: ModelFolder,
    part: str,
    described: Sequence[DescribedPicture],
    spec: CaptioningDataSpec,
    findings: Findings,
    callback: Callback,
) -> tuple[list[DescribedPicture], PictureInputSpec]:
    """Prepare the pictures of a part, and return those that could be read."""
    pictures = [one.picture for one in described]
    kept, seen = prepare_pictures(folder, part, pictures, spec, findings, callback.on_pictures)
    return [described[index] for index in kept], seen


def _named(spec: CaptioningDataSpec) -> str:
    return describe_sources(spec.sources) if spec.sources else SHAPES_DRAWN


def _data(settings: Settings) -> CaptioningDataSpec:
    """Read captions by word, in lower case, unless something else is requested."""
    spec = build(CaptioningDataSpec, settings["data"], "data")
    spec = spec if "tokenizer" in settings["data"] else spec.changed(tokenizer="word")
    return spec if "lowercase" in settings["data"] else spec.changed(lowercase=spec.tokenizer == "word")


def _tokenizer(spec: CaptioningDataSpec, captions: Sequence[str]) -> Tokenizer:
    """Learn the vocabulary; of many captions without the words that occur too rarely to be learnt with pictures."""
    minimum = RARE + 1 if len(captions) >= MANY and not spec.vocabulary_limit else WORD_MINIMUM
    return make_tokenizer(spec.tokenizer, captions, spec.vocabulary_limit, spec.lowercase, minimum)


def _recipe(
    settings: Settings, data: CaptioningDataSpec, pictures: PictureInputSpec, machine: Machine
) -> CaptioningRecipe:
    base = PHOTOGRAPHS if data.sources else DRAWINGS
    chosen = {
        "precision": machine.precision,
        "threads": machine.threads,
        "validations": int(min(20, max(4, round(2 * usual_minutes(settings))))),
    }
    training = {**TRAINING, **base["training"], **chosen, **settings["training"]}
    return CaptioningRecipe(
        data=data,
        network=build(CountedAttentionDecoderShape, {**base["network"], **settings["network"]}, "network"),
        encoder=encoder_shape(pictures, base["encoder"], settings["encoder"]),
        training=build(AttentionTrainingSpec, training, "training"),
        budget=budget_spec(settings),
    )


def _config(
    recipe: CaptioningRecipe, tokenizer: Tokenizer, pictures: PictureInputSpec, captions: Pairs
) -> CaptioningConfig:
    shape = recipe.network.model_dump(include=set(AttentionDecoderShape.model_fields))
    decoder = DecoderSpec(**shape, vocabulary_size=tokenizer.vocabulary_size)
    return CaptioningConfig(
        tokenizer=tokenizer.kind,
        network=NetworkSpec(encoder=encoder_spec(pictures, recipe.encoder), decoder=decoder),
        pictures=pictures,
        max_length=longest_caption(captions),
    )


def _reasons(recipe: CaptioningRecipe, pictures: PictureInputSpec) -> list[str]:
    encoder, decoder, training = recipe.encoder, recipe.network, recipe.training
    return [
        f"network: {pictures.described}, encoder {encoder.encoder_size}; {decoder.cell} decoder {decoder.num_layers} x "
        f"{decoder.hidden_size}, attention {decoder.attention}; {recipe.data.tokenizer} tokens.",
        f"training: {training.optimizer}, {training.batch_size} captions; dropout {training.dropout:g}, of the input "
        f"{training.input_dropout:g}, label smoothing {training.label_smoothing:g}; {training.precision}, on "
        f"{training.threads} threads.",
    ]
