"""Models that generate text: from a prompt alone, or under a condition too."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from unspool.data.tokens import part_of_text
from unspool.decode.condition import Condition, condition_source, missing_condition
from unspool.decode.reading import start_reading
from unspool.engines.base import EncoderDecoder, SequenceNetwork
from unspool.errors import UsageError
from unspool.evaluate.bayes import BayesClassifier
from unspool.evaluate.bits import Figures, token_nats
from unspool.evaluate.conditioned import ConditionedFigures
from unspool.folder.model_folder import ModelFolder
from unspool.models.base import Data, Model, PathLike, given
from unspool.models.labelling import LabellingModel
from unspool.models.reading import GenerationContext, Sample, StateReading, load_reading
from unspool.tasks.conditional.evaluation import evaluate_conditional
from unspool.tasks.conditional.specs import ConditionalConfig, ConditionalDataSpec
from unspool.tasks.language.evaluation import evaluate_language
from unspool.tasks.language.specs import LanguageConfig, TextDataSpec
from unspool.tasks.opening import decoder_tokenizer
from unspool.text.tokenizer import Tokenizer


@dataclass(frozen=True)
class Score:
    """How well a model predicts a text.

    Attributes:
        bits_per_byte: is the nll per byte of UTF-8, which compares across tokenizers.
        bits_per_character: is the same per Unicode character.
        nats_per_token: is the mean nll of a token.
        perplexity: is e to the power of the nats per token.
        tokens: are the texts of the tokens.
        log_probabilities: are those of each token given the ones before it, in nats.
    """

    bits_per_byte: float
    bits_per_character: float
    nats_per_token: float
    perplexity: float
    tokens: tuple[str, ...]
    log_probabilities: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the figures by name, for JSON."""
        return asdict(self)


class TextModel(Model):
    """A language model: it continues a prompt, and scores how likely a text is."""

    config: LanguageConfig
    network: SequenceNetwork

    def __init__(self, folder: ModelFolder, config: LanguageConfig, network: SequenceNetwork) -> None:
        super().__init__(folder, config, network)
        self.tokenizer, self._context = _opened(folder, config, network, config.by_document)

    def generate(self, prompt: str = "", **settings: Any) -> str:
        """Continue a prompt.

        Args:
            prompt: is read in full first; any text can be read.
            **settings: are fields of `SamplingSpec`, such as `max_new_tokens`, `temperature`, `seed`, `stop`.

        Returns:
            the new text, without the prompt.

        Raises:
            UsageError: a setting breaks its rule.
        """
        return self.read(prompt).generate(**settings)

    def stream(self, prompt: str = "", **settings: Any) -> Iterator[str]:
        """Continue a prompt, and yield text as it comes. See `generate`."""
        return self.read(prompt).stream(**settings)

    def samples(self, prompt: str = "", **settings: Any) -> list[Sample]:
        """Continue a prompt several times. See `generate` and `StateReading.samples`."""
        return self.read(prompt).samples(**settings)

    def read(self, text: str = "") -> StateReading:
        """Return the state after a text, as a value."""
        return StateReading(self._context, start_reading(self.network)).read(text)

    def load_reading(self, path: PathLike) -> StateReading:
        """Read the state that `StateReading.save` wrote.

        Raises:
            ModelFolderError: the file is missing, damaged, or of another model.
        """
        return load_reading(self._context, Path(path))

    def score(self, text: str) -> Score:
        """Score how well the model predicts a text, from the initial state.

        Raises:
            UsageError: the text is empty.
        """
        return _score(self.network, self.tokenizer, text)

    def evaluate(self, data: Data = None, **settings: Any) -> Figures:
        """Measure the model on a text, or on the part that was held out.

        Args:
            data: names files or folders; none means the held-out part in the model folder.
            **settings: are fields of `TextDataSpec`, such as `lines` or `text`.

        Raises:
            UsageError: a setting means nothing to a language model.
            DataError: the text cannot be read.
            ModelFolderError: the held-out part is gone.
        """
        chosen = given(self.config.task, data, settings, TextDataSpec)
        return evaluate_language(self.network, self.tokenizer, self.config, self.folder, chosen)


class ConditionalTextModel(LabellingModel):
    """A language model whose texts depend on labels or numbers; by Bayes' rule it classifies texts, too.

    A condition is a label, a blend of labels (`"a=0.7,b=0.3"` or `{"a": 0.7, "b": 0.3}`) or a number; of several
    columns a sequence of these.
    """

    config: ConditionalConfig
    network: EncoderDecoder

    def __init__(self, folder: ModelFolder, config: ConditionalConfig, network: EncoderDecoder) -> None:
        super().__init__(folder, config, network)
        self.tokenizer, self._context = _opened(folder, config, network, by_document=True)

    def generate(self, prompt: str = "", condition: Condition | None = None, **settings: Any) -> str:
        """Continue a prompt under a condition.

        Args:
            prompt: is read in full first; any text can be read.
            condition: is what the text depends on.
            **settings: are fields of `SamplingSpec`, such as `max_new_tokens`, `temperature`, `seed`, `stop`.

        Returns:
            the new text, without the prompt.

        Raises:
            UsageError: a setting breaks its rule; the condition is not known or is missing.
        """
        return self.read(prompt, condition).generate(**settings)

    def stream(self, prompt: str = "", condition: Condition | None = None, **settings: Any) -> Iterator[str]:
        """Continue a prompt under a condition, and yield text as it comes. See `generate`."""
        return self.read(prompt, condition).stream(**settings)

    def samples(self, prompt: str = "", condition: Condition | None = None, **settings: Any) -> list[Sample]:
        """Continue a prompt several times. See `generate` and `StateReading.samples`."""
        return self.read(prompt, condition).samples(**settings)

    def read(self, text: str = "", condition: Condition | None = None) -> StateReading:
        """Return the state after a text, as a value; the condition determines the initial state."""
        return StateReading(self._context, start_reading(self.network, self._source(condition))).read(text)

    def load_reading(self, path: PathLike) -> StateReading:
        """Read the state that `StateReading.save` wrote. See `TextModel.load_reading`."""
        return load_reading(self._context, Path(path))

    def score(self, text: str, condition: Condition | None = None) -> Score:
        """Score how well the model predicts a text and its end, given a condition.

        Raises:
            UsageError: the text is empty; the condition is not known or is missing.
        """
        return _score(self.network, self.tokenizer, text, self.network.encode(self._source(condition)), ends=True)

    def evaluate(self, data: Data = None, **settings: Any) -> ConditionedFigures:
        """Measure the model on the rows of a table, or on those that were held out.

        Args:
            data: names tables; none means the held-out rows in the model folder.
            **settings: are fields of `ConditionalDataSpec`, such as `text` and `condition`, where the columns have
                other names than in training.

        Raises:
            UsageError: a setting means nothing to a conditional model.
            DataError: a table cannot be read.
            ModelFolderError: the held-out rows are gone.
        """
        chosen = given(self.config.task, data, settings, ConditionalDataSpec)
        return evaluate_conditional(self.network, self.tokenizer, self.config, self.folder, chosen)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that Bayes' rule can predict; none where texts depend on several columns, or on numbers."""
        conditions = self.config.conditions
        return conditions[0].labels if len(conditions) == 1 else ()

    @cached_property
    def classifier(self) -> BayesClassifier:
        """The classifier that applies Bayes' rule to the model.

        Raises:
            UsageError: the texts depend on several columns, or on numbers.
        """
        return BayesClassifier(self.network, self.tokenizer, self.config.conditions)

    def _source(self, condition: Condition | None) -> Any:
        if condition is None:
            raise missing_condition(self.config.conditions)
        return condition_source(condition, self.config.conditions)


def _opened(
    folder: ModelFolder, config: LanguageConfig | ConditionalConfig, network: SequenceNetwork, by_document: bool
) -> tuple[Tokenizer, GenerationContext]:
    tokenizer = decoder_tokenizer(folder, config)
    return tokenizer, GenerationContext(network, tokenizer, folder.read_sampling(), by_document)


def _score(network: SequenceNetwork, tokenizer: Tokenizer, text: str, state: Any = None, ends: bool = False) -> Score:
    if not text:
        raise UsageError("a text to score must have at least one character. Received: ''.", "give a text.")
    part = part_of_text(tokenizer, text, ends)
    nats = token_nats(network, part.tokens, state).astype(np.float64)
    mean = float(nats.mean())
    bits = float(nats.sum() / np.log(2) + part.spelling_bits)
    return Score(
        bits_per_byte=bits / part.bytes,
        bits_per_character=bits / part.characters,
        nats_per_token=mean,
        perplexity=float(np.exp(min(mean, 700))),
        tokens=tuple(tokenizer.show(int(token)) for token in part.tokens),
        log_probabilities=tuple(float(-value) for value in nats),
    )
