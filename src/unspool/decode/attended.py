"""Search for sequences, and say where the decoder looked: what all that start from a source have in common.

Shapes: B sources, N tokens of a sequence, S positions of a source.
"""

from typing import NamedTuple

import numpy as np

from unspool.arrays import FloatArray, IntArray
from unspool.data.batches import pad_sequences
from unspool.decode.beam import Hypothesis, beam_search
from unspool.engines.base import Attends, SequenceNetwork, State
from unspool.specs.sampling import BeamSpec
from unspool.text.tokenizer import BEGIN, END, Tokenizer

ROWS = 256  # sources times beams in a batch


class Attended(NamedTuple):
    """One sequence that was found for a source.

    Attributes:
        hypothesis: is the sequence, with its scores.
        weights: are its attention weights, [N, S], `<eos>` included unless it was cut off; those on the padding of a
            source are 0. None without attention.
    """

    hypothesis: Hypothesis
    weights: FloatArray | None

    @property
    def attention(self) -> tuple[tuple[float, ...], ...] | None:
        """The attention weights as numbers of Python, for JSON."""
        return None if self.weights is None else tuple(tuple(map(float, row)) for row in self.weights)

    def within(self, positions: int) -> "Attended":
        """Return the same without the padding after so many positions of the source."""
        return self if self.weights is None else self._replace(weights=self.weights[:, :positions])

    def shown(self, tokenizer: Tokenizer) -> tuple[str, ...]:
        """Return its N tokens as people are shown them."""
        ids = (*self.hypothesis.ids, END)[: len(self.hypothesis.ids) + self.hypothesis.ended]
        return tuple(tokenizer.show(token) for token in ids)


def search_attending(
    network: SequenceNetwork,
    state: State,
    max_lengths: IntArray,
    spec: BeamSpec,
    forbidden: tuple[int, ...],
    with_attention: bool,
) -> list[list[Attended]]:
    """Search for the `n_best` likeliest sequences from each of B states, and find where the decoder looked.

    Args:
        network: has made the states from sources.
        state: is that of B rows.
        max_lengths: are the maximum numbers of tokens, [B].
        spec: holds beams, length penalty and the number of sequences.
        forbidden: are the ids that are never generated.
        with_attention: computes the attention weights, if the network attends.

    Returns:
        the sequences of each source, the best first.
    """
    found = [best[: spec.n_best] for best in beam_search(network, state, max_lengths, spec, forbidden)]
    if not with_attention or not isinstance(network, Attends):
        return [[Attended(hypothesis, None) for hypothesis in best] for best in found]
    rows = np.array([row for row, best in enumerate(found) for _ in best], np.int64)
    flat = [hypothesis for best in found for hypothesis in best]
    inputs = pad_sequences([np.array([BEGIN, *one.ids]) for one in flat])  # (B, N)
    weights = network.attention(inputs, network.select(state, rows))  # (B, N, S)
    attended: list[list[Attended]] = [[] for _ in found]
    for row, one, own in zip(rows, flat, weights, strict=True):
        attended[row].append(Attended(one, own[: len(one.ids) + one.ended]))
    return attended
