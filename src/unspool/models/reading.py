"""A state as a value: what a model has read so far, to continue, to fork and to save."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from unspool.arrays import softmax
from unspool.decode.boundaries import TokenTexts
from unspool.decode.generation import generate
from unspool.decode.reading import Reading, read, sample_seeds
from unspool.decode.row import Constraint, Piece
from unspool.display.reprs import Displayed, Rows
from unspool.engines.base import SequenceNetwork
from unspool.errors import ModelFolderError, UsageError, reporting_write_errors
from unspool.folder.model_folder import ModelFolder
from unspool.folder.paths import PathLike, path_of
from unspool.folder.serialization import dump_safetensors, parse_safetensors
from unspool.specs.sampling import SamplingSpec
from unspool.tasks.conditional.specs import ConditionalConfig
from unspool.tasks.language.specs import LanguageConfig
from unspool.tasks.ngram.specs import NgramConfig
from unspool.tasks.opening import decoder_tokenizer
from unspool.tasks.training_text import TrainingText
from unspool.text.cuts import last_cut
from unspool.text.incoming import clean_text, encode_prompt, warn_of_unknown
from unspool.text.tokenizer import Tokenizer
from unspool.text.words import LINE_END

if TYPE_CHECKING:
    from typing import Unpack

    from unspool.decode.session import Session
    from unspool.models.method_keywords import SamplingKeywords


LAST = 40  # tokens that are shown of a text that was read


@dataclass(frozen=True, repr=False)
class Sample(Displayed):
    """One generated text.

    Attributes:
        text: is what was generated, without the prompt.
        seed: generates the same text again.
        tokens: is the number of tokens that were generated.
        finish_reason: is `stop` or `length`.
    """

    text: str
    seed: int
    tokens: int
    finish_reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class GenerationContext:
    """What generating from a state needs.

    Attributes:
        network: steps.
        tokenizer: encodes and decodes.
        sampling: holds the model's settings of generation.
        by_document: says whether the network learnt where documents end.
        multiline: says whether these have several lines.
        training_text: is what the model has learnt, to keep copies short.
    """

    network: SequenceNetwork
    tokenizer: Tokenizer
    sampling: SamplingSpec
    by_document: bool
    multiline: bool
    training_text: TrainingText

    def constraint(self, spec: SamplingSpec, ids: Sequence[int]) -> Constraint | None:
        """Return what the settings allow after some tokens; none where they allow everything.

        Raises:
            ModelFolderError: copies are to be kept short, and the training text is gone.
        """
        return self.training_text.limit(spec.max_copy).after(ids) if spec.max_copy else None

    def warn_of_unknown(self, text: str, done: str) -> None:
        """Name what the vocabulary lacks of what is typed; see `text.incoming`."""
        lines = text.split(LINE_END) if self.texts.by_line else [text]  # whose ends are no tokens then
        warn_of_unknown(self.tokenizer, lines, done)

    @cached_property
    def texts(self) -> TokenTexts:
        """The texts of the tokens, by which completions end."""
        return TokenTexts(self.tokenizer, self.by_document, self.multiline)


def open_context(
    folder: ModelFolder, config: LanguageConfig | NgramConfig | ConditionalConfig, network: SequenceNetwork
) -> GenerationContext:
    """Open what generating needs, from a model folder.

    Args:
        folder: holds the tokenizer and the settings.
        config: is that of the model.
        network: is that of the model.
    """
    tokenizer = decoder_tokenizer(folder, config)
    sampling, text = folder.read_sampling(), TrainingText(folder, tokenizer)
    return GenerationContext(network, tokenizer, sampling, config.by_document, config.multiline, text)


def open_session(context: GenerationContext, start: Reading, text: str, lasting: bool = True) -> "Session":
    """Open a text that is being typed.

    Args:
        context: is that of the model.
        start: is what was read before it: `<s>`, from the state of a condition where there is one.
        text: has been typed already.
        lasting: says whether many keys follow, for which a network that is slow to start and quick to run is loaded.

    Raises:
        DataError: it has a NUL character.
    """
    from unspool.decode.session import Session, hastened  # here and not above: most states are not typed at

    network = context.network
    if lasting:
        network, start = hastened(network, start)
    session = Session(network, context.texts, start)
    text = clean_text(text)
    whole = last_cut(context.tokenizer, text, len(text))  # after which a token may have begun
    context.warn_of_unknown(text[:whole], "read")
    session.edit(text)
    return session


class StateReading:
    """The state of a model after a text. Reading more returns a new one; the old one stays."""

    def __init__(self, context: GenerationContext, reading: Reading) -> None:
        self._context, self._reading = context, reading

    def __repr__(self) -> str:
        likely = ", ".join(f"{token!r} {probability:.0%}" for token, probability in self.next_probabilities(3))
        said = self._context.tokenizer.decode(self.ids[-LAST:])
        return f"StateReading({len(self.ids):,} tokens, the last {said!r}; next {likely})"

    @property
    def ids(self) -> list[int]:
        """The token ids that were read."""
        return list(self._reading.ids)

    @property
    def by_document(self) -> bool:
        """Whether the model has learnt where documents end."""
        return self._context.by_document

    def read(self, text: str) -> "StateReading":
        """Return the state after more text; a warning names what the vocabulary lacks.

        Raises:
            UsageError: it is not a text.
            DataError: it has a NUL character.
        """
        ids = encode_prompt(self._context.tokenizer, text)
        return StateReading(self._context, read(self._context.network, ids, self._reading))

    def fork(self) -> "StateReading":
        """Return another object with the same state; what is done with one leaves the other as it is."""
        return StateReading(self._context, self._reading)

    def next_probabilities(self, n: int = 10) -> list[tuple[str, float]]:
        """Return the n likeliest next tokens with their probabilities, the likeliest first."""
        probabilities = softmax(self._reading.logits[0].astype(np.float64))  # (V)
        best = np.argsort(-probabilities, kind="stable")[:n]
        return [(self._context.tokenizer.show(int(token)), float(probabilities[token])) for token in best]

    def stream(self, **settings: "Unpack[SamplingKeywords]") -> Iterator[str]:
        """Generate from this state, and yield text as it comes.

        Args:
            **settings: are fields of `SamplingSpec`, such as `max_new_tokens`, `temperature`, `seed`, `stop`.

        Raises:
            UsageError: a setting breaks its rule.
        """
        return (piece.text for piece in self.pieces(**settings) if piece.text)

    def pieces(self, **settings: Any) -> Iterator[Piece]:
        """Generate from this state, and yield text with its tokens and, at last, why it ends. See `stream`."""
        spec = self._spec(settings)
        if spec.num_samples != 1:
            raise UsageError(
                f"stream and generate return one sample. Received: num_samples={spec.num_samples}.",
                "use samples(prompt, num_samples=...).",
            )
        return self._pieces(spec)[1]

    def generate(self, **settings: "Unpack[SamplingKeywords]") -> str:
        """Generate from this state. See `stream`."""
        return "".join(self.stream(**settings))

    def samples(self, **settings: "Unpack[SamplingKeywords]") -> Rows[Sample]:
        """Generate several continuations in one batch; sample i, counted from 0, draws with seed + i.

        With float32 weights each is what its seed generates alone. With shorter weights the states of a batch are
        rounded too (docs/decisions/0004-compiled-generation.md), so a sample may differ from one generated alone.
        """
        spec = self._spec(settings)
        seeds, pieces = self._pieces(spec)
        texts, counts, reasons = [""] * len(seeds), [0] * len(seeds), [""] * len(seeds)
        for piece in pieces:
            texts[piece.row] += piece.text
            counts[piece.row] += len(piece.ids)
            reasons[piece.row] = piece.finish_reason or ""
        return Rows(Sample(*fields) for fields in zip(texts, seeds, counts, reasons, strict=True))

    def save(self, path: PathLike) -> None:
        """Write the state to a safetensors file; `load_reading` of the model reads it, with any engine.

        Raises:
            OutputError: it cannot be written.
        """
        arrays = self._context.network.state_to_arrays(self._reading.state)
        data = dump_safetensors({**arrays, "logits": self._reading.logits}, {"ids": self._reading.ids})
        target = path_of(path)
        with reporting_write_errors(target, "choose another path"):
            target.write_bytes(data)

    def _spec(self, settings: Mapping[str, Any]) -> SamplingSpec:
        """Return the settings of generation, with clean stop strings."""
        spec = self._context.sampling.changed(**settings)
        return spec.changed(stop=tuple(clean_text(stop, "a stop string") for stop in spec.stop))

    def _pieces(self, spec: SamplingSpec) -> tuple[list[int], Iterator[Piece]]:
        """Return the seeds of the samples, and an iterator over their pieces."""
        seeds, context, reading = sample_seeds(spec), self._context, self._reading
        constraint = context.constraint(spec, reading.ids)
        return seeds, generate(
            context.network, context.tokenizer, reading, spec, seeds, context.by_document, constraint
        )


def load_reading(context: GenerationContext, path: Path) -> StateReading:
    """Read the state that `StateReading.save` wrote.

    Raises:
        ModelFolderError: the file is missing, damaged, or of another model.
    """
    size = context.tokenizer.vocabulary_size
    try:
        arrays, about = parse_safetensors(path.read_bytes(), path)
        logits, ids = arrays.pop("logits"), [int(token) for token in about["ids"]]
        if logits.shape != (1, size) or not all(0 <= token < size for token in ids):
            raise ValueError("its tokens are those of another vocabulary")
        if any(array.shape[1] != 1 for array in arrays.values()):
            raise ValueError("it has not one row")
    except (OSError, KeyError, ValueError, TypeError, IndexError) as problem:
        raise _not_a_state(path, f"{problem!s:.80}.") from None
    try:
        return StateReading(context, Reading(context.network.state_from_arrays(arrays), logits, ids))
    except ModelFolderError as problem:
        raise _not_a_state(path, problem.message) from None


def _not_a_state(path: Path, reason: str) -> ModelFolderError:
    return ModelFolderError(f"{path} is not a state of this model: {reason}", "read the text again with read().")
