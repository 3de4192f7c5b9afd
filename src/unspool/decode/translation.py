"""Translate: read a source into a state, search for what is likeliest to be written from it, decode it.

Shapes: B rows, S tokens of a source, N tokens of a translation.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from unspool.arrays import Array, IntArray
from unspool.data.batches import Source, pad_sequences
from unspool.decode.beam import Hypothesis, beam_search
from unspool.engines.base import Network
from unspool.specs.sampling import BeamSpec
from unspool.text.tokenizer import BEGIN, END, PAD, UNKNOWN, Tokenizer

ROWS = 256  # sources times beams that are searched side by side


@dataclass(frozen=True)
class Translation:
    """One translation of a text.

    Attributes:
        text: the translation.
        score: its log-probability, divided by its length to the power of the penalty; the best has the highest.
        log_probability: in nats.
        source_tokens: [S] the tokens that were read, `<eos>` included.
        tokens: [N] the tokens that were written, `<eos>` included where it was written and not cut off before.
        attention: [N, S], how much each written token looked at each read one; none without attention.
    """

    text: str
    score: float
    log_probability: float
    source_tokens: tuple[str, ...]
    tokens: tuple[str, ...]
    attention: tuple[tuple[float, ...], ...] | None

    def to_dict(self) -> dict[str, Any]:
        """The fields by name, for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Translator:
    """A network that reads and writes, with the tokenizers of both sides."""

    network: Network
    source: Tokenizer
    target: Tokenizer

    def translate(self, texts: Sequence[str], spec: BeamSpec, look: bool = True) -> list[list[Translation]]:
        """The `n_best` translations of each text, in order; texts of like length are read side by side.

        Args:
            texts: any text can be read; of an empty one there is one translation, which is empty.
            spec: beams and penalties.
            look: find out where each token looked, which unknown words need.
        """
        ids = [np.append(self.source.encode(text), END) for text in texts]
        found: list[list[Translation]] = [[] if len(one) > 1 else [self._nothing(look)] for one in ids]
        lengths = np.array([len(one) for one in ids], np.int64)
        order = np.argsort(lengths, kind="stable")[np.count_nonzero(lengths == 1) :]
        rows = max(1, ROWS // spec.beams)
        for start in range(0, len(order), rows):
            chosen = order[start : start + rows]
            batch = [ids[number] for number in chosen]
            for number, translations in zip(
                chosen, self._side_by_side([texts[i] for i in chosen], batch, spec, look), strict=True
            ):
                found[number] = translations
        return found

    def _nothing(self, look: bool) -> Translation:
        """The translation of an empty text."""
        ends = (self.source.show(END),), (self.target.show(END),)
        return Translation("", 0.0, 0.0, *ends, ((1.0,),) if look and self._attends else None)

    @property
    def _attends(self) -> bool:
        return self.network.spec.writer.attention != "none"

    def _side_by_side(
        self, texts: list[str], ids: list[IntArray], spec: BeamSpec, look: bool
    ) -> list[list[Translation]]:
        source = Source.of_texts(ids)
        state = self.network.encode(source)
        lengths = np.array([len(one) - 1 for one in ids])
        most = np.full(len(ids), spec.max_new_tokens) if spec.max_new_tokens else 3 * lengths + 20
        # an unknown word can be copied from where attention looks; an unknown character cannot
        forbidden = (PAD, BEGIN) if self.target.kind == "word" and self._attends else (PAD, BEGIN, UNKNOWN)
        found = [best[: spec.n_best] for best in beam_search(self.network, state, most, spec, forbidden)]
        rows = np.array([row for row, best in enumerate(found) for _ in best], np.int64)
        flat = [hypothesis for best in found for hypothesis in best]
        looks: list[Array] | None = None
        if look and self._attends:
            inputs = pad_sequences([np.array([BEGIN, *one.ids]) for one in flat])  # (B, N)
            shares = self.network.attention(inputs, self.network.select(state, rows))  # (B, N, S)
            looks = [
                share[: len(one.ids) + one.ended, : len(ids[row])]
                for share, one, row in zip(shares, flat, rows, strict=True)
            ]
        translations: list[list[Translation]] = [[] for _ in texts]
        for number, (row, hypothesis) in enumerate(zip(rows, flat, strict=True)):
            where = None if looks is None else looks[number]
            translations[row].append(self._translation(texts[row], ids[row], hypothesis, where))
        return translations

    def _translation(self, text: str, ids: IntArray, hypothesis: Hypothesis, where: Array | None) -> Translation:
        written = list(hypothesis.ids)
        copies: list[str] = []
        if where is not None and UNKNOWN in written:
            words = self.source.words(text)  # the last place is that of `<eos>`, which is no word to copy
            copies = [words[int(where[place][:-1].argmax())] for place, token in enumerate(written) if token == UNKNOWN]
        shown = [self.target.show(token) for token in (*written, END)[: len(written) + hypothesis.ended]]
        return Translation(
            text=self.target.decode(written, copies),
            score=hypothesis.score,
            log_probability=hypothesis.log_probability,
            source_tokens=tuple(self.source.show(int(token)) for token in ids),
            tokens=tuple(shown),
            attention=None if where is None else tuple(tuple(float(share) for share in row) for row in where),
        )
