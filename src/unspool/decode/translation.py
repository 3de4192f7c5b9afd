"""Translate: encode a source, search for the likeliest sequence of the decoder, and turn its tokens into text.

Shapes: B rows, S tokens of a source, N tokens of a translation.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from unspool.arrays import FloatArray, IntArray
from unspool.data.batches import TextSource, pad_sequences
from unspool.decode.beam import Hypothesis, beam_search
from unspool.engines.base import Attends, EncoderDecoder
from unspool.specs.sampling import BeamSpec
from unspool.text.tokenizer import BEGIN, END, PAD, UNKNOWN, Tokenizer

ROWS = 256  # sources times beams in a batch


@dataclass(frozen=True)
class Translation:
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
        ids = [np.append(self.source.encode(text if text.strip() else ""), END) for text in texts]
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
        return found

    def _nothing(self, with_attention: bool) -> Translation:
        """Translate an empty text."""
        ends = (self.source.show(END),), (self.target.show(END),)
        return Translation(
            "", 0.0, 0.0, *ends, ((1.0,),) if with_attention and isinstance(self.network, Attends) else None
        )

    def _translate_batch(
        self, texts: list[str], ids: list[IntArray], spec: BeamSpec, with_attention: bool
    ) -> list[list[Translation]]:
        network = self.network
        state = network.encode(TextSource.of_texts(ids))
        lengths = np.array([len(one) - 1 for one in ids])
        max_lengths = np.full(len(ids), spec.max_new_tokens) if spec.max_new_tokens else 3 * lengths + 20
        # an unknown word can be copied from the source word of the largest attention weight, a character cannot
        forbidden = (
            (PAD, BEGIN) if self.target.kind == "word" and isinstance(network, Attends) else (PAD, BEGIN, UNKNOWN)
        )
        found = [best[: spec.n_best] for best in beam_search(network, state, max_lengths, spec, forbidden)]
        rows = np.array([row for row, best in enumerate(found) for _ in best], np.int64)
        flat = [hypothesis for best in found for hypothesis in best]
        attention: list[FloatArray] | None = None
        if with_attention and isinstance(network, Attends):
            inputs = pad_sequences([np.array([BEGIN, *one.ids]) for one in flat])  # (B, N)
            weights = network.attention(inputs, network.select(state, rows))  # (B, N, S)
            attention = [
                own[: len(one.ids) + one.ended, : len(ids[row])]
                for own, one, row in zip(weights, flat, rows, strict=True)
            ]
        translations: list[list[Translation]] = [[] for _ in texts]
        for index, (row, hypothesis) in enumerate(zip(rows, flat, strict=True)):
            own_weights = None if attention is None else attention[index]
            translations[row].append(self._translation(texts[row], ids[row], hypothesis, own_weights))
        return translations

    def _translation(self, text: str, ids: IntArray, hypothesis: Hypothesis, weights: FloatArray | None) -> Translation:
        found = list(hypothesis.ids)
        copies: list[str] = []
        if weights is not None and UNKNOWN in found:
            words = self.source.words(text)  # the last position is `<eos>`, which is not copied
            copies = [words[int(weights[index][:-1].argmax())] for index, token in enumerate(found) if token == UNKNOWN]
        shown = [self.target.show(token) for token in (*found, END)[: len(found) + hypothesis.ended]]
        return Translation(
            text=self.target.decode(found, copies),
            score=hypothesis.score,
            log_probability=hypothesis.log_probability,
            source_tokens=tuple(self.source.show(int(token)) for token in ids),
            tokens=tuple(shown),
            attention=None if weights is None else tuple(tuple(map(float, row)) for row in weights),
        )
