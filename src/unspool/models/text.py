"""A model that continues a prompt."""

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast, overload

from unspool.decode.reading import start_reading
from unspool.display.reprs import Rows
from unspool.engines.base import SequenceNetwork
from unspool.errors import UsageError
from unspool.folder.copies import check_copy, forget, restored, write_copy
from unspool.folder.model_folder import ModelFolder
from unspool.folder.paths import PathLike, path_of
from unspool.models.base import Model, given, measuring, open_model
from unspool.models.explained import Description, Inspection
from unspool.models.reading import Sample, StateReading, load_reading, open_context, open_session
from unspool.tasks.language.specs import LanguageConfig, TextDataSpec, TextEvaluationSpec
from unspool.tasks.ngram.specs import NgramConfig
from unspool.text.incoming import clean_text
from unspool.text.words import Until

if TYPE_CHECKING:
    from typing import Unpack

    from unspool.data.tokens import Part
    from unspool.decode.completion import Completion
    from unspool.decode.session import Session
    from unspool.evaluate.adapted import AdaptedFigures
    from unspool.evaluate.bits import Figures
    from unspool.models.learning import LearningSession
    from unspool.models.method_keywords import LanguageEvaluationKeywords, ReadingKeywords, SamplingKeywords
    from unspool.models.score import Score
    from unspool.tasks.language.further import Further
    from unspool.tasks.reporting.whole import OwnReport


class TextModel(Model):
    """A language model: it continues a prompt, and scores how likely a text is.

    Attributes:
        further: is what it has read since it was made, where `adapt` returned it.
    """

    config: LanguageConfig | NgramConfig
    network: SequenceNetwork
    further: "Further | None" = None

    def __init__(self, folder: ModelFolder, config: LanguageConfig | NgramConfig, network: SequenceNetwork) -> None:
        super().__init__(folder, config, network)
        self._context = open_context(folder, config, network)
        self.tokenizer = self._context.tokenizer

    def generate(self, prompt: str = "", **settings: "Unpack[SamplingKeywords]") -> str:
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

    def stream(self, prompt: str = "", **settings: "Unpack[SamplingKeywords]") -> Iterator[str]:
        """Continue a prompt, and yield text as it comes. See `generate`."""
        return self.read(prompt).stream(**settings)

    def samples(self, prompt: str = "", **settings: "Unpack[SamplingKeywords]") -> Rows[Sample]:
        """Continue a prompt several times. See `generate` and `StateReading.samples`."""
        return self.read(prompt).samples(**settings)

    def complete(self, text: str = "", n: int = 5, until: Until = "word") -> "Rows[Completion]":
        """Find the likeliest continuations of a text, by best-first search; nothing is drawn.

        With tokens of characters, words of the text may come again where they came before.

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
        return Rows(session.completions(n, until))

    @overload
    def session(self, text: str = "", learn: Literal[False] = False) -> "Session": ...

    @overload
    def session(self, text: str = "", *, learn: Literal[True]) -> "LearningSession": ...

    def session(self, text: str = "", learn: bool = False) -> "Session":
        """Return a text that is being typed, whose completions follow each key at once.

        Args:
            text: has been typed already.
            learn: lets the model learn what is then given to `learn` of the session, into its counts alone. Closing the
                session keeps that in the folder of this model, which goes on as the new one; `forget` takes it out.

        Raises:
            UsageError: the model is to learn, and has no counts.
            MissingExtraError: it is to learn, and Numba is not installed.
            OutputError: it is to learn, and its folder cannot be written.
        """
        if not learn:
            return open_session(self._context, start_reading(self.network), text)
        from unspool.models.learning import LearningSession  # here and not above: it imports what counts

        session = LearningSession(self._context, self.path, self._reopen)
        session.edit(clean_text(text))
        return session

    def _reopen(self) -> None:
        """Become the model that its folder has now."""
        self.__dict__.update(vars(open_model(self.path, self.runtime)))

    def read(self, text: str = "") -> StateReading:
        """Return the state after a text, as a value."""
        return StateReading(self._context, start_reading(self.network)).read(text)

    def load_reading(self, path: PathLike) -> StateReading:
        """Read the state that `StateReading.save` wrote.

        Raises:
            ModelFolderError: the file is missing, damaged, or of another model.
        """
        return load_reading(self._context, path_of(path))

    def score(self, text: str, adapt: bool = False) -> "Score":
        """Score how well the model predicts a text, from the initial state.

        Args:
            text: is scored.
            adapt: also scores it with a model that goes on learning while it reads; this one stays as it is.

        Raises:
            UsageError: the text is empty.
            MissingExtraError: the engine that trains the model is not installed, and it is to go on learning.
        """
        from unspool.models.score import score_text  # here and not above: a model is opened to be used at once

        return score_text(self.network, self.tokenizer, text, adapt=self._measure_adapted if adapt else None)

    def _measure_adapted(self, part: "Part") -> "AdaptedFigures":
        from unspool.tasks.language.adaptation import measure_adapted  # here and not above: it imports what trains

        return self.read_folder(lambda folder: measure_adapted(self.network, folder, part))

    def adapt(
        self, data: Any, out: PathLike | None = None, overwrite: bool = False, **settings: "Unpack[ReadingKeywords]"
    ) -> "TextModel":
        """Return a model that has read more: a text of one's own on top of this one, which stays as it is.

        The tokenizer stays: what it lacks is learnt as `<unk>`. `forget` makes the new model what this one is.

        Args:
            data: names files or folders, or is given as to `unspool.train`.
            out: is the model folder to write; without it the folder is temporary, and is removed with the model.
            overwrite: allows `out` to replace a model.
            **settings: are fields of `ReadingSpec`, such as `epochs` and `minutes`, and of `TextDataSpec`.

        Raises:
            UsageError: a setting breaks its rule, or means nothing to a language model.
            DataError: the text is empty, or cannot be read.
            MissingExtraError: the engine that trains the model is not installed.
            OutputError: the folder cannot be written.
        """
        place = Path(tempfile.mkdtemp(prefix="unspool-")) if out is None else None
        target = path_of(out, "out") if out is not None else Path(str(place), "model")
        try:
            check_copy(self, target, overwrite)
            further = self._read_further(data, **settings)
            write_copy(self, target, overwrite, further.complete)
        except BaseException:
            if place:
                shutil.rmtree(place, ignore_errors=True)
            raise
        adapted = cast(TextModel, open_model(target, self.runtime))
        adapted.further = further
        if place:
            weakref.finalize(adapted, shutil.rmtree, place, ignore_errors=True)
        return adapted

    def forget(self, out: PathLike | None = None, overwrite: bool = False) -> "TextModel":
        """Return the model that this one was before it read more.

        Args:
            out: is the model folder to write; none changes this one.
            overwrite: allows `out` to replace a model.

        Returns:
            the new model; without `out` this one, which is changed.

        Raises:
            ModelFolderError: it has read nothing more since it was made.
            OutputError: another process writes the folder, or it cannot be written.
        """
        if out is not None:
            target = path_of(out, "out")
            write_copy(self, target, overwrite, restored)
            return cast(TextModel, open_model(target, self.runtime))
        forget(self.path)
        self._reopen()
        self.further = None
        return self

    @measuring
    def _read_further(self, data: Any, **settings: Any) -> "Further":
        from unspool.specs.adaptation import ReadingSpec
        from unspool.tasks.language.further import read_further  # here and not above: it imports what trains

        chosen = given(self.config.task, data, settings, TextDataSpec, ReadingSpec)
        if not chosen["sources"]:
            raise UsageError("a text must be named to be read. Received: none.", "name a file, or give a text.")
        return self.read_folder(lambda folder: read_further(self.network, self.tokenizer, folder, chosen))

    def inspect(self, texts: str | Sequence[str]) -> Inspection:
        """Show how likely each token of some texts is, and where the counts beside the network predicted better.

        Raises:
            UsageError: there are no counts beside the network, or a text is empty.
        """
        from unspool.models.score import inspect_scores

        return inspect_scores(self, texts, self.score)

    @measuring
    def evaluate(self, data: Any = None, **settings: "Unpack[LanguageEvaluationKeywords]") -> "Figures":
        """Measure the model on a text, or on the part that was held out.

        Args:
            data: names files or folders, or is given as to `unspool.train`; none means the held-out part in the model
                folder.
            **settings: are fields of `TextDataSpec`, such as `lines` or `text`, and of `TextEvaluationSpec`, such as
                `copying`.

        Raises:
            UsageError: a setting means nothing to a language model.
            DataError: the text cannot be read.
            ModelFolderError: the held-out part is gone, or the training text, which `copying` needs.
        """
        from unspool.tasks.language.evaluation import (
            evaluate_language,  # here and not above: it imports what reads data
        )

        chosen = given(self.config.task, data, settings, TextDataSpec, TextEvaluationSpec)

        def evaluate(folder: ModelFolder) -> "Figures":
            return evaluate_language(self.network, self._context.texts, folder, chosen)

        further = any(name in TextEvaluationSpec.model_fields for name in chosen)
        return evaluate(self.folder) if chosen["sources"] and not further else self.read_folder(evaluate)

    def describe(self, figures: "Figures") -> Description:
        """Show the figures of what is mixed, and what `TextEvaluationSpec` adds to them."""
        from unspool.evaluate.keystrokes import keystrokes_text
        from unspool.tasks.language.page import language_page, language_text
        from unspool.tasks.mixed_page import parts_text

        adapted = f"\n{figures.adapted.table()}" if figures.adapted else ""
        typed = keystrokes_text(figures.keystrokes) if figures.keystrokes else ""
        return Description(
            language_text(figures) + parts_text(figures.to_dict()) + adapted + typed, language_page(figures)
        )

    def own_report(self, folder: ModelFolder, events: Sequence[dict[str, Any]]) -> "OwnReport":
        """Return what the report shows of the model's task alone."""
        from unspool.tasks.language.report import language_sections
        from unspool.tasks.reporting.leads import CHANGES, KNOWS, SAME_TEXT, text_lead
        from unspool.tasks.reporting.whole import OwnReport

        sections = language_sections(self.network, self.tokenizer, self.config.by_document, folder)
        return OwnReport(KNOWS, text_lead(events, self.tokenizer.kind), sections, CHANGES, SAME_TEXT)
