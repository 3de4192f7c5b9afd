"""A network, and counts of what it has read so far: they predict together, and how much each counts is learnt as well.

    p(w) ~ p_network(w) ^ a_l  p_counts(w) ^ b_l

where l is the length of the longest context that the counts know. Each token is scored first; then the two weights
follow the gradient of its log-probability, and it is counted.

Shapes: T tokens, N orders, V tokens of the vocabulary.
"""

import numpy as np

from unspool.arrays import FloatArray, IntArray, Logits
from unspool.engines.ngram.counts import last_tokens
from unspool.engines.ngram.growing import PIECE, GrowingCounts, import_kernels

WEIGHT = 0.05  # of counts at first, for each token of the context


class GrowingMixture:
    """Mixes the predictions of a network with those of counts that grow.

    Args:
        order: is the number of tokens of the longest n-grams, N.
        vocabulary_size: is the number of tokens of the vocabulary, V.
        own: are the weights of the counts at first, by the length of the context, [N]; none takes a small one for each
            token of it.

    Attributes:
        counts: are those of what was read.
    """

    def __init__(self, order: int, vocabulary_size: int, own: FloatArray | None = None) -> None:
        self._kernels = import_kernels("pooling")
        self.counts = GrowingCounts(order, vocabulary_size)
        own = WEIGHT * np.arange(order) if own is None else own
        self._weights: FloatArray = np.stack([own, 1 - own], axis=1)  # (N, 2)

    def start(self) -> IntArray:
        """Return the state before a document begins; see `GrowingCounts`."""
        return self.counts.start()

    def predict(self, logits: Logits, state: IntArray) -> FloatArray:
        """Return the log-probabilities of the next token, [V].

        Args:
            logits: are those of the network, [V].
            state: is that of the counts, [N - 1].
        """
        mixed = np.empty(len(logits))
        self._kernels.predict_pooled(self.counts.tables, logits, state, self._weights, mixed)
        return mixed

    def read(self, logits: Logits, targets: IntArray, state: IntArray) -> tuple[FloatArray, IntArray]:
        """Score tokens, each of which is learnt before the next one.

        Args:
            logits: are those of the network before each, [T, V].
            targets: are the tokens, [T].
            state: is the one before them, [N - 1].

        Returns:
            minus the log-probability of each, [T], in nats; and the state after them.
        """
        nats = np.empty(len(targets))
        for begin in range(0, len(targets), PIECE):
            piece = slice(begin, begin + PIECE)
            read = np.ascontiguousarray(targets[piece], np.int64)
            self.counts.reserve(len(read))
            self._kernels.read_pooled(self.counts.tables, logits[piece], read, state, self._weights, nats[piece])
            state = last_tokens(state, read)
        return nats, state
