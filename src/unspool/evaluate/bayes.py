"""Classify with a model that generates: which label makes this text likeliest (Bayes' rule).

    p(label | text) = p(label) p(text | label) / p(text)

Shapes: N texts, B of them in a batch, T tokens, K labels.
"""

from collections.abc import Sequence

import numpy as np

from unspool.arrays import FloatArray, IntArray, softmax
from unspool.data.batches import pad_sequences
from unspool.data.conditions import Conditions
from unspool.engines.announcing import advance
from unspool.engines.base import EncoderDecoder
from unspool.errors import UsageError
from unspool.evaluate.bits import batched_nll
from unspool.specs.condition import ConditionSpec
from unspool.text.tokenizer import END, Tokenizer

ROWS = 512  # texts times labels in a batch


class BayesClassifier:
    """Classify with a conditional model by Bayes' rule.

    Args:
        network: is the model's, in any engine.
        tokenizer: encodes its texts.
        conditions: say what its texts depend on, which must be one column of K labels.

    Attributes:
        labels: are the names of the K labels, in the order of the column's `ConditionSpec`.

    Raises:
        UsageError: the texts depend on several columns, or on numbers.
    """

    def __init__(self, network: EncoderDecoder, tokenizer: Tokenizer, conditions: Sequence[ConditionSpec]) -> None:
        if len(conditions) != 1 or not conditions[0].labels:
            columns = ", ".join(f"{one.name}: {'labels' if one.labels else 'numbers'}" for one in conditions)
            raise UsageError(
                f"classifying by Bayes' rule needs texts that depend on one column of labels. Received: {columns}.",
                "train a model with this column as its only --condition.",
            )
        self._network, self._tokenizer = network, tokenizer
        self.labels: tuple[str, ...] = conditions[0].labels
        every = np.arange(len(self.labels))
        self._starts = network.encode(Conditions(every[:, None].astype(np.float32), tuple(conditions)).read(every))
        counts = np.array(conditions[0].counts, np.float64)  # (K)
        self._log_prior = np.log(counts / counts.sum())

    def probabilities(self, texts: Sequence[str]) -> FloatArray:
        """Compute the posterior probability of each label: [N, K] float64, rows sum to 1.

        Args:
            texts: are N texts; any text can be read, and its end counts too.
        """
        return self.of_tokens([np.append(self._tokenizer.encode(text), END) for text in texts])

    def of_tokens(self, ids: Sequence[IntArray]) -> FloatArray:
        """Compute the same for N sequences of token ids, each with `<eos>` at its end: [N, K].

        Args:
            ids: holds the token ids of each text.
        """
        order = np.argsort([len(one) for one in ids], kind="stable")
        count = len(self.labels)
        scores = np.zeros((len(ids), count))  # (N, K), nats
        size = max(1, ROWS // count)
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            targets = np.repeat(pad_sequences([ids[index] for index in chosen]), count, axis=0)  # (B K, T)
            state = self._network.select(self._starts, np.tile(np.arange(count), len(chosen)))
            nats = batched_nll(self._network, targets, state).reshape(-1, count)  # (B, K)
            scores[chosen] = self._log_prior - nats
            advance(min(start + size, len(order)), len(order), "texts classified")
        return softmax(scores)
