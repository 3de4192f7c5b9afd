"""An estimate of how well a network predicts a text whose state is passed along, from a part of it."""

import numpy as np

from unspool.arrays import IntArray
from unspool.engines.base import SequenceNetwork
from unspool.evaluate.bits import steps_at_once

SAMPLE_ROWS, SAMPLE_TOKENS = 32, 256  # that a validation estimates the carried nll from


def carried_sample(network: SequenceNetwork, tokens: IntArray) -> float:
    """Estimate the mean nll of a text whose state is passed along, in nats per token, from a few thousand tokens.

    At 32 places that are evenly spread, 256 tokens are read first, and then 256 more, which count.

    Args:
        network: predicts it, in any engine.
        tokens: are the N token ids, at least 2; of a short text, the second half counts.
    """
    length = min(2 * SAMPLE_TOKENS, len(tokens) - 1)
    starts = np.linspace(0, len(tokens) - 1 - length, SAMPLE_ROWS if length < len(tokens) - 1 else 1).astype(int)
    places = starts[:, None] + np.arange(length)  # (B, T)
    state, pieces, chunk = network.initial_state(len(starts)), [], steps_at_once(network, len(starts))
    for start in range(0, length, chunk):
        window = places[:, start : start + chunk]
        nats, state = network.nll(tokens[window], tokens[window + 1], state)
        pieces.append(nats)
    return float(np.concatenate(pieces, axis=1)[:, length // 2 :].mean(dtype=np.float64))
