"""Pairs that are learnt: their batches, their validation, what is said of them."""

from math import exp
from typing import Any

from unspool.data.example_batches import PairBatches
from unspool.data.pairs import (
    Pair,
    Pairs,
    Tokenizers,
    describe_pairs,
)
from unspool.decode.translation import BeamTranslator
from unspool.engines.base import EncoderDecoder
from unspool.errors import DataError
from unspool.evaluate.pairs import exact_match, pair_nats
from unspool.specs.sampling import BeamSpec
from unspool.tasks.translation.specs import TranslationRecipe

GREEDY = BeamSpec(beams=1)
CLOSING_PAIRS = 500  # that are translated at the end of a run
VALIDATION_PAIRS = 2048


class TranslationJob:
    """Pairs that are learnt. See `tasks.base.Job`."""

    unit = "character"

    def __init__(
        self,
        training: Pairs,
        validation: Pairs,
        texts: list[Pair],
        empty: int,
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
        self.tokens_per_unit = len(training.target.tokens) / training.target.characters
        examples, where = training.examples, describe_pairs(recipe.data.sources, recipe.data.files)
        self.description = (
            f"pairs: {where}: {len(examples.kept):,} to learn, {len(texts):,} held out; {examples.left_out:,} longer "
            f"than {recipe.data.max_length} tokens and {empty:,} with an empty side are left out, and "
            f"{validation.examples.left_out:,} of those held out are too long to count in the loss."
        )
        self.warnings: list[str] = []

    def validate(self, network: EncoderDecoder) -> float:
        """Nats per target token."""
        return pair_nats(network, self._validation, VALIDATION_PAIRS)

    def sample(self, network: EncoderDecoder) -> str:
        """A held-out source, and what it becomes."""
        source, _ = self._texts[0]
        ((translation,),) = BeamTranslator(network, *self._tokenizers).translate([source], GREEDY)
        return f"{source} -> {translation.text}"

    def figures(self, network: EncoderDecoder) -> dict[str, Any]:
        """The loss, and the share of exact translations."""
        nats = pair_nats(network, self._validation)
        texts = self._texts[:CLOSING_PAIRS]
        found = BeamTranslator(network, *self._tokenizers).translate([source for source, _ in texts], GREEDY)
        exact = exact_match([best[0].text for best in found], [target for _, target in texts])
        return {"nats_per_token": nats, "perplexity": exp(min(nats, 700)), "exact": exact}
