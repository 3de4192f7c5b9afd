"""Count beside a network that was trained, and mix both where that predicts better.

    what the network learnt from -> counts \
    what was held back from both ----------- > features, targets -> gate -> better? -> counts of all, gate

Shapes: B rows, T time steps, R positions in texts, V tokens.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from unspool.arrays import Arrays, IntArray, log_softmax
from unspool.data.batches import Source, VectorSource, pad_sequences, shifted_right
from unspool.data.pairs import SourceReader
from unspool.data.reserve import Reserve
from unspool.engines.gate import features_of
from unspool.engines.gate_fit import Positions, fit_gate
from unspool.engines.mixture import GATE, NGRAM, with_prefix
from unspool.engines.ngram.counts import counts_of, documents_of
from unspool.engines.ngram.model import NgramModel, build_model
from unspool.engines.ngram.network import NgramNetwork, build_network, label_tokens
from unspool.specs.data import TokenKind
from unspool.specs.network import NgramSpec
from unspool.specs.shapes import NgramShape
from unspool.text.tokenizer import PAD

LONGEST = {"char": 8, "byte": 8, "word": 5, "bpe": 5}  # orders that predict best, by the kind of tokens
WARM_UP = 1024  # tokens of a stream that are read before those that are held back
PRUNED = 10_000_000  # tokens, for each of which n-grams must occur once more to be kept beside a network
GAIN = 0.002  # the share of its nats by which a mixture must predict better than the network, to be kept
MAX_LOGITS = 1 << 22  # computed at once
MAX_KEPT = 1 << 25  # log-probabilities of each part that a gate is fitted to
ROWS = 64  # documents that are read at once


def least_count(tokens: int) -> int:
    """Return how often n-grams must occur to be kept, so that the counts of a large text stay small."""
    return 1 + tokens // PRUNED


def chosen_shape(kind: TokenKind, tokens: int, requested: Mapping[str, Any]) -> dict[str, Any]:
    """Choose the sizes of the n-grams beside a network that were not requested.

    Args:
        kind: is that of the tokens.
        tokens: is the number of those to be counted.
        requested: are sizes of the network.
    """
    shape = {"order": LONGEST[kind], "min_count": least_count(tokens), **requested}
    return {name: shape[name] for name in NgramShape.model_fields}


class CountedTexts(NamedTuple):
    """The texts of a training part that are counted beside a network.

    Attributes:
        divided: is the training part in two.
        sources: return what its documents depend on; none where they depend on nothing.
    """

    divided: Reserve
    sources: SourceReader | None = None


class MixedCounts(NamedTuple):
    """What is mixed with a network.

    Attributes:
        arrays: are those of `counts.safetensors`.
        spec: describes the n-grams.
        kept: is the share of the network's nats that the mixture has on what was held back.
    """

    arrays: Arrays
    spec: NgramSpec
    kept: float


def count_beside(network: Any, spec: NgramSpec, texts: CountedTexts) -> MixedCounts | None:
    """Count a training part, and fit the gate that mixes the counts with a network.

    Args:
        network: was trained on what was not held back; where texts depend on something, it encodes that.
        spec: describes the n-grams.
        texts: are to be counted.

    Returns:
        what is to be mixed; none where the mixture does not predict better, with a gate that is fitted to one half of
        what was held back, the other half.
    """
    counts = build_network(_counted(spec, texts, whole=False), labels=spec.labels)
    positions = _positions(network, counts, texts)
    middle = len(positions.lengths) // 2
    halves = [positions.some(slice(middle)), positions.some(slice(middle, None))]
    nats = [other.nats(fit_gate(one, spec.order)) for one, other in (halves, halves[::-1])]
    kept = float(np.mean(nats) / -positions.of_targets[:, 0].mean())
    if not kept < 1 - GAIN:
        return None
    arrays = with_prefix(NGRAM, _counted(spec, texts, whole=True).to_arrays())
    gate = with_prefix(GATE, fit_gate(positions, spec.order).to_arrays())
    return MixedCounts(arrays | gate, spec, kept)


def _counted(spec: NgramSpec, texts: CountedTexts, whole: bool) -> NgramModel:
    """Count the training part, or what of it was learnt."""
    divided, sources = texts
    documents, labels = documents_of(divided.part) if whole else divided.learnt, None
    if spec.labels and sources is not None:
        chosen = divided.chosen
        labels = _labels(spec, sources, np.arange(len(divided.part.lengths)) if whole or chosen is None else chosen)
    counts = counts_of(documents, spec.order, spec.vocabulary_size + spec.labels, labels)
    return build_model(counts, spec.min_count)


def _labels(spec: NgramSpec, sources: SourceReader, documents: IntArray) -> Iterator[IntArray]:
    """Yield the tokens of the labels that each document depends on."""
    for start in range(0, len(documents), ROWS):
        source = sources.read(documents[start : start + ROWS])
        assert isinstance(source, VectorSource)
        yield from label_tokens(source, spec.vocabulary_size)


def _positions(network: Any, counts: NgramNetwork, texts: CountedTexts) -> Positions:
    """Let both predict what was held back, or evenly spread positions of it where the vocabulary is large."""
    divided = texts.divided
    every = -(-len(divided.held_back.tokens) * network.vocabulary_size // MAX_KEPT)
    found, seen = [], 0
    for inputs, targets, source in _held_back(texts):
        state = network.initial_state(len(inputs)) if source is None else network.encode(source)
        counted = counts.initial_state(len(inputs)) if source is None else counts.state_after(source)
        steps = max(1, MAX_LOGITS // (len(inputs) * network.vocabulary_size))
        for start in range(0, inputs.shape[1], steps):
            window = slice(start, start + steps)
            logits, state = network.unroll(inputs[:, window], state)
            predicted = counts.predict(inputs[:, window], counted)
            counted = predicted.state
            counting = np.nonzero(targets[:, window] != PAD)
            chosen = evenly(counting, every, seen)  # (R) rows, (R) steps
            seen += len(counting[0])
            both = log_softmax(logits[chosen].astype(np.float64)), predicted.logits[chosen].astype(np.float64)
            parts = np.stack(both, axis=1).astype(np.float32)  # (R, 2, V)
            found.append(Positions(features_of(*both), predicted.lengths[chosen], targets[:, window][chosen], parts))
    return Positions(*(np.concatenate(arrays) for arrays in zip(*found, strict=True)))


def evenly(positions: tuple[IntArray, ...], every: int, seen: int) -> tuple[IntArray, ...]:
    """Return every so many of positions, each an index in some axes, [N] of each axis, after so many that were seen."""
    return tuple(axis[-seen % every :: every] for axis in positions)


def _held_back(texts: CountedTexts) -> Iterator[tuple[IntArray, IntArray, Source | None]]:
    """Yield inputs and targets, both [B, T], and what they depend on; `<pad>` marks the targets that do not count."""
    divided, sources = texts
    part = divided.held_back
    if divided.place is not None:
        before = divided.part.tokens[max(0, divided.place.start - WARM_UP) : divided.place.start].astype(np.int64)
        text = np.concatenate([before, part.tokens])[None]  # (1, T + 1)
        targets = text[:, 1:].copy()
        targets[:, : len(before) - 1] = PAD
        yield text[:, :-1], targets, None
        return
    assert part.starts is not None
    for start in range(0, len(part.starts) - 1, ROWS):
        indices = range(start, min(start + ROWS, len(part.starts) - 1))
        targets = pad_sequences([part.document(index) for index in indices])  # (B, T)
        kept = divided.kept_back
        source = None if sources is None or kept is None else sources.read(kept[list(indices)])
        yield shifted_right(targets), targets, source
