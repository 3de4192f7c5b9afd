"""The data of a conditional model's run: texts with conditions, their batches, validation and description."""

from typing import Any

from unspool.data.conditions import first_of_labels
from unspool.data.pairs import Pairs
from unspool.data.sources import describe_sources
from unspool.decode.condition import condition_source, usual_condition
from unspool.decode.generation import generate
from unspool.decode.reading import start_reading
from unspool.engines.base import EncoderDecoder
from unspool.evaluate.bits import document_nats
from unspool.evaluate.conditioned import LIKELIHOODS
from unspool.evaluate.pairs import encoded_sources
from unspool.evaluate.parts import evaluate_parts
from unspool.specs.condition import ConditionSpec
from unspool.specs.sampling import SamplingSpec
from unspool.tasks.conditional.specs import ConditionalRecipe
from unspool.tasks.pairs_job import PairsJob, check_short_enough
from unspool.text.escapes import named
from unspool.text.tokenizer import Tokenizer

SAMPLE = SamplingSpec(max_new_tokens=100, temperature=0.8, seed=0)
VALIDATION_TEXTS = 2048
MAX_SHOWN = 30  # labels of a column, with their counts


class ConditionalJob(PairsJob):
    """The data of a conditional model's run. See `tasks.base.Job`."""

    def __init__(
        self,
        training: Pairs,
        validation: Pairs,
        recipe: ConditionalRecipe,
        specs: tuple[ConditionSpec, ...],
        tokenizer: Tokenizer,
    ) -> None:
        check_short_enough(training, "text to learn")
        super().__init__(training, validation, recipe.training, spared=first_of_labels(training, specs))
        self._specs, self._tokenizer = specs, tokenizer
        examples, limit = training.examples, recipe.data.max_length
        left_out = f"; {examples.left_out:,} longer than {limit} tokens are left out" if examples.left_out else ""
        self.description = (
            f"texts: {describe_sources(recipe.data.sources)}: {len(examples.kept):,} to learn, "
            f"{len(validation.examples):,} held out{left_out}. "
            f"They depend on {'; '.join(map(_described, specs))}.{self._uncounted}"
        )

    def validate(self, network: EncoderDecoder) -> float:
        """Compute the loss in nats per token, given the condition."""
        start = encoded_sources(network, self._validation)
        sums, lengths = document_nats(
            network, self._validation.target, max_documents=VALIDATION_TEXTS, initial_states=start
        )
        return float(sums.sum() / lengths.sum())

    def sample(self, network: EncoderDecoder) -> str:
        """Generate a text under the usual condition."""
        usual = usual_condition(self._specs)
        reading = start_reading(network, condition_source(usual, self._specs))
        pieces = generate(network, self._tokenizer, reading, SAMPLE, [0], by_document=True)
        return f"{', '.join(usual)}: {''.join(piece.text for piece in pieces)}"

    def figures(self, network: EncoderDecoder) -> dict[str, Any]:
        """Compute the figures of a language model, given the condition."""
        start = encoded_sources(network, self._validation)
        figures = evaluate_parts(network, self._validation.target, initial_states=start).closing()
        return {name: value for name, value in figures.items() if name.endswith(LIKELIHOODS) and "fresh" not in name}


def _described(spec: ConditionSpec) -> str:
    """Describe a column: the counts of its labels, the most frequent first, or the scale of its numbers."""
    if not spec.labels:
        return f"{spec.name}: numbers, {spec.mean:g} on average, with a standard deviation of {spec.deviation:g}"
    counted = sorted(zip(spec.counts, spec.labels, strict=True), key=lambda pair: -pair[0])
    more = f" and {len(counted) - MAX_SHOWN} more" if len(counted) > MAX_SHOWN else ""
    return f"{spec.name}: " + ", ".join(f"{named(label)} {count:,}" for count, label in counted[:MAX_SHOWN]) + more
