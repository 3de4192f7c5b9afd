"""The data of a captioner's run: pictures with captions, their batches, validation and description."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unspool.data.captions import PICTURES
from unspool.data.pairs import Pairs
from unspool.decode.captioning import BeamCaptioner, Caption
from unspool.engines.base import EncoderDecoder
from unspool.evaluate.captions import caption_figures
from unspool.evaluate.pairs import closing, likelihoods, pair_nats
from unspool.specs.sampling import BeamSpec
from unspool.tasks.captioning.specs import CaptioningConfig, CaptioningRecipe
from unspool.tasks.pairs_job import PairsJob, check_short_enough
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


class CaptioningJob(PairsJob):
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
        check_short_enough(training.captions, "caption to learn")
        check_short_enough(validation.captions, "caption held out")
        pictures = training.captions.examples.numbers[PICTURES]
        super().__init__(training.captions, validation.captions, recipe.training, groups=pictures)
        self._held_out, self._references = validation, references
        self._tokenizer, self._max_length = tokenizer, config.max_length
        examples, limit = training.captions.examples, recipe.data.max_length or 0
        left_out = f"; {examples.left_out:,} longer than {limit} tokens are left out" if examples.left_out else ""
        self.description = (
            f"pictures: {where}: {len(training.pictures):,} to learn with {len(examples.kept):,} captions, "
            f"{len(validation.pictures):,} held out{left_out}.{self._uncounted}"
        )

    def validate(self, network: EncoderDecoder) -> float:
        """Compute the loss in nats per token of the captions."""
        return pair_nats(network, self._validation, VALIDATION_CAPTIONS)

    def sample(self, network: EncoderDecoder) -> str:
        """Caption a held-out picture."""
        (best,) = self._captions(network, 1)
        return f"{best.text} (a person wrote: {self._references[0][0]})"

    def figures(self, network: EncoderDecoder) -> dict[str, Any]:
        """Return the loss, and how good greedy captions are."""
        return closing(held_out_figures(self._captioner(network), self._held_out, self._references))

    def _captioner(self, network: EncoderDecoder) -> BeamCaptioner:
        return BeamCaptioner(network, self._tokenizer, self._max_length)

    def _captions(self, network: EncoderDecoder, count: int) -> list[Caption]:
        return greedy_captions(self._captioner(network), self._held_out.pictures, count)


def greedy_captions(captioner: BeamCaptioner, pictures: PictureReader, count: int) -> list[Caption]:
    """Caption the first pictures of a part, by greedy search and without the attention weights."""
    return [best for (best,) in captioner.caption(count, pictures.source, GREEDY, with_attention=False)]


def held_out_figures(
    captioner: BeamCaptioner, validation: CaptionedPart, references: Sequence[tuple[str, ...]]
) -> dict[str, Any]:
    """Measure the figures that close a run, and that `evaluate` without data repeats.

    Args:
        captioner: is measured.
        validation: is the held-out part; its first pictures are captioned greedily.
        references: are the captions of its pictures.
    """
    chosen = references[:CLOSING_PICTURES]
    found = greedy_captions(captioner, validation.pictures, len(chosen))
    figures = caption_figures([one.text for one in found], [one.ended for one in found], chosen, 0.0)
    return {
        **likelihoods(captioner.network, validation.captions),
        "greedy_exact": figures.exact,
        "greedy_bleu4": figures.bleu4,
        "greedy_cider": figures.cider,
    }


def longest_caption(captions: Pairs) -> int:
    """Return the number of tokens of the longest caption that is learnt, `<eos>` included."""
    examples = captions.examples
    return int(np.max(examples.lengths[examples.kept])) + 1
