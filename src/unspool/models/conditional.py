"""A model that continues a prompt under a condition."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from unspool.decode.completion import Completion
from unspool.decode.condition import Condition, condition_source, missing_condition
from unspool.decode.reading import start_reading
from unspool.decode.session import Session
from unspool.display.reprs import Rows
from unspool.engines.base import EncoderDecoder
from unspool.evaluate.bayes import BayesClassifier
from unspool.evaluate.conditioned import ConditionedFigures
from unspool.folder.model_folder import ModelFolder
from unspool.folder.paths import PathLike, path_of
from unspool.models.base import given, measuring
from unspool.models.explained import Description, Inspection
from unspool.models.labelling import TextLabellingModel
from unspool.models.reading import Sample, StateReading, load_reading, open_context, open_session
from unspool.models.score import Score, inspect_scores, score_text
from unspool.tasks.conditional.evaluation import conditioned_page, conditioned_text, evaluate_conditional
from unspool.tasks.conditional.report import conditional_sections
from unspool.tasks.conditional.specs import ConditionalConfig, ConditionalDataSpec
from unspool.tasks.mixed_page import parts_text
from unspool.tasks.reporting.leads import CHANGES, KNOWS, text_lead
from unspool.tasks.reporting.whole import OwnReport
from unspool.text.words import Until

if TYPE_CHECKING:
    from typing import Unpack

    from unspool.models.method_keywords import ConditionalEvaluationKeywords, SamplingKeywords


class ConditionalTextModel(TextLabellingModel):
    """A language model whose texts depend on labels or numbers; by Bayes' rule it classifies texts, too.

    A condition is a label, a blend of labels (`"a=0.7,b=0.3"` or `{"a": 0.7, "b": 0.3}`) or a number; of several
    columns a sequence of these.
    """

    config: ConditionalConfig
    network: EncoderDecoder

    def __init__(self, folder: ModelFolder, config: ConditionalConfig, network: EncoderDecoder) -> None:
        super().__init__(folder, config, network)
        self._context = open_context(folder, config, network)
        self.tokenizer = self._context.tokenizer

    def generate(
        self, prompt: str = "", condition: Condition | None = None, **settings: "Unpack[SamplingKeywords]"
    ) -> str:
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

    def stream(
        self, prompt: str = "", condition: Condition | None = None, **settings: "Unpack[SamplingKeywords]"
    ) -> Iterator[str]:
        """Continue a prompt under a condition, and yield text as it comes. See `generate`."""
        return self.read(prompt, condition).stream(**settings)

    def samples(
        self, prompt: str = "", condition: Condition | None = None, **settings: "Unpack[SamplingKeywords]"
    ) -> Rows[Sample]:
        """Continue a prompt several times. See `generate` and `StateReading.samples`."""
        return self.read(prompt, condition).samples(**settings)

    def complete(
        self, text: str = "", n: int = 5, until: Until = "word", condition: Condition | None = None
    ) -> Rows[Completion]:
        """Find the likeliest continuations of a text under a condition. See `TextModel.complete`."""
        start = start_reading(self.network, self._source(condition))
        return Rows(open_session(self._context, start, text, lasting=False).completions(n, until))

    def session(self, text: str = "", condition: Condition | None = None) -> Session:
        """Return a text that is being typed under a condition, whose completions follow each key at once."""
        return open_session(self._context, start_reading(self.network, self._source(condition)), text)

    def read(self, text: str = "", condition: Condition | None = None) -> StateReading:
        """Return the state after a text, as a value; the condition determines the initial state."""
        return StateReading(self._context, start_reading(self.network, self._source(condition))).read(text)

    def load_reading(self, path: PathLike) -> StateReading:
        """Read the state that `StateReading.save` wrote. See `TextModel.load_reading`."""
        return load_reading(self._context, path_of(path))

    def score(self, text: str, condition: Condition | None = None) -> Score:
        """Score how well the model predicts a text and its end, given a condition.

        Raises:
            UsageError: the text is empty; the condition is not known or is missing.
        """
        return score_text(self.network, self.tokenizer, text, self.network.encode(self._source(condition)), ends=True)

    @measuring
    def evaluate(self, data: Any = None, **settings: "Unpack[ConditionalEvaluationKeywords]") -> ConditionedFigures:
        """Measure the model on the rows of a table, or on those that were held out.

        Args:
            data: names tables, or is given as to `unspool.train`; none means the held-out rows in the model folder.
            **settings: are fields of `ConditionalDataSpec`, such as `text` and `condition`, where the columns have
                other names than in training.

        Raises:
            UsageError: a setting means nothing to a conditional model.
            DataError: a table cannot be read.
            ModelFolderError: the held-out rows are gone.
        """
        chosen = given(self.config.task, data, settings, ConditionalDataSpec)
        return self.read_folder(
            lambda folder: evaluate_conditional(self.network, self.tokenizer, self.config, folder, chosen)
        )

    def inspect(self, texts: str | Sequence[str], condition: Condition | None = None, **settings: Any) -> Inspection:
        """Show what led to the label of each text; given a condition, where counts predicted the text better.

        Args:
            texts: are one text or several.
            condition: is what they depend on; see `TextModel.inspect`. Without it, labels are explained.
            **settings: there are none.

        Raises:
            UsageError: a setting is given; the labels cannot be told apart; or the condition is not known, or there
                are no counts beside the network.
        """
        if condition is None:
            return super().inspect(texts, **settings)
        given(self.config.task, None, settings)
        return inspect_scores(self, texts, lambda text: self.score(text, condition))

    def describe(self, figures: ConditionedFigures) -> Description:
        """Name the labels that the model does not know, and show the figures of what is mixed."""
        return Description(conditioned_text(figures) + parts_text(figures.to_dict()), conditioned_page(figures))

    def own_report(self, folder: ModelFolder, events: Sequence[dict[str, Any]]) -> OwnReport:
        """Return what the report shows of the model's task alone."""
        sections = conditional_sections(self.network, self.tokenizer, self.config.conditions, folder)
        same = "Each time under the usual condition, with the same seed, at temperature 0.8."
        return OwnReport(KNOWS, text_lead(events, self.tokenizer.kind), sections, CHANGES, same)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that Bayes' rule can predict; none where texts depend on several columns, or on numbers."""
        conditions = self.config.conditions
        return conditions[0].labels if len(conditions) == 1 else ()

    @cached_property
    def _classifier(self) -> BayesClassifier:
        """The classifier that applies Bayes' rule to the model.

        Raises:
            UsageError: the texts depend on several columns, or on numbers.
        """
        return BayesClassifier(self.network, self.tokenizer, self.config.conditions)

    def _source(self, condition: Condition | None) -> Any:
        if condition is None:
            raise missing_condition(self.config.conditions)
        return condition_source(condition, self.config.conditions)
