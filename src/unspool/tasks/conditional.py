"""Conditional: one to many, a label or some numbers choose the state, and the decoder unspools it into a text.

rows -> conditions, tokenizer, ids -> texts of like length side by side -> bits per character, given the condition
"""

from collections.abc import Callable, Mapping
from typing import Any

from unspool.data.conditions import open_conditioned, read_rows, write_conditioned
from unspool.data.corpus import open_part
from unspool.data.pairs import PairBatches, Pairs
from unspool.data.sources import describe_sources
from unspool.decode.condition import condition_source, usual_condition
from unspool.decode.generation import generate
from unspool.decode.reading import start_reading
from unspool.engines.base import EncoderDecoder, Machine
from unspool.errors import DataError, UsageError
from unspool.evaluate.bits import document_nats, evaluate_part
from unspool.evaluate.pairs import beginning
from unspool.folder.model_folder import Config, ModelFolder
from unspool.specs.base import build
from unspool.specs.condition import ConditionSpec
from unspool.specs.network import (
    DecoderShape,
    DecoderSpec,
    EncoderShape,
    EncoderSpec,
    LabelEncoderSpec,
    NetworkSpec,
    VectorEncoderSpec,
)
from unspool.specs.sampling import SamplingSpec
from unspool.specs.training import Recipe
from unspool.tasks.base import Plan
from unspool.tasks.pretrained import Pretrained
from unspool.tasks.recipe import DEFAULT_MINUTES, Settings, Size, choose_recipe, data_spec, filled, usual_minutes
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import make_tokenizer

SAMPLE = SamplingSpec(max_new_tokens=100, temperature=0.8, seed=0)
VALIDATION_TEXTS = 2048
MOST_SHOWN = 30  # labels of a column, with their counts
ENCODER: Mapping[str, Any] = {"encoder_size": 64, "attention": "none"}
ENCODER_SETTINGS = ("encoder_size", "decoder_input")


class Conditional:
    """The task. See `tasks.base.Task`."""

    hint = "generate --condition ..."

    def check(self, settings: Settings) -> None:
        """Refuse what cannot be, before anything is read."""
        spec = data_spec(settings)
        if not spec.condition_columns:
            raise UsageError(
                "conditioned text needs --condition, the column that it depends on. Received: none.",
                "name it, and the column of the texts with --text.",
            )
        if not spec.sources:
            raise UsageError("--condition and --text name columns, and there is no table.", "name a table.")
        wrong = [name for name in settings["encoder"] if name not in ENCODER_SETTINGS]
        if wrong:
            raise UsageError(
                f"the encoder of a condition has only {' and '.join(ENCODER_SETTINGS)}. Received: {', '.join(wrong)}.",
                "leave these out.",
            )
        _recipe(Size(1_000_000, 100, DEFAULT_MINUTES, Machine("float32", 1)), settings)

    def plan(
        self,
        folder: ModelFolder,
        settings: Settings,
        machine: Machine,
        start: Pretrained | None,
        on_bytes: Callable[[int], None],
    ) -> Plan:
        """Learn the labels and the tokenizer, write both as numbers, choose the sizes."""
        if start is not None:
            raise UsageError("conditioned text cannot start from another model.", "leave out --from.")
        spec = data_spec(settings)
        rows, held_out, conditions = read_rows(spec)
        tokenizer = make_tokenizer(spec.tokenizer, (row.text for row in rows), spec.vocabulary_limit)
        folder.write_tokenizer(tokenizer)
        for name, part in (("training", rows), ("validation", held_out)):
            write_conditioned(folder.training, name, tokenizer, part, conditions, on_bytes)
        tokens = len(open_part(folder.training, "training", verify=False).tokens)
        minutes = usual_minutes(settings)
        size = Size(tokens, tokenizer.vocabulary_size, minutes, filled(machine, len(rows), tokens))
        recipe, reasons = _recipe(size, settings)
        return Plan(recipe, _config(recipe, tokenizer, conditions), reasons)

    def open(self, folder: ModelFolder, recipe: Recipe, config: Config, verify: bool) -> "ConditionalJob":
        """The texts and their conditions, as they lie in the model folder."""
        most, specs = recipe.data.max_length, config.conditions or ()
        parts = [open_conditioned(folder.training, name, specs, most, verify) for name in ("training", "validation")]
        return ConditionalJob(parts[0], parts[1], recipe, specs, folder.read_tokenizer(config))

    def summary(self, figures: Mapping[str, Any]) -> str:
        """The closing figures in a sentence."""
        return (
            f"{figures['bits_per_character']:.4f} bits per character on the held-out texts, given what they depend on "
            f"({figures['nats_per_token']:.4f} nats per token)."
        )


class ConditionalJob:
    """Conditioned texts that are learnt. See `tasks.base.Job`."""

    def __init__(
        self,
        training: Pairs,
        validation: Pairs,
        recipe: Recipe,
        specs: tuple[ConditionSpec, ...],
        tokenizer: Tokenizer,
    ) -> None:
        self._validation, self._specs, self._tokenizer = validation, specs, tokenizer
        if not len(training.kept):
            raise DataError(
                f"at least one text to learn must be at most {training.max_length} tokens long. Received: none.",
                "raise --max-length.",
            )
        self.batches = PairBatches(training, recipe.training.batch_size, recipe.training.seed)
        self.unit = "character"
        self.tokens_per_character = len(training.target.tokens) / training.target.characters
        left_out = len(training.lengths[0]) - len(training.kept)
        self.description = (
            f"texts: {describe_sources(recipe.data.sources)}: {len(training.kept):,} to learn, "
            f"{len(validation.lengths[0]):,} held out; {left_out:,} longer than {recipe.data.max_length} tokens are "
            f"left out. They depend on {'; '.join(map(_described, specs))}."
        )
        self.warnings: list[str] = []

    def validate(self, network: EncoderDecoder) -> float:
        """Nats per token, given the condition."""
        begin = beginning(network, self._validation)
        sums, lengths = document_nats(network, self._validation.target, most=VALIDATION_TEXTS, begin=begin)
        return float(sums.sum() / lengths.sum())

    def sample(self, network: EncoderDecoder) -> str:
        """What it writes under the usual condition."""
        usual = usual_condition(self._specs)
        reading = start_reading(network, condition_source(usual, self._specs))
        pieces = generate(network, self._tokenizer, reading, SAMPLE, [0], by_document=True)
        return f"{', '.join(usual)}: {''.join(piece.text for piece in pieces)}"

    def figures(self, network: EncoderDecoder) -> dict[str, Any]:
        """Those of a language model, given the condition."""
        figures = evaluate_part(network, self._validation.target, begin=beginning(network, self._validation))
        names = ("bits_per_byte", "bits_per_character", "nats_per_token", "perplexity")
        return {name: getattr(figures, name) for name in names}


def _recipe(size: Size, settings: Settings) -> tuple[Recipe, list[str]]:
    """That of a language model of the same text, and the encoder."""
    recipe, reasons = choose_recipe(size, settings)
    encoder = build(EncoderShape, {**ENCODER, **settings["encoder"]}, "encoder")
    reasons.append(f"condition: {encoder.encoder_size} numbers choose the decoder's first state.")
    return recipe.changed(task="conditional", encoder=encoder.model_dump()), reasons


def _config(recipe: Recipe, tokenizer: Tokenizer, conditions: tuple[ConditionSpec, ...]) -> Config:
    assert recipe.encoder is not None
    assert recipe.network is not None
    width = recipe.encoder.encoder_size
    encoder: EncoderSpec
    if conditions[0].labels:
        encoder = LabelEncoderSpec(labels=sum(len(one.labels) for one in conditions), hidden_size=width)
    else:
        encoder = VectorEncoderSpec(numbers=len(conditions), hidden_size=width)
    shape: Mapping[str, Any] = recipe.network.model_dump(include=set(DecoderShape.model_fields))
    decoder = DecoderSpec(
        **shape, vocabulary_size=tokenizer.vocabulary_size, decoder_input=recipe.encoder.decoder_input
    )
    return Config(
        task="conditional",
        by_document=True,
        tokenizer=recipe.data.tokenizer,
        network=NetworkSpec(encoder=encoder, decoder=decoder),
        conditions=conditions,
    )


def _described(spec: ConditionSpec) -> str:
    """A column with the counts of its labels, the commonest first; or the scale of its numbers."""
    if not spec.labels:
        return f"{spec.name}: numbers, {spec.mean:g} on average, with a standard deviation of {spec.deviation:g}"
    counted = sorted(zip(spec.counts, spec.labels, strict=True), key=lambda pair: -pair[0])
    more = f" and {len(counted) - MOST_SHOWN} more" if len(counted) > MOST_SHOWN else ""
    return f"{spec.name}: " + ", ".join(f"{label} {count:,}" for count, label in counted[:MOST_SHOWN]) + more
