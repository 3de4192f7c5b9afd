"""The surprisal of a text under a network: the bits of each token, and what was expected instead.

Shapes: T tokens, V tokens of the vocabulary.
"""

from dataclasses import dataclass

import numpy as np

from unspool.arrays import FloatArray, IntArray, softmax
from unspool.engines.base import SequenceNetwork, State
from unspool.engines.mixture import Mixture
from unspool.evaluate.bits import token_nats
from unspool.text.tokenizer import BEGIN, Tokenizer

AT_ONCE = 256  # tokens whose logits are in memory


@dataclass(frozen=True)
class Surprisal:
    """What a network expected at each token of a text.

    Attributes:
        tokens: are the texts of the T tokens.
        bits: are what each costs, given those before it.
        alternatives: are the likeliest tokens at each place with their probabilities, the likeliest first.
        counts_better: says of each whether the counts predicted it better than the network beside them; none where
            there are no counts.
    """

    tokens: tuple[str, ...]
    bits: tuple[float, ...]
    alternatives: tuple[tuple[tuple[str, float], ...], ...]
    counts_better: tuple[bool, ...] | None = None


def surprisal(
    network: SequenceNetwork, tokenizer: Tokenizer, tokens: IntArray, state: State = None, alternatives: int = 3
) -> Surprisal:
    """Compute the surprisal of each token of a text under a network.

    Args:
        network: predicts it, in any engine.
        tokenizer: shows the tokens.
        tokens: are the T token ids.
        state: is what the text starts from, of 1 row; none means the initial state.
        alternatives: is the number of likeliest tokens at each place.
    """
    tokens = np.asarray(tokens, np.int64)
    inputs, after = np.concatenate([[BEGIN], tokens[:-1]]), network.initial_state(1) if state is None else state
    bits: list[float] = []
    likeliest: list[tuple[tuple[str, float], ...]] = []
    for start in range(0, len(tokens), AT_ONCE):
        window = slice(start, start + AT_ONCE)
        logits, after = network.unroll(inputs[window][None], after)  # (1, T, V)
        found = softmax(logits[0].astype(np.float64))  # (T, V)
        own = found[np.arange(len(found)), tokens[window]]  # (T)
        bits += (-np.log2(np.maximum(own, np.finfo(np.float64).tiny))).tolist()
        likeliest += _likeliest(found, tokenizer, alternatives)
    better = None
    if isinstance(network, Mixture):
        states = (None, None) if state is None else state
        parts = zip((network.counts, network.network), (states[1], states[0]), strict=True)
        counts, alone = (token_nats(one, tokens, first) for one, first in parts)
        better = tuple((counts < alone).tolist())
    return Surprisal(tuple(map(tokenizer.show, tokens.tolist())), tuple(bits), tuple(likeliest), better)


def _likeliest(probabilities: FloatArray, tokenizer: Tokenizer, count: int) -> list[tuple[tuple[str, float], ...]]:
    """Return the likeliest of V tokens with their probabilities, at each of T places [T, V]."""
    best = np.argpartition(-probabilities, min(count, probabilities.shape[1] - 1), axis=1)[:, :count]  # (T, count)
    shares = np.take_along_axis(probabilities, best, axis=1)
    order = np.argsort(-shares, axis=1, kind="stable")
    best, shares = np.take_along_axis(best, order, axis=1), np.take_along_axis(shares, order, axis=1)
    names = {token: tokenizer.show(token) for token in set(best.ravel().tolist())}
    return [
        tuple((names[token], share) for token, share in zip(tokens, own, strict=True))
        for tokens, own in zip(best.tolist(), shares.tolist(), strict=True)
    ]
