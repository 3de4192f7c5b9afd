"""The data of a translator's run: pairs of texts, their batches, validation and description."""

from collections.abc import Sequence
from math import exp
from typing import Any

from unspool.data.example_batches import PairBatches
from unspool.data.limit import limit_warnings
from unspool.data.pairs import (
    Pair,
    Pairs,
    Tokenizers,
    describe_pairs,
)
from unspool.data.tokens import unknown_warnings
from unspool.decode.translation import BeamTranslator
from unspool.engines.base import EncoderDecoder
from unspool.errors import DataError
from unspool.evaluate.baseline import frequency_nats
from unspool.evaluate.pairs import MAX_NATS, exact_match, pair_nats
from unspool.evaluate.units import units_of
from unspool.specs.sampling import BeamSpec
from unspool.tasks.translation.specs import TranslationRecipe

GREEDY = BeamSpec(beams=1)
CLOSING_PAIRS = 500  # translated for the closing figures
VALIDATION_PAIRS = 2048


class TranslationJob:
    """The data of a translator's run. See `tasks.base.Job`."""

    def __init__(
        self,
        training: Pairs,
        validation: Pairs,
        texts: list[Pair],
        recipe: TranslationRecipe,
        tokenizers: Tokenizers,
    ) -> None:
        self._validation, self._texts, self._tokenizers = validation, texts, tokenizers
        for part, name in ((training, "to learn"), (validation, "held out")):
            if not len(part.examples.kept):
                raise DataError(
                    f"at least one pair {name} must be at most {part.examples.max_length} tokens long. Received: none.",
                    "raise --max-length.",
                )
        self.batches = PairBatches(training, recipe.training.batch_size, recipe.training.seed)
        self.training_units, self.held_out_units = units_of(training.target), units_of(validation.target)
        self.baseline = frequency_nats(training.target.counts, validation.target.counts)
        examples, where = training.examples, describe_pairs(recipe.data.sources, recipe.data.files)
        limit, late = recipe.data.max_length or 0, validation.examples.left_out
        left_out = f"; {examples.left_out:,} longer than {limit} tokens are left out" if examples.left_out else ""
        uncounted = f"; {late:,} of those held out are too long to count in the loss" if late else ""
        self.description = (
            f"pairs: {where}: {len(examples.kept):,} to learn, {len(texts):,} held out{left_out}{uncounted}."
        )
        beyond = limit_warnings(examples.left_out, len(examples), limit, "left out")
        self.warnings = [*beyond, *unknown_warnings(*validation.examples.texts.values())]

    def validate(self, network: EncoderDecoder) -> float:
        """Compute the loss in nats per target token."""
        return pair_nats(network, self._validation, VALIDATION_PAIRS)

    def sample(self, network: EncoderDecoder) -> str:
        """Translate a held-out source."""
        source, _ = self._texts[0]
        ((translation,),) = BeamTranslator(network, *self._tokenizers).translate([source], GREEDY)
        return f"{source} -> {translation.text}"

    def figures(self, network: EncoderDecoder) -> dict[str, Any]:
        """Return the loss, and the fraction of exact translations."""
        return held_out_figures(BeamTranslator(network, *self._tokenizers), self._validation, self._texts)


def held_out_figures(translator: BeamTranslator, validation: Pairs, texts: Sequence[Pair]) -> dict[str, float]:
    """Measure the figures that close a run, and that `evaluate` without data repeats.

    Args:
        translator: is measured.
        validation: are the held-out pairs as tokens, for the loss.
        texts: are the same pairs, of which the first are translated greedily.
    """
    nats, chosen = pair_nats(translator.network, validation), texts[:CLOSING_PAIRS]
    found = translator.translate([pair.source for pair in chosen], GREEDY)
    exact = exact_match([best[0].text for best in found], [pair.target for pair in chosen])
    return {
        "nats_per_token": nats,
        "bits_per_character": units_of(validation.target).bits(nats),
        "perplexity": exp(min(nats, MAX_NATS)),
        "greedy_exact": exact,
    }
