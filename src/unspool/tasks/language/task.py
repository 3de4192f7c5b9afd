"""Language: learn a text, many to many and aligned, from an initial state.

sources -> tokenizer, ids -> windows or documents -> bits per byte
"""

from collections.abc import Callable, Mapping
from typing import Any

from unspool.data.batches import BatchSource
from unspool.data.corpus import SMALL, Corpus, open_corpus, prepare_corpus
from unspool.data.sources import describe_sources
from unspool.data.stream_batches import DocumentBatches, StreamBatches
from unspool.decode.generation import generate
from unspool.decode.reading import start_reading
from unspool.engines.base import Machine, SequenceNetwork
from unspool.engines.initial import extended_weights
from unspool.errors import UsageError
from unspool.evaluate.bits import document_nats, fresh_means
from unspool.folder.card import Card
from unspool.folder.model_folder import ModelFolder
from unspool.specs.base import build
from unspool.specs.network import DecoderShape, DecoderSpec, NetworkSpec
from unspool.specs.sampling import SamplingSpec
from unspool.specs.training import WindowTrainingSpec
from unspool.tasks.base import Plan, Task
from unspool.tasks.language.evaluation import held_out_figures, open_text
from unspool.tasks.language.specs import LanguageConfig, LanguageRecipe, TextDataSpec
from unspool.tasks.opening import decoder_tokenizer
from unspool.tasks.pretrained import Pretrained
from unspool.tasks.recipe import Size, choose, filled, usual_minutes
from unspool.tasks.settings import Settings
from unspool.text.tokenizer import Tokenizer
from unspool.text.vocabulary import make_tokenizer

SAMPLE = SamplingSpec(max_new_tokens=100, temperature=0.8, seed=0)
MAX_DOCUMENTS, MIN_DOCUMENTS = 2048, 256  # of a validation
VALIDATION_LOGITS = 5e8  # a validation of documents makes about so many at most
PRETRAINED_RATES = {"learning_rate": 2e-3, "matrix_rate": 0.01}  # half of what an untrained network takes


class Language(Task[LanguageRecipe, LanguageConfig]):
    """Learns to continue a text. See `tasks.base.Task`."""

    recipe, config = LanguageRecipe, LanguageConfig
    card = Card(
        tag="text-generation",
        kind="language model",
        caution="It writes text in the manner of what it read, and knows nothing else; what it writes is not to be "
        "taken as fact.",
        figures="On the held-out part of the text; figures without `fresh` carry the state through it, `fresh` ones "
        "start from the initial state, where a prompt starts.",
        command='unspool generate {name} --prompt "..."',
        python='print(unspool.load("{name}").generate("..."))',
    )
    accepts_pretrained = reusable = True

    def check(self, settings: Settings) -> None:
        """Refuse what cannot be, before anything is read."""
        super().check(settings)
        if settings["data"].get("text") and not settings["data"].get("sources"):
            raise UsageError("--text names a column, and there is no table.", "name a .csv, .tsv or .jsonl file.")

    def name(self, settings: Settings) -> str:
        """The name of a model of the embedded corpus."""
        return "python-reference"

    def plan(
        self,
        folder: ModelFolder,
        settings: Settings,
        machine: Machine,
        pretrained: Pretrained | None,
        on_bytes: Callable[[int], None],
    ) -> Plan[LanguageRecipe, LanguageConfig]:
        """Learn the tokenizer, write the ids, choose the sizes."""
        spec = build(TextDataSpec, settings["data"], "data")
        make = (
            pretrained.tokenizer_for
            if pretrained
            else lambda pieces: make_tokenizer(spec.tokenizer, pieces, spec.vocabulary_limit)
        )
        text = open_text(spec.sources, spec)
        held_out = open_text(spec.validation, spec) if spec.validation else None
        tokenizer = prepare_corpus(folder.training, text, held_out, spec.validation_split, make, on_bytes)
        folder.write_tokenizer(tokenizer)
        part = open_corpus(folder.training, verify=False).training
        tokens = len(part.tokens)
        if part.starts is not None:
            machine = filled(machine, len(part.starts) - 1, tokens)
        size = Size(tokens, tokenizer.vocabulary_size, usual_minutes(settings), machine)
        if pretrained:
            settings = {**settings, "training": {**PRETRAINED_RATES, **settings["training"]}}
        choice = choose(LanguageRecipe, size, settings, pretrained.config.network.decoder if pretrained else None)
        started_from = str(pretrained.path) if pretrained else None
        recipe = build(LanguageRecipe, {"data": spec, "started_from": started_from, **choice.sections}, "recipe")
        config = _config(recipe, tokenizer)
        seed = recipe.training.seed
        weights = extended_weights(config.network, seed, pretrained.weights) if pretrained else None
        return Plan(recipe, config, choice.reasons, weights)

    def open(self, folder: ModelFolder, recipe: LanguageRecipe, config: LanguageConfig, verify: bool) -> "LanguageJob":
        """Open the text, as it lies in the model folder."""
        tokenizer = decoder_tokenizer(folder, config)
        return LanguageJob(open_corpus(folder.training, verify), recipe, config, tokenizer)

    def summary(self, figures: Mapping[str, Any]) -> str:
        """Say the closing figures in a sentence."""
        return (
            f"{figures['bits_per_character']:.4f} bits per character on the held-out text, carried through it "
            f"({figures['nats_per_token']:.4f} nats per token), {figures['fresh_bits_per_character']:.4f} from fresh "
            "starts."
        )


class LanguageJob:
    """A text that is learnt. See `tasks.base.Job`."""

    unit = "character"

    def __init__(self, corpus: Corpus, recipe: LanguageRecipe, config: LanguageConfig, tokenizer: Tokenizer) -> None:
        self._corpus, self._tokenizer, self._by_document = corpus, tokenizer, config.by_document
        self.batches = make_batches(corpus, recipe.training)
        self.tokens_per_unit = len(corpus.training.tokens) / corpus.training.characters
        self.description, self.warnings = _describe(corpus, recipe), _warnings(corpus)

    def validate(self, network: SequenceNetwork) -> float:
        """Measure nats per token from the initial state."""
        return _fresh(network, self._corpus)

    def sample(self, network: SequenceNetwork) -> str:
        """Generate some text."""
        pieces = generate(network, self._tokenizer, start_reading(network), SAMPLE, [0], self._by_document)
        return "".join(piece.text for piece in pieces)

    def figures(self, network: SequenceNetwork) -> dict[str, Any]:
        """Measure carried and fresh figures on the held-out part."""
        figures = held_out_figures(network, self._corpus.validation).to_dict()
        return {name: value for name, value in figures.items() if name not in ("seconds", "tokens")}


def make_batches(corpus: Corpus, training: WindowTrainingSpec) -> BatchSource:
    """Make windows over a stream, or documents of like length in a batch."""
    if corpus.training.starts is not None:
        return DocumentBatches(corpus.training, training.batch_size, training.sequence_length, training.seed)
    return StreamBatches(
        corpus.training,
        training.batch_size,
        training.sequence_length,
        training.reset_probability,
        training.seed,
    )


def _config(recipe: LanguageRecipe, tokenizer: Tokenizer) -> LanguageConfig:
    shape: Mapping[str, Any] = recipe.network.model_dump(include=set(DecoderShape.model_fields))
    decoder = DecoderSpec(**shape, vocabulary_size=tokenizer.vocabulary_size)
    return LanguageConfig(
        by_document=recipe.data.by_document,
        tokenizer=recipe.data.tokenizer,
        network=NetworkSpec(decoder=decoder),
    )


def _fresh(network: SequenceNetwork, corpus: Corpus) -> float:
    if corpus.validation.starts is None:
        return float(fresh_means(network, corpus.validation.tokens).mean())
    length = len(corpus.validation.tokens) / (len(corpus.validation.starts) - 1)
    fitting = VALIDATION_LOGITS / (length * network.vocabulary_size)
    count = int(min(MAX_DOCUMENTS, max(fitting, MIN_DOCUMENTS)))
    sums, lengths = document_nats(network, corpus.validation, max_documents=count)
    return float(sums.sum() / lengths.sum())


def _describe(corpus: Corpus, recipe: LanguageRecipe) -> str:
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
        f"warning: {corpus.training.characters:,} characters are very little. Expect the text to be memorised "
        "rather than its style learnt; 100,000 and more teach a style."
    ]
