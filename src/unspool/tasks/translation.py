"""Translation: many to many and shifted, a source is wound into a state, and the state unspooled into a target.

pairs -> two tokenizers, ids -> pairs of like length side by side -> nats per token; translations by beam search
"""

from collections.abc import Callable, Mapping
from math import exp
from typing import Any

from unspool.data.pairs import (
    PairBatches,
    Pairs,
    Tokenizers,
    describe_pairs,
    keep_texts,
    kept_empty,
    kept_texts,
    open_pairs,
    read_pairs,
    write_pairs,
)
from unspool.decode.translation import BeamTranslator
from unspool.engines.base import EncoderDecoder, Machine
from unspool.errors import DataError, UsageError
from unspool.evaluate.pairs import exact_share, pair_nats
from unspool.folder.model_folder import Config, ModelFolder
from unspool.specs.base import build
from unspool.specs.data import DataSpec
from unspool.specs.network import DecoderShape, DecoderSpec, NetworkSpec, encoder_shape, text_encoder
from unspool.specs.sampling import BeamSpec
from unspool.specs.training import Recipe, TrainingSpec
from unspool.tasks.base import Plan
from unspool.tasks.pretrained import Pretrained
from unspool.tasks.recipe import Settings, budget_spec, usual_minutes
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import make_tokenizer

GREEDY = BeamSpec(beams=1)
CLOSING_PAIRS = 500  # that are translated at the end of a run
VALIDATION_PAIRS = 2048
VOCABULARY = 8000
DATES_BUDGET = {"minutes": 1.0}
SMALL_TEXT = 3_000_000  # characters of all targets up to which the smaller network is enough
LARGE: Settings = {
    "network": {"cell": "gru", "hidden_size": 512, "embedding_size": 256},
    "encoder": {"encoder_size": 256, "encoder_embedding": 256},
}
SMALL: Settings = {
    "network": {"cell": "gru", "hidden_size": 256, "embedding_size": 64},
    "encoder": {"encoder_size": 128, "encoder_embedding": 64},
}
TRAINING = {"batch_size": 64, "averaged": 4, "learning_rate": 2e-3, "input_dropout": 0.2, "label_smoothing": 0.1}


class Translation:
    """The task. See `tasks.base.Task`."""

    hint = "translate"

    def check(self, settings: Settings) -> None:
        """Refuse what cannot be, before anything is read."""
        spec = _data(settings)
        if (spec.sources or spec.validation_sources) and spec.source_column is None:
            raise UsageError(
                "a table of pairs needs --source and --target. Received: neither.", "name the two columns."
            )
        if spec.source_column is not None and not spec.sources:
            raise UsageError("--source and --target name columns, and there is no table.", "name a table.")
        _recipe(_with_budget(settings), spec, LARGE, Machine("float32", 1), 0.0)

    def plan(
        self,
        folder: ModelFolder,
        settings: Settings,
        machine: Machine,
        start: Pretrained | None,
        on_bytes: Callable[[int], None],
    ) -> Plan:
        """Learn the tokenizers, write the ids, choose the sizes."""
        if start is not None:
            raise UsageError("a translation cannot start from another model.", "leave out --from.")
        settings, spec = _with_budget(settings), _data(settings)
        pairs, held_out, empty = read_pairs(spec)
        tokenizers = _tokenizers(spec, pairs)
        folder.write_tokenizer(tokenizers[1])
        if not spec.joint_vocabulary:
            folder.write_tokenizer(tokenizers[0], "source_tokenizer.json")
        write_pairs(folder.training, "training", tokenizers, pairs, on_bytes)
        write_pairs(folder.training, "validation", tokenizers, held_out, on_bytes)
        keep_texts(folder.training, held_out, empty)
        training = open_pairs(folder.training, "training", spec.max_length, verify=False)
        shape = SMALL if training.target.characters < SMALL_TEXT and spec.tokenizer == "char" else LARGE
        recipe = _recipe(settings, spec, shape, machine, usual_minutes(settings))
        return Plan(recipe, _config(recipe, tokenizers), _reasons(recipe))

    def open(self, folder: ModelFolder, recipe: Recipe, config: Config, verify: bool) -> "TranslationJob":
        """The pairs, as they lie in the model folder."""
        tokenizers = folder.read_source_tokenizer(config), folder.read_tokenizer(config)
        most = recipe.data.max_length
        parts = [open_pairs(folder.training, name, most, verify) for name in ("training", "validation")]
        texts, empty = kept_texts(folder.training), kept_empty(folder.training)
        return TranslationJob(parts[0], parts[1], texts, empty, recipe, tokenizers)

    def summary(self, figures: Mapping[str, Any]) -> str:
        """The closing figures in a sentence."""
        return (
            f"{figures['nats_per_token']:.4f} nats per token on the held-out pairs; {figures['exact']:.1%} of their "
            "translations are the reference, letter by letter."
        )


class TranslationJob:
    """Pairs that are learnt. See `tasks.base.Job`."""

    def __init__(
        self,
        training: Pairs,
        validation: Pairs,
        texts: list[tuple[str, str]],
        empty: int,
        recipe: Recipe,
        tokenizers: Tokenizers,
    ) -> None:
        self._validation, self._texts, self._tokenizers = validation, texts, tokenizers
        for part, name in ((training, "to learn"), (validation, "held out")):
            if not len(part.kept):
                raise DataError(
                    f"at least one pair {name} must be at most {part.max_length} tokens long. Received: none.",
                    "raise --max-length.",
                )
        self.batches = PairBatches(training, recipe.training.batch_size, recipe.training.seed)
        self.unit = "character"
        self.tokens_per_character = len(training.target.tokens) / training.target.characters
        longer, longer_held_out = (len(part.lengths[0]) - len(part.kept) for part in (training, validation))
        self.description = (
            f"pairs: {describe_pairs(recipe.data)}: {len(training.kept):,} to learn, {len(texts):,} held out; "
            f"{longer:,} longer than {recipe.data.max_length} tokens and {empty:,} with an empty side are left out, "
            f"and {longer_held_out:,} of those held out are too long to count in the loss."
        )
        self.warnings: list[str] = []

    def validate(self, network: EncoderDecoder) -> float:
        """Nats per target token."""
        return pair_nats(network, self._validation, VALIDATION_PAIRS)

    def sample(self, network: EncoderDecoder) -> str:
        """A held-out source, and what it becomes."""
        source, _ = self._texts[0]
        ((translation,),) = BeamTranslator(network, *self._tokenizers).translate([source], GREEDY)
        return f"{source} -> {translation.text}"

    def figures(self, network: EncoderDecoder) -> dict[str, Any]:
        """The loss, and the share of exact translations."""
        nats = pair_nats(network, self._validation)
        texts = self._texts[:CLOSING_PAIRS]
        found = BeamTranslator(network, *self._tokenizers).translate([source for source, _ in texts], GREEDY)
        exact = exact_share([best[0].text for best in found], [target for _, target in texts])
        return {"nats_per_token": nats, "perplexity": exp(min(nats, 700)), "exact": exact}


def _data(settings: Settings) -> DataSpec:
    """Without data, dates character by character; of other pairs, the commonest pieces of words."""
    return build(DataSpec, {"tokenizer": "char" if _dates(settings) else "bpe", **settings["data"]}, "data")


def _dates(settings: Settings) -> bool:
    return not settings["data"].get("sources") and settings["data"].get("source_file") is None


def _with_budget(settings: Settings) -> Settings:
    """Dates are learnt in a shorter time than is usual."""
    return {**settings, "budget": settings["budget"] or DATES_BUDGET} if _dates(settings) else settings


def _tokenizers(spec: DataSpec, pairs: list[tuple[str, str]]) -> Tokenizers:
    limit = spec.vocabulary_limit or (0 if spec.tokenizer == "char" else VOCABULARY)

    def learn(*sides: int) -> Tokenizer:
        return make_tokenizer(spec.tokenizer, (pair[side] for side in sides for pair in pairs), limit)

    if spec.joint_vocabulary:
        both = learn(0, 1)
        return both, both
    return learn(0), learn(1)


def _recipe(settings: Settings, data: DataSpec, shape: Settings, machine: Machine, minutes: float) -> Recipe:
    chosen = {
        "precision": machine.precision,
        "threads": machine.threads,
        "validations": int(min(20, max(4, round(2 * minutes)))),
    }
    smaller = {"dropout": 0.3} if shape is LARGE else {"dropout": 0.1, "label_smoothing": 0.0}
    return Recipe(
        task="translation",
        data=data,
        network=build(DecoderShape, {**shape["network"], **settings["network"]}, "network"),
        encoder=encoder_shape({**shape["encoder"], **settings["encoder"]}),
        training=build(TrainingSpec, {**TRAINING, **smaller, **chosen, **settings["training"]}, "training"),
        budget=budget_spec(settings),
    )


def _config(recipe: Recipe, tokenizers: Tokenizers) -> Config:
    shape = recipe.encoder
    assert shape is not None
    encoder = text_encoder(shape, tokenizers[0].vocabulary_size)
    decoder = DecoderSpec(
        **recipe.writer.model_dump(include=set(DecoderShape.model_fields)),
        vocabulary_size=tokenizers[1].vocabulary_size,
        attention=shape.attention,
        decoder_input=shape.decoder_input,
    )
    return Config(
        task="translation",
        by_document=True,
        tokenizer=recipe.data.tokenizer,
        source_tokenizer=None if recipe.data.joint_vocabulary else recipe.data.tokenizer,
        network=NetworkSpec(encoder=encoder, decoder=decoder),
    )


def _reasons(recipe: Recipe) -> list[str]:
    shape, network, training = recipe.encoder, recipe.writer, recipe.training
    assert shape is not None
    both = ", from both ends" if shape.bidirectional else ""
    return [
        f"network: {shape.encoder_cell} encoder {shape.encoder_layers} x {shape.encoder_size}{both}; {network.cell} "
        f"decoder {network.num_layers} x {network.hidden_size}, attention {shape.attention}.",
        f"training: {training.optimizer}, {training.batch_size} pairs; dropout {training.dropout:g}, label smoothing "
        f"{training.label_smoothing:g}; {training.precision}, on {training.threads} threads.",
    ]
