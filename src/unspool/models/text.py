"""A model that continues a prompt."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from unspool.decode.completion import Completion
from unspool.decode.reading import start_reading
from unspool.decode.session import Session
from unspool.engines.base import SequenceNetwork
from unspool.engines.mixture import Mixture
from unspool.errors import UsageError
from unspool.evaluate.bits import Figures
from unspool.evaluate.keystrokes import keystrokes_text
from unspool.folder.model_folder import ModelFolder
from unspool.models.base import Inspection, Model, PathLike, Report, given, measuring
from unspool.models.reading import Sample, StateReading, load_reading, open_context, open_session
from unspool.models.score import Score, score_text
from unspool.tasks.language.mixed_page import inspect_mixed
from unspool.tasks.language.specs import LanguageConfig, TextDataSpec, TextEvaluationSpec
from unspool.tasks.ngram.specs import NgramConfig
from unspool.text.words import Until


class TextModel(Model):
    """A language model: it continues a prompt, and scores how likely a text is."""

    config: LanguageConfig | NgramConfig
    network: SequenceNetwork

    def __init__(self, folder: ModelFolder, config: LanguageConfig | NgramConfig, network: SequenceNetwork) -> None:
        super().__init__(folder, config, network)
        self._context = open_context(folder, config, network, config.by_document)
        self.tokenizer = self._context.tokenizer

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

    def complete(self, text: str = "", n: int = 5, until: Until = "word") -> list[Completion]:
        """Find the likeliest continuations of a text, by best-first search; nothing is drawn.

        Args:
            text: is what has been typed; a word at its end may be a part of one.
            n: is the number of continuations.
            until: ends them with the `word` or with the `line`.

        Returns:
            the continuations, each with its probability, the likeliest first; there may be fewer.

        Raises:
            UsageError: n or until cannot be.
            DataError: the text has a NUL character.
        """
        session = open_session(self._context, start_reading(self.network), text, lasting=False)
        return session.completions(n, until)

    def session(self, text: str = "") -> Session:
        """Return a text that is being typed, whose completions follow each key at once."""
        return open_session(self._context, start_reading(self.network), text)

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
        return score_text(self.network, self.tokenizer, text)

    def inspect(self, texts: str | Sequence[str]) -> Inspection:
        """Show how likely each token of some texts is, and where the counts beside the network predicted better.

        Raises:
            UsageError: there are no counts beside the network, or a text is empty.
        """
        if not isinstance(self.network, Mixture):
            raise UsageError(
                f"inspect compares a network with the counts beside it. Received: {self.path}, which has not both.",
                "score shows the log-probability of each token; without --no-counts, train counts, too.",
            )
        scores = [(text, self.score(text)) for text in ([texts] if isinstance(texts, str) else texts)]
        return Inspection(
            *inspect_mixed([(text, one.tokens, one.log_probabilities, one.parts) for text, one in scores])
        )

    @measuring
    def evaluate(self, data: Any = None, **settings: Any) -> Figures:
        """Measure the model on a text, or on the part that was held out.

        Args:
            data: names files or folders, or is given as to `unspool.train`; none means the held-out part in the model
                folder.
            **settings: are fields of `TextDataSpec`, such as `lines` or `text`, and of `TextEvaluationSpec`.

        Raises:
            UsageError: a setting means nothing to a language model.
            DataError: the text cannot be read.
            ModelFolderError: the held-out part is gone.
        """
        from unspool.tasks.language.evaluation import (
            evaluate_language,  # here and not above: it imports what reads data
        )

        chosen = given(self.config.task, data, settings, TextDataSpec, TextEvaluationSpec)
        by_document = self.config.by_document

        def measured(folder: ModelFolder) -> Figures:
            return evaluate_language(self.network, self.tokenizer, folder, by_document, chosen)

        return measured(self.folder) if chosen["sources"] else self.read_folder(measured)

    def report(self, figures: Figures) -> Report:
        """Show the figures of network and counts beside those of their mixture, and what completion saves."""
        rows = {**figures.parts, "mixture": figures} if figures.parts else {}
        names = ("bits_per_byte", "bits_per_character", "nats_per_token", "perplexity", "fresh_nats_per_token")
        width = max(map(len, names))
        lines = [f"{'':10}" + "".join(f"  {name.replace('_', ' '):>{width}}" for name in names)] if rows else []
        for part, found in rows.items():
            lines.append(f"{part:10}" + "".join(f"  {getattr(found, name):{width}.4f}" for name in names))
        shown = "".join(f"{line}\n" for line in ["", *lines]) if rows else ""
        return Report(shown + (keystrokes_text(figures.keystrokes) if figures.keystrokes else ""))
