"""Language: learn a text, many to many and aligned, from an initial state.

sources -> tokenizer, ids -> windows or documents -> bits per byte
"""

from collections.abc import Callable, Mapping
from typing import Any

from unspool.data.batches import BatchSource, DocumentBatches, StreamBatches
from unspool.data.corpus import SMALL, Corpus, open_corpus, prepare_corpus
from unspool.data.sources import check_sources, describe_sources
from unspool.decode.generation import generate
from unspool.decode.reading import start_reading
from unspool.engines.base import Machine, SequenceNetwork
from unspool.engines.initial import extended_weights
from unspool.errors import UsageError
from unspool.evaluate.bits import document_nats, evaluate_part, fresh_means
from unspool.folder.model_folder import Config, ModelFolder
from unspool.specs.network import DecoderShape, DecoderSpec, NetworkSpec
from unspool.specs.sampling import SamplingSpec
from unspool.specs.training import Recipe, TrainingSpec
from unspool.tasks.base import Plan
from unspool.tasks.pretrained import Pretrained
from unspool.tasks.recipe import Settings, Size, check_settings, choose_recipe, data_spec, filled, usual_minutes
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import make_tokenizer

SAMPLE = SamplingSpec(max_new_tokens=100, temperature=0.8, seed=0)
VALIDATION_DOCUMENTS, FEWEST = 2048, 256
VALIDATION_LOGITS = 5e8  # a validation of documents makes about so many at most
STARTED = {"learning_rate": 2e-3, "matrix_rate": 0.01}  # half of what an untrained network takes
CLOSING_ROWS, CLOSING_TOKENS = 64, 300_000
PLACES = 256  # where fresh starts are made; half as many as `evaluate` makes, in half the time


class Language:
    """The task. See `tasks.base.Task`."""

    def check(self, settings: Settings) -> None:
        """Refuse what cannot be, before anything is read."""
        spec = data_spec(settings)
        check_settings(settings)
        if others := [*settings["encoder"], *settings["head"]]:
            raise UsageError(f"a language model is a decoder alone. Received: {', '.join(others)}.", "leave these out.")
        check_sources(spec)

    def plan(
        self,
        folder: ModelFolder,
        settings: Settings,
        machine: Machine,
        start: Pretrained | None,
        on_bytes: Callable[[int], None],
    ) -> Plan:
        """Learn the tokenizer, write the ids, choose the sizes."""
        spec = data_spec(settings)
        make = (
            start.tokenizer_for
            if start
            else lambda pieces: make_tokenizer(spec.tokenizer, pieces, spec.vocabulary_limit)
        )
        tokenizer = prepare_corpus(folder.training, spec, make, on_bytes)
        folder.write_tokenizer(tokenizer)
        part = open_corpus(folder.training, verify=False).training
        tokens = len(part.tokens)
        if part.starts is not None:
            machine = filled(machine, len(part.starts) - 1, tokens)
        size = Size(tokens, tokenizer.vocabulary_size, usual_minutes(settings), machine)
        if start:
            settings = {**settings, "training": {**STARTED, **settings["training"]}}
        recipe, reasons = choose_recipe(size, settings, start.config.network.decoder if start else None)
        config = _config(recipe, tokenizer)
        if start is None:
            return Plan(recipe, config, reasons)
        weights = extended_weights(config.network, recipe.training.seed, start.weights)
        return Plan(recipe.changed(started_from=str(start.path)), config, reasons, weights)

    def open(self, folder: ModelFolder, recipe: Recipe, config: Config, verify: bool) -> "LanguageJob":
        """The text, as it lies in the model folder."""
        corpus = open_corpus(folder.training) if verify else open_corpus(folder.training, verify=False)
        return LanguageJob(corpus, recipe, config, folder.read_tokenizer(config))

    def summary(self, figures: Mapping[str, Any]) -> str:
        """The closing figures in a sentence."""
        return (
            f"{figures['bits_per_character']:.4f} bits per character on the held-out text "
            f"({figures['nats_per_token']:.4f} nats per token), {figures['fresh_bits_per_character']:.4f} from a "
            "fresh start."
        )

    hint = "generate"


class LanguageJob:
    """A text that is learnt. See `tasks.base.Job`."""

    def __init__(self, corpus: Corpus, recipe: Recipe, config: Config, tokenizer: Tokenizer) -> None:
        self._corpus, self._tokenizer, self._by_document = corpus, tokenizer, config.by_document
        self.batches = make_batches(corpus, recipe.training)
        self.unit = "character"
        self.tokens_per_character = len(corpus.training.tokens) / corpus.training.characters
        self.description, self.warnings = _describe(corpus, recipe), _warnings(corpus)

    def validate(self, network: SequenceNetwork) -> float:
        """Nats per token from the initial state."""
        return _fresh(network, self._corpus)

    def sample(self, network: SequenceNetwork) -> str:
        """Some text that it writes."""
        pieces = generate(network, self._tokenizer, start_reading(network), SAMPLE, [0], self._by_document)
        return "".join(piece.text for piece in pieces)

    def figures(self, network: SequenceNetwork) -> dict[str, Any]:
        """Carried and fresh, on the held-out part."""
        part = self._corpus.validation
        figures = evaluate_part(network, part, rows=CLOSING_ROWS, most=CLOSING_TOKENS, places=PLACES)
        return {name: value for name, value in figures.to_dict().items() if name not in ("seconds", "tokens")}


def make_batches(corpus: Corpus, training: TrainingSpec) -> BatchSource:
    """Windows over a stream, or documents side by side."""
    if corpus.training.starts is not None:
        return DocumentBatches(corpus.training, training.batch_size, training.sequence_length, training.seed)
    return StreamBatches(
        corpus.training,
        training.batch_size,
        training.sequence_length,
        training.reset_probability,
        training.seed,
    )


def _config(recipe: Recipe, tokenizer: Tokenizer) -> Config:
    shape: Mapping[str, Any] = recipe.writer.model_dump(include=set(DecoderShape.model_fields))
    decoder = DecoderSpec(**shape, vocabulary_size=tokenizer.vocabulary_size)
    return Config(
        by_document=recipe.data.by_document,
        tokenizer=recipe.data.tokenizer,
        network=NetworkSpec(decoder=decoder),
    )


def _fresh(network: SequenceNetwork, corpus: Corpus) -> float:
    if corpus.validation.starts is None:
        return float(fresh_means(network, corpus.validation.tokens, PLACES).mean())
    length = len(corpus.validation.tokens) / (len(corpus.validation.starts) - 1)
    most = VALIDATION_LOGITS / (length * network.vocabulary_size)
    sums, lengths = document_nats(network, corpus.validation, most=int(min(VALIDATION_DOCUMENTS, max(most, FEWEST))))
    return float(sums.sum() / lengths.sum())


def _describe(corpus: Corpus, recipe: Recipe) -> str:
    training, validation = corpus.training, corpus.validation
    unit = "characters" if training.starts is None else f"characters in {len(training.starts) - 1:,} documents"
    return (
        f"text: {describe_sources(recipe.data.sources)}: {training.characters:,} {unit} to learn, "
        f"{validation.characters:,} held out."
    )


def _warnings(corpus: Corpus) -> list[str]:
    if corpus.training.characters >= SMALL:
        return []
    return [
        f"warning: {corpus.training.characters:,} characters are very little. Expect the text learnt by heart "
        "rather than its style; 100,000 and more teach a style."
    ]
