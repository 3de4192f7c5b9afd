"""Read a text: the state after it is what generation starts from.

    state, <s> prompt -> [unroll] -> logits, state

Shapes: N tokens, V tokens of the vocabulary.
"""

import secrets
from dataclasses import dataclass

import numpy as np

from unspool.arrays import IntArray, Logits
from unspool.data.batches import Source
from unspool.engines.base import Encodes, SequenceNetwork, State
from unspool.specs.sampling import SamplingSpec
from unspool.text.tokenizer import BEGIN

READ_AT_ONCE = 512


@dataclass(frozen=True)
class Reading:
    """A state after some text, with the logits of the next token.

    Attributes:
        state: is that of the network that read the text, of 1 row.
        logits: are those of the next token, [1, V].
        ids: are the tokens of the text, without `<s>`.
    """

    state: State
    logits: Logits
    ids: list[int]


def start_reading(network: SequenceNetwork, source: Source | None = None) -> Reading:
    """Read `<s>`, from the initial state or from the state of a source of 1 row.

    Args:
        network: reads `<s>`; with a source, it must be one that `Encodes`.
        source: is encoded as the state to start from; none starts from the initial state.

    Raises:
        ValueError: there is a source, and the network has no encoder.
    """
    if source is None:
        state = network.initial_state(1)
    elif isinstance(network, Encodes):
        state = network.encode(source)
    else:
        raise ValueError("this network has no encoder to read a source")
    logits, state = network.step(np.array([BEGIN]), state)
    return Reading(state, logits, [])


def read(network: SequenceNetwork, ids: IntArray, reading: Reading) -> Reading:
    """Read N more tokens, and return the new state; the old one stays as it is."""
    logits, state = reading.logits, reading.state
    for start in range(0, len(ids), READ_AT_ONCE):
        unrolled, state = network.unroll(np.asarray(ids[start : start + READ_AT_ONCE])[None], state)  # (1, T, V)
        logits = unrolled[:, -1]  # (1, V)
    return Reading(state, logits, [*reading.ids, *(int(i) for i in ids)])


def sample_seeds(spec: SamplingSpec) -> list[int]:
    """Return the seed of each sample: sample i, counted from 0, draws with seed + i; without a seed, a random one."""
    first = secrets.randbits(32) if spec.seed is None else spec.seed
    return [(first + i) % 2**63 for i in range(spec.num_samples)]
