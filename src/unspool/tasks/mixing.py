"""Count beside a network that was trained, and mix both where that predicts better.

    what the network learnt from -> counts \
    what was held back from both ----------- > features, targets -> gate -> better? -> counts of all, gate

Shapes: B rows, T time steps, R places in texts, V tokens.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from unspool.arrays import Arrays, IntArray, log_softmax
from unspool.data.batches import pad_sequences
from unspool.data.reserve import Reserve
from unspool.engines.base import SequenceNetwork
from unspool.engines.gate import Places, features_of, fit_gate
from unspool.engines.mixture import GATE, NGRAM, with_prefix
from unspool.engines.ngram.counts import counts_of, documents_of
from unspool.engines.ngram.model import NgramModel, build_model
from unspool.engines.ngram.network import NgramNetwork, build_network
from unspool.specs.network import NgramSpec
from unspool.text.tokenizer import BEGIN, PAD

LONGEST = {"char": 8, "byte": 8, "word": 5, "bpe": 5}  # orders that predict best, by the kind of tokens
WARM_UP = 1024  # tokens of a stream that are read before those that are held back
PRUNED = 10_000_000  # tokens, for each of which n-grams must occur once more to be kept beside a network
GAIN = 0.002  # the share of its nats by which a mixture must predict better than the network, to be kept
MAX_LOGITS = 1 << 22  # computed at once
MAX_KEPT = 1 << 26  # log-probabilities of each part that a gate is fitted to
ROWS = 64  # documents that are read at once


def least_count(tokens: int) -> int:
    """Return how often n-grams must occur to be kept, so that the counts of a large text stay small."""
    return 1 + tokens // PRUNED


class Beside(NamedTuple):
    """What is mixed with a network.

    Attributes:
        arrays: are those of `counts.safetensors`.
        spec: describes the n-grams.
        kept: is the share of the network's nats that the mixture has on what was held back.
    """

    arrays: Arrays
    spec: NgramSpec
    kept: float


def count_beside(network: SequenceNetwork, spec: NgramSpec, divided: Reserve) -> Beside | None:
    """Count a training part, and fit the gate that mixes the counts with a network.

    Args:
        network: was trained on what was not held back.
        spec: describes the n-grams.
        divided: is the training part in two.

    Returns:
        what is to be mixed; none where the mixture does not predict better, with a gate that is fitted to one half of
        what was held back, the other half.
    """
    counts = build_network(_counted(spec, divided.learnt))
    places = _places(network, counts, divided)
    middle = len(places.lengths) // 2
    halves = [places.some(slice(middle)), places.some(slice(middle, None))]
    nats = [other.nats(fit_gate(one, spec.order)) for one, other in (halves, halves[::-1])]
    kept = float(np.mean(nats) / -places.of_targets[:, 0].mean())
    if not kept < 1 - GAIN:
        return None
    arrays = with_prefix(NGRAM, _counted(spec, documents_of(divided.part)).to_arrays())
    gate = with_prefix(GATE, fit_gate(places, spec.order).to_arrays())
    return Beside(arrays | gate, spec, kept)


def _counted(spec: NgramSpec, texts: Iterable[IntArray]) -> NgramModel:
    return build_model(counts_of(texts, spec.order, spec.vocabulary_size), spec.min_count)


def _places(network: SequenceNetwork, counts: NgramNetwork, divided: Reserve) -> Places:
    """Let both predict what was held back, or evenly spread places of it where the vocabulary is large."""
    every = -(-len(divided.held_back.tokens) * network.vocabulary_size // MAX_KEPT)
    found = []
    for inputs, targets in _texts(divided):
        state, counted = network.initial_state(len(inputs)), counts.initial_state(len(inputs))
        steps = max(1, MAX_LOGITS // (len(inputs) * network.vocabulary_size))
        for start in range(0, inputs.shape[1], steps):
            window = slice(start, start + steps)
            logits, state = network.unroll(inputs[:, window], state)
            predicted = counts.predict(inputs[:, window], counted)
            counted = predicted.state
            chosen = tuple(place[::every] for place in np.nonzero(targets[:, window] != PAD))  # (R) rows, (R) steps
            both = log_softmax(logits[chosen].astype(np.float64)), predicted.logits[chosen].astype(np.float64)
            parts = np.stack(both, axis=1).astype(np.float32)  # (R, 2, V)
            found.append(Places(features_of(*both), predicted.lengths[chosen], targets[:, window][chosen], parts))
    return Places(*(np.concatenate(arrays) for arrays in zip(*found, strict=True)))


def _texts(divided: Reserve) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield inputs and targets, both [B, T]; `<pad>` marks the targets that do not count."""
    part = divided.held_back
    if divided.place is not None:
        before = divided.part.tokens[max(0, divided.place.start - WARM_UP) : divided.place.start].astype(np.int64)
        text = np.concatenate([before, part.tokens])[None]  # (1, T + 1)
        targets = text[:, 1:].copy()
        targets[:, : len(before) - 1] = PAD
        yield text[:, :-1], targets
        return
    assert part.starts is not None
    for start in range(0, len(part.starts) - 1, ROWS):
        indices = range(start, min(start + ROWS, len(part.starts) - 1))
        targets = pad_sequences([part.document(index) for index in indices])  # (B, T)
        yield np.concatenate([np.full((len(targets), 1), BEGIN), targets[:, :-1]], axis=1), targets
