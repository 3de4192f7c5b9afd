"""The data of a language model's run: a text, its batches, validation and description."""

from typing import Any

from unspool.data.batches import BatchSource
from unspool.data.corpus import SMALL, Corpus
from unspool.data.reserve import NOTHING, Reserve, reserve
from unspool.data.sources import describe_sources
from unspool.data.stream_batches import DocumentBatches, StreamBatches
from unspool.data.tokens import Part, unknown_warnings
from unspool.decode.generation import generate
from unspool.decode.reading import start_reading
from unspool.engines.base import SequenceNetwork
from unspool.evaluate.baseline import frequency_nats
from unspool.evaluate.bits import document_nats, fresh_means
from unspool.evaluate.sampled import carried_sample
from unspool.evaluate.units import units_of
from unspool.folder.model_folder import ModelFolder
from unspool.specs.sampling import SamplingSpec
from unspool.specs.training import WindowTrainingSpec
from unspool.tasks.language.copying import Copying
from unspool.tasks.language.evaluation import held_out_figures
from unspool.tasks.language.specs import LanguageConfig, LanguageRecipe, TextDataSpec
from unspool.tasks.mixing import CountedTexts
from unspool.text.tokenizer import Tokenizer

SAMPLE = SamplingSpec(max_new_tokens=100, temperature=0.8, seed=0)
MAX_DOCUMENTS, MIN_DOCUMENTS = 2048, 256  # of a validation
VALIDATION_LOGITS = 5e8  # a validation of documents computes about so many at most


class LanguageJob:
    """The data of a language model's run. See `tasks.base.Job`."""

    def __init__(
        self,
        corpus: Corpus,
        recipe: LanguageRecipe,
        config: LanguageConfig,
        tokenizer: Tokenizer,
        folder: ModelFolder,
    ) -> None:
        self._corpus, self._tokenizer, self._by_document = corpus, tokenizer, config.by_document
        divided = reserve(corpus.training) if recipe.training.counts else None
        self.texts = CountedTexts(divided) if divided else None
        self.batches = make_batches(corpus, recipe.training, divided)
        self._folder, self._data = folder, recipe.data
        self.training_units, self.held_out_units = units_of(corpus.training), units_of(corpus.validation)
        self.baseline = frequency_nats(corpus.training.counts, corpus.validation.counts)
        self.description = describe_corpus(corpus, recipe.data)
        if recipe.training.counts and divided is None:
            self.description += " It is too short, or has too few documents, for counts beside the network."
        self.warnings = warnings_of(corpus)

    def validate(self, network: SequenceNetwork) -> float:
        """Compute the loss in nats per token, from the initial state."""
        return _fresh(network, self._corpus)

    def carried(self, network: SequenceNetwork) -> float | None:
        """Estimate the loss in nats per token, the state being passed along a stream; see `tasks.base.Carries`."""
        part = self._corpus.validation
        return carried_sample(network, part.tokens) if part.starts is None and len(part.tokens) > 1 else None

    def sample(self, network: SequenceNetwork) -> str:
        """Generate some text."""
        pieces = generate(network, self._tokenizer, start_reading(network), SAMPLE, [0], self._by_document)
        return "".join(piece.text for piece in pieces)

    def figures(self, network: SequenceNetwork) -> dict[str, Any]:
        """Compute carried and fresh figures on the held-out part, and how much of what is generated is copied."""
        held_out = self._corpus.validation
        figures = held_out_figures(network, held_out).closing()
        copying = Copying(network, self._tokenizer, self._folder, self._by_document, self._data)
        return figures | copying.closing(held_out)


def make_batches(corpus: Corpus, training: WindowTrainingSpec, divided: Reserve | None = None) -> BatchSource:
    """Make batches of windows over a stream, or of documents of similar length, without what is held back."""
    part = corpus.training
    if part.starts is not None:
        chosen = divided.chosen if divided else None
        return DocumentBatches(part, training.batch_size, training.sequence_length, training.seed, chosen)
    return StreamBatches(
        part,
        training.batch_size,
        training.sequence_length,
        training.reset_probability,
        training.seed,
        divided.place if divided and divided.place else NOTHING,
    )


def _fresh(network: SequenceNetwork, corpus: Corpus) -> float:
    if corpus.validation.starts is None:
        return float(fresh_means(network, corpus.validation.tokens).mean())
    length = len(corpus.validation.tokens) / (len(corpus.validation.starts) - 1)
    fitting = VALIDATION_LOGITS / (length * network.vocabulary_size)
    count = int(min(MAX_DOCUMENTS, max(fitting, MIN_DOCUMENTS)))
    sums, lengths = document_nats(network, corpus.validation, max_documents=count)
    return float(sums.sum() / lengths.sum())


def describe_corpus(corpus: Corpus, spec: TextDataSpec) -> str:
    """Describe a text in a sentence."""
    learnt, held_out = _extent(corpus.training, " characters"), _extent(corpus.validation, "")
    return f"text: {describe_sources(spec.sources)}: {learnt} to learn, {held_out} held out."


def _extent(part: Part, unit: str) -> str:
    documents = "" if part.starts is None else f" in {len(part.starts) - 1:,} documents"
    return f"{part.characters:,}{unit}{documents}"


def warnings_of(corpus: Corpus) -> list[str]:
    """Return warnings about a text, a line each."""
    unknown = unknown_warnings(corpus.validation)
    if corpus.training.characters >= SMALL:
        return unknown
    return [
        f"warning: {corpus.training.characters:,} characters are very few. Expect the text to be memorised rather than "
        "its style learnt; that takes 100,000 or more.",
        *unknown,
    ]
