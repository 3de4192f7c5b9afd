"""Caption: encode a picture, search for the likeliest sequence of the decoder, and turn its tokens into text.

Shapes: B pictures, S positions of a picture, N tokens of a caption.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from unspool.arrays import IntArray
from unspool.data.batches import Source
from unspool.decode.attended import ROWS, Attended, search_attending
from unspool.display.reprs import Displayed
from unspool.engines.announcing import advance
from unspool.engines.base import EncoderDecoder
from unspool.specs.sampling import BeamSpec
from unspool.text.tokenizer import BEGIN, PAD, UNKNOWN, Tokenizer

FORBIDDEN = (PAD, BEGIN, UNKNOWN)  # an unknown word cannot be copied from a picture


@dataclass(frozen=True, repr=False)
class Caption(Displayed):
    """One caption of a picture.

    Attributes:
        text: is the caption.
        score: is its log-probability divided by its length to the power of the penalty; the highest is the best.
        log_probability: is that of all its tokens, in nats.
        tokens: are its N tokens, `<eos>` included unless it was cut off.
        attention: are the attention weights, [N, S], of positions row by row from the upper left; none without
            attention.
        ended: says whether it ends with `<eos>`, or was cut off.
    """

    text: str
    score: float
    log_probability: float
    tokens: tuple[str, ...]
    attention: tuple[tuple[float, ...], ...] | None
    ended: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class BeamCaptioner:
    """Captions by beam search: an encoder of pictures and a decoder, with its tokenizer.

    Attributes:
        network: encodes pictures, and decodes their captions.
        tokenizer: is that of the captions.
        max_length: is the maximum number of tokens of a caption, `<eos>` included, unless another is requested.
    """

    network: EncoderDecoder
    tokenizer: Tokenizer
    max_length: int

    def caption(
        self, count: int, source: Callable[[IntArray], Source], spec: BeamSpec, with_attention: bool = True
    ) -> list[list[Caption]]:
        """Find the `n_best` captions of each of some pictures, in order.

        Args:
            count: is the number of pictures.
            source: returns what the encoder reads of the pictures with some indices.
            spec: holds beams and length penalty.
            with_attention: computes the attention weights.
        """
        found: list[list[Caption]] = []
        rows = max(1, ROWS // spec.beams)
        for start in range(0, count, rows):
            batch = source(np.arange(start, min(start + rows, count)))
            found += self._caption_batch(batch, spec, with_attention)
            advance(len(found), count, "pictures captioned")
        return found

    def _caption_batch(self, source: Source, spec: BeamSpec, with_attention: bool) -> list[list[Caption]]:
        network = self.network
        lengths = np.full(source.rows, spec.max_new_tokens or self.max_length)
        found = search_attending(network, network.encode(source), lengths, spec, FORBIDDEN, with_attention)
        return [[self._caption(one) for one in best] for best in found]

    def _caption(self, found: Attended) -> Caption:
        hypothesis = found.hypothesis
        return Caption(
            text=self.tokenizer.decode(list(hypothesis.ids)).strip(),
            score=hypothesis.score,
            log_probability=hypothesis.log_probability,
            tokens=found.shown(self.tokenizer),
            attention=found.attention,
            ended=hypothesis.ended,
        )
