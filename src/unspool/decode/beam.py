"""Beam search: extend several hypotheses at once, and keep the likeliest (Sutskever et al., 2014).

    state of B sources -> B x K rows -> [step] -> the K best continuations of each source -> ...

Several sources are searched in one batch; one that is done leaves it. States are opaque here.

Shapes: B sources, K beams, V tokens, N tokens so far.
"""

from dataclasses import dataclass, field

import numpy as np

from unspool.arrays import Flags, FloatArray, IntArray, Logits, log_softmax
from unspool.engines.base import SequenceNetwork, State
from unspool.specs.sampling import BeamSpec
from unspool.text.tokenizer import BEGIN, END


@dataclass(frozen=True)
class Hypothesis:
    """One sequence of the search.

    Attributes:
        ids: are its tokens, without `<eos>`.
        log_probability: is the sum over its tokens and `<eos>`, in nats.
        score: is the log-probability divided by the length to the power of the penalty.
        ended: says whether it ends with `<eos>`.
    """

    ids: tuple[int, ...]
    log_probability: float
    score: float
    ended: bool


@dataclass
class _Search:
    """The beams of one source."""

    max_length: int
    spec: BeamSpec
    found: list[Hypothesis] = field(default_factory=list)

    def add(self, ids: IntArray, log_probability: float, ended: bool) -> None:
        """Add a finished sequence."""
        score = self.score(log_probability, len(ids) + ended)
        self.found.append(Hypothesis(tuple(int(token) for token in ids), log_probability, score, ended))

    def score(self, log_probability: float, length: int) -> float:
        """Return the score of a sequence of some tokens, `<eos>` counted."""
        return float(log_probability / max(length, 1) ** self.spec.length_penalty)

    def is_beaten(self, log_probability: float, length: int) -> bool:
        """Return whether as many sequences have ended as there are beams, and the best are no worse than another."""
        ended = sorted((one.score for one in self.found if one.ended), reverse=True)
        return len(ended) >= self.spec.beams and ended[self.spec.n_best - 1] >= self.score(log_probability, length)

    def best(self) -> list[Hypothesis]:
        """Return the best sequences, the best first; one that was cut off only where too few ended."""
        return sorted(self.found, key=lambda one: (not one.ended, -one.score))[: self.spec.beams]


def beam_search(
    network: SequenceNetwork, state: State, max_lengths: IntArray, spec: BeamSpec, forbidden: tuple[int, ...]
) -> list[list[Hypothesis]]:
    """Search for the likeliest sequences from each of several states.

    A sequence that ends among the K likeliest continuations is finished; a source is done when K of them are, or at its
    maximum length. One beam is greedy search: it takes the likeliest token until that is `<eos>`.

    Args:
        network: predicts the next token.
        state: is what the B sources start from.
        max_lengths: are the maximum numbers of tokens, [B].
        spec: holds K and the length penalty.
        forbidden: are the ids that are never generated.

    Returns:
        up to K sequences for each row, the best first.
    """
    searches = [_Search(int(count), spec) for count in max_lengths]
    going = np.arange(len(searches))  # (B) the sources that are not done
    logits, state = network.step(np.full(len(going), BEGIN), state)
    tokens = np.zeros((len(going), 1, 0), np.int64)  # (B, K, N), and of each beam
    scores = np.zeros((len(going), 1))  # (B, K) its log-probability; at first there is one
    while len(going):
        kept, parents, chosen, after = _continuations(logits, scores, spec.beams, forbidden)
        tokens = np.take_along_axis(tokens, parents[..., None], axis=1)
        tokens = np.concatenate([tokens, chosen[..., None]], axis=2)  # (B, K + K, N + 1)
        first = np.where(kept & (chosen == END))
        for row, index in zip(*first, strict=True):
            searches[going[row]].add(tokens[row, index, :-1], float(after[row, index]), True)
        # of the continuations that go on, the K best
        order = np.argsort(chosen == END, axis=1, kind="stable")[:, : spec.beams]  # (B, K)
        tokens = np.take_along_axis(tokens, order[..., None], axis=1)
        parents = np.take_along_axis(parents, order, axis=1)
        following: FloatArray = np.take_along_axis(np.asarray(after, np.float64), order, axis=1)
        scores = np.where(tokens[..., -1] == END, -np.inf, following)
        running = np.array([_runs(searches[i], t, s) for i, t, s in zip(going, tokens, scores, strict=True)])
        width = logits.shape[0] // len(going)
        rows = (np.arange(len(going))[:, None] * width + parents)[running]
        going, tokens, scores = going[running], tokens[running], scores[running]
        if len(going):
            logits, state = network.step(tokens[..., -1].reshape(-1), network.select(state, rows.reshape(-1)))
    return [search.best() for search in searches]


def _runs(search: _Search, tokens: IntArray, scores: FloatArray) -> bool:
    """Return whether the search of a source continues; at its end, sequences without `<eos>` are cut off."""
    if not np.isfinite(scores).any() or search.is_beaten(float(scores.max()), tokens.shape[1]):
        return False
    if tokens.shape[1] < search.max_length:
        return True
    for ids, score in zip(tokens, scores, strict=True):
        if np.isfinite(score):
            search.add(ids, float(score), False)
    return False


def _continuations(
    logits: Logits, scores: FloatArray, beams: int, forbidden: tuple[int, ...]
) -> tuple[Flags, IntArray, IntArray, FloatArray]:
    """Find the 2 K likeliest continuations of each source, of which at most K are `<eos>`.

    Args:
        logits: are those of the K' beams of each source, [B K', V].
        scores: are the log-probabilities of the beams, [B, K'].
        beams: is the number of beams, K.
        forbidden: are the ids that are never generated.

    Returns:
        whether each is among the K likeliest, its beam, its token and its log-probability, each [B, 2 K], the
        likeliest first.
    """
    rows, width = scores.shape
    values = logits.astype(np.float64)
    values[:, list(forbidden)] = -np.inf
    summed = (scores[..., None] + log_softmax(values).reshape(rows, width, -1)).reshape(rows, -1)  # (B, K' V)
    count = min(2 * beams, summed.shape[1])
    best = np.argpartition(-summed, count - 1, axis=1)[:, :count]  # (B, 2 K)
    best.sort(axis=1)  # equally likely ones in the order of their ids, as argmax has it
    order = np.argsort(-np.take_along_axis(summed, best, axis=1), axis=1, kind="stable")
    best = np.take_along_axis(best, order, axis=1)
    after = np.take_along_axis(summed, best, axis=1)
    size = logits.shape[1]
    kept = (np.arange(count) < beams) & np.isfinite(after)
    return kept, best // size, best % size, after
