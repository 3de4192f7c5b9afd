"""The data of a captioner's run: pictures with captions, their batches, validation and description."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np

from unspool.data.example_batches import PairBatches
from unspool.data.limit import limit_warnings
from unspool.data.pairs import Pairs
from unspool.data.tokens import unknown_warnings
from unspool.decode.captioning import BeamCaptioner, Caption
from unspool.engines.base import EncoderDecoder
from unspool.errors import DataError
from unspool.evaluate.baseline import frequency_nats
from unspool.evaluate.captions import caption_figures
from unspool.evaluate.pairs import MAX_NATS, pair_nats
from unspool.evaluate.units import units_of
from unspool.specs.sampling import BeamSpec
from unspool.tasks.captioning.specs import CaptioningConfig, CaptioningRecipe
from unspool.tasks.pictures.reader import PictureReader
from unspool.text.tokenizer import Tokenizer

GREEDY = BeamSpec(beams=1)
CLOSING_PICTURES = 500  # captioned for the closing figures
VALIDATION_CAPTIONS = 2048


@dataclass(frozen=True)
class CaptionedPart:
    """One part of the data.

    Attributes:
        pictures: are its pictures.
        captions: are the captions, each with its picture.
    """

    pictures: PictureReader
    captions: Pairs


class CaptioningJob:
    """The data of a captioner's run. See `tasks.base.Job`."""

    def __init__(
        self,
        training: CaptionedPart,
        validation: CaptionedPart,
        references: list[tuple[str, ...]],
        recipe: CaptioningRecipe,
        config: CaptioningConfig,
        tokenizer: Tokenizer,
        where: str,
    ) -> None:
        self._validation, self._references = validation, references
        self._tokenizer, self._max_length = tokenizer, config.max_length
        for part, name in ((training, "to learn"), (validation, "held out")):
            if not len(part.captions.examples.kept):
                raise DataError(
                    f"at least one caption {name} must be at most {recipe.data.max_length} tokens long. "
                    "Received: none.",
                    "raise --max-length.",
                )
        targets, held_out = training.captions.target, validation.captions.target
        self.batches = PairBatches(training.captions, recipe.training.batch_size, recipe.training.seed)
        self.training_units, self.held_out_units = units_of(targets), units_of(held_out)
        self.baseline = frequency_nats(targets.counts, held_out.counts)
        examples, limit = training.captions.examples, recipe.data.max_length or 0
        left_out = f"; {examples.left_out:,} longer than {limit} tokens are left out" if examples.left_out else ""
        self.description = (
            f"pictures: {where}: {len(training.pictures):,} to learn with {len(examples.kept):,} captions, "
            f"{len(validation.pictures):,} held out{left_out}."
        )
        beyond = limit_warnings(examples.left_out, len(examples), limit, "left out")
        self.warnings = [*beyond, *unknown_warnings(held_out)]

    def validate(self, network: EncoderDecoder) -> float:
        """Compute the loss in nats per token of the captions."""
        return pair_nats(network, self._validation.captions, VALIDATION_CAPTIONS)

    def sample(self, network: EncoderDecoder) -> str:
        """Caption a held-out picture."""
        (best,) = self._captions(network, 1)
        return f"{best.text} (a person wrote: {self._references[0][0]})"

    def figures(self, network: EncoderDecoder) -> dict[str, Any]:
        """Return the loss, and how good greedy captions are."""
        return held_out_figures(self._captioner(network), self._validation, self._references)

    def _captioner(self, network: EncoderDecoder) -> BeamCaptioner:
        return BeamCaptioner(network, self._tokenizer, self._max_length)

    def _captions(self, network: EncoderDecoder, count: int) -> list[Caption]:
        return greedy_captions(self._captioner(network), self._validation.pictures, count)


def greedy_captions(captioner: BeamCaptioner, pictures: PictureReader, count: int) -> list[Caption]:
    """Caption the first pictures of a part, by greedy search and without the attention weights."""
    return [best for (best,) in captioner.caption(count, pictures.source, GREEDY, with_attention=False)]


def held_out_figures(
    captioner: BeamCaptioner, validation: CaptionedPart, references: Sequence[tuple[str, ...]]
) -> dict[str, float]:
    """Measure the figures that close a run, and that `evaluate` without data repeats.

    Args:
        captioner: is measured.
        validation: is the held-out part; its first pictures are captioned greedily.
        references: are the captions of its pictures.
    """
    nats, chosen = pair_nats(captioner.network, validation.captions), references[:CLOSING_PICTURES]
    found = greedy_captions(captioner, validation.pictures, len(chosen))
    figures = caption_figures([one.text for one in found], [one.ended for one in found], chosen, 0.0)
    return {
        "nats_per_token": nats,
        "bits_per_character": units_of(validation.captions.target).bits(nats),
        "perplexity": exp(min(nats, MAX_NATS)),
        "greedy_exact": figures.exact,
        "greedy_bleu4": figures.bleu4,
        "greedy_cider": figures.cider,
    }


def longest_caption(captions: Pairs) -> int:
    """Return the number of tokens of the longest caption that is learnt, `<eos>` included."""
    examples = captions.examples
    return int(np.max(examples.lengths[examples.kept])) + 1
