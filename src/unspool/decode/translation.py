"""Translate: encode a source, search for the likeliest sequence of the decoder, and turn its tokens into text.

Shapes: B rows, S tokens of a source, N tokens of a translation, or N texts, L layers, H hidden units.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from unspool.arrays import FloatArray, IntArray
from unspool.data.batches import TextSource
from unspool.decode.attended import ROWS, Attended, search_attending
from unspool.display.reprs import Displayed
from unspool.engines.announcing import advance
from unspool.engines.base import Attends, EncoderDecoder
from unspool.specs.sampling import BeamSpec
from unspool.text.tokenizer import BEGIN, END, PAD, UNKNOWN, Tokenizer


@dataclass(frozen=True, repr=False)
class Translation(Displayed):
    """One translation of a text.

    Attributes:
        text: is the translation.
        score: is its log-probability divided by its length to the power of the penalty; the highest is the best.
        log_probability: is that of all its tokens, in nats.
        source_tokens: are the S tokens of the source, `<eos>` included.
        tokens: are the N tokens of the translation, `<eos>` included unless it was cut off.
        attention: are the attention weights, [N, S]; none without attention.
    """

    text: str
    score: float
    log_probability: float
    source_tokens: tuple[str, ...]
    tokens: tuple[str, ...]
    attention: tuple[tuple[float, ...], ...] | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class BeamTranslator:
    """Translates by beam search: an encoder and a decoder, with the tokenizers of both sides."""

    network: EncoderDecoder
    source: Tokenizer
    target: Tokenizer

    def translate(self, texts: Sequence[str], spec: BeamSpec, with_attention: bool = True) -> list[list[Translation]]:
        """Find the `n_best` translations of each text, in order; texts of similar length are batched.

        Args:
            texts: can be any texts; one that is empty or blank has one translation, which is empty.
            spec: holds beams and length penalty.
            with_attention: computes the attention weights, which unknown words need.
        """
        ids = self._encoded(texts)
        found: list[list[Translation]] = [[] if len(one) > 1 else [self._nothing(with_attention)] for one in ids]
        lengths = np.array([len(one) for one in ids], np.int64)
        order = np.argsort(lengths, kind="stable")[np.count_nonzero(lengths == 1) :]
        rows = max(1, ROWS // spec.beams)
        for start in range(0, len(order), rows):
            chosen = order[start : start + rows]
            batch = [ids[index] for index in chosen]
            translations = self._translate_batch([texts[i] for i in chosen], batch, spec, with_attention)
            for index, best in zip(chosen, translations, strict=True):
                found[index] = best
            advance(min(start + rows, len(order)), len(order), "texts translated")
        return found

    def states(self, texts: Sequence[str]) -> FloatArray:
        """Compute the hidden states from which the decoder starts for each of N texts, [N, L, H] float32."""
        ids = self._encoded(texts)
        states = [self.network.initial_state(0)]
        for start in range(0, len(ids), ROWS):
            states.append(self.network.encode(TextSource.of_texts(ids[start : start + ROWS])))
        found = [self.network.state_to_arrays(state)["hidden"] for state in states]  # (L, ROWS, H) each
        return np.concatenate(found, axis=1).swapaxes(0, 1)  # (N, L, H)

    def _encoded(self, texts: Sequence[str]) -> list[IntArray]:
        """Return the tokens of each text, [S] each, with the end; of a blank text the end alone."""
        return [np.append(self.source.encode(text if text.strip() else ""), END) for text in texts]

    def _nothing(self, with_attention: bool) -> Translation:
        """Translate an empty text."""
        ends = (self.source.show(END),), (self.target.show(END),)
        return Translation(
            "", 0.0, 0.0, *ends, ((1.0,),) if with_attention and isinstance(self.network, Attends) else None
        )

    def _translate_batch(
        self, texts: list[str], ids: list[IntArray], spec: BeamSpec, with_attention: bool
    ) -> list[list[Translation]]:
        network, lengths = self.network, [len(one) for one in ids]
        # an unknown word can be copied from the source word of the largest attention weight, a character cannot
        copies = self.target.kind == "word" and isinstance(network, Attends)
        found = search_attending(
            network,
            network.encode(TextSource.of_texts(ids)),
            np.array([spec.max_new_tokens or 3 * (length - 1) + 20 for length in lengths]),
            spec,
            (PAD, BEGIN) if copies else (PAD, BEGIN, UNKNOWN),
            with_attention,
        )
        return [
            [self._translation(text, own, one) for one in best]
            for text, own, best in zip(texts, ids, found, strict=True)
        ]

    def _translation(self, text: str, ids: IntArray, found: Attended) -> Translation:
        found = found.within(len(ids))
        hypothesis, weights = found
        copies: list[str] = []
        if weights is not None and UNKNOWN in hypothesis.ids:
            words = self.source.words(text)  # the last position is `<eos>`, which is not copied
            unknown = [index for index, token in enumerate(hypothesis.ids) if token == UNKNOWN]
            copies = [words[int(weights[index][:-1].argmax())] for index in unknown]
        return Translation(
            text=self.target.decode(list(hypothesis.ids), copies),
            score=hypothesis.score,
            log_probability=hypothesis.log_probability,
            source_tokens=tuple(self.source.show(int(token)) for token in ids),
            tokens=found.shown(self.target),
            attention=found.attention,
        )
