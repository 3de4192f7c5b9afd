"""The data of a translator's run: pairs of texts, their batches, validation and description."""

from collections.abc import Sequence
from typing import Any

from unspool.data.pairs import Pair, Pairs, Tokenizers, describe_pairs
from unspool.decode.translation import BeamTranslator
from unspool.engines.base import EncoderDecoder
from unspool.evaluate.pairs import closing, exact_match, likelihoods, pair_nats
from unspool.specs.sampling import BeamSpec
from unspool.tasks.pairs_job import PairsJob, check_short_enough
from unspool.tasks.translation.specs import TranslationRecipe

GREEDY = BeamSpec(beams=1)
CLOSING_PAIRS = 500  # translated for the closing figures
VALIDATION_PAIRS = 2048


class TranslationJob(PairsJob):
    """The data of a translator's run. See `tasks.base.Job`."""

    def __init__(
        self,
        training: Pairs,
        validation: Pairs,
        texts: list[Pair],
        recipe: TranslationRecipe,
        tokenizers: Tokenizers,
    ) -> None:
        check_short_enough(training, "pair to learn")
        check_short_enough(validation, "pair held out")
        super().__init__(training, validation, recipe.training)
        self._texts, self._tokenizers = texts, tokenizers
        examples, where = training.examples, describe_pairs(recipe.data.sources, recipe.data.files)
        limit, late = recipe.data.max_length or 0, validation.examples.left_out
        left_out = f"; {examples.left_out:,} longer than {limit} tokens are left out" if examples.left_out else ""
        uncounted = f"; {late:,} of those held out are too long to count in the loss" if late else ""
        self.description = (
            f"pairs: {where}: {len(examples.kept):,} to learn, {len(texts):,} held out{left_out}{uncounted}."
            f"{self._uncounted}"
        )

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
        return closing(held_out_figures(BeamTranslator(network, *self._tokenizers), self._validation, self._texts))


def held_out_figures(translator: BeamTranslator, validation: Pairs, texts: Sequence[Pair]) -> dict[str, Any]:
    """Measure the figures that close a run, and that `evaluate` without data repeats.

    Args:
        translator: is measured.
        validation: are the held-out pairs as tokens, for the loss.
        texts: are the same pairs, of which the first are translated greedily.
    """
    chosen = texts[:CLOSING_PAIRS]
    found = translator.translate([pair.source for pair in chosen], GREEDY)
    exact = exact_match([best[0].text for best in found], [pair.target for pair in chosen])
    return {**likelihoods(translator.network, validation), "greedy_exact": exact}
