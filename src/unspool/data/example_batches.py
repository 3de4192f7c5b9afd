"""Batches of whole examples: pairs, and texts with labels.

Shapes: B rows, S tokens of a source, T tokens of a target.
"""

import numpy as np

from unspool.data.batches import Batch, LengthPlan, TextSource, UnknownTokens
from unspool.data.examples import SOURCE, Examples
from unspool.data.labelled import LABELS
from unspool.data.pairs import Pairs
from unspool.text.tokenizer import PAD, SPECIAL_TOKENS, UNKNOWN


class PairBatches:
    """Batch pairs of similar length.

    Args:
        pairs: are those of the training part.
        batch_size: is the number of rows, B.
        seed: starts the random numbers of the order, and of the tokens that are replaced by `<unk>`.
    """

    def __init__(self, pairs: Pairs, batch_size: int, seed: int) -> None:
        self._pairs, self._seed = pairs, seed
        self._kept = pairs.examples.kept
        lengths = pairs.target.lengths * 1000  # by target, then by source
        if SOURCE in pairs.examples.texts:
            lengths = lengths + np.minimum(pairs.examples.texts[SOURCE].lengths, 999)
        self._plan = LengthPlan(lengths[self._kept], batch_size, seed)
        self._unknown = UnknownTokens(pairs.target.counts)

    def steps(self, epoch: int) -> int:
        """Count the batches of the epoch."""
        return self._plan.steps()

    def batch(self, epoch: int, index: int) -> Batch:
        """Make one batch of the epoch; `index` counts from 0."""
        chosen = self._kept[self._plan.chosen(epoch, index)]
        generator = np.random.default_rng((self._seed, epoch, index))
        source = self._pairs.sources.read(chosen, generator)
        inputs, targets = self._pairs.targets(chosen)  # (B, T)
        targets = self._unknown.replace(targets, generator)
        inputs[:, 1:] = np.where(targets[:, :-1] == UNKNOWN, UNKNOWN, inputs[:, 1:])
        return Batch(inputs, targets, np.ones(len(chosen), np.bool_), source)


class LabelledBatches:
    """Batch texts of similar length, each with its label.

    Args:
        examples: are those of the training part, with the column LABELS.
        batch_size: is the number of rows, B.
        max_length: is the maximum number of tokens that are read of a text.
        word_dropout: is the rate at which tokens are replaced by `<unk>`, in addition to rare ones.
        seed: starts the random numbers of the order, and of the tokens that are replaced.
    """

    def __init__(self, examples: Examples, batch_size: int, max_length: int, word_dropout: float, seed: int) -> None:
        self._examples, self._max_length, self._rate, self._seed = examples, max_length, word_dropout, seed
        self._plan = LengthPlan(np.minimum(examples.text.lengths, max_length), batch_size, seed)
        self._unknown = UnknownTokens(examples.text.counts)

    def steps(self, epoch: int) -> int:
        """Count the batches of the epoch."""
        return self._plan.steps()

    def batch(self, epoch: int, index: int) -> Batch:
        """Make one batch of the epoch; `index` counts from 0."""
        chosen = self._plan.chosen(epoch, index)
        generator = np.random.default_rng((self._seed, epoch, index))
        source = TextSource.of_texts([self._examples.text.document(one)[: self._max_length] for one in chosen])
        assert source.tokens is not None
        tokens = self._unknown.replace(source.tokens, generator)  # (B, S)
        dropped = (generator.random(tokens.shape) < self._rate) & (tokens >= len(SPECIAL_TOKENS))
        nothing = np.full((len(chosen), 0), PAD)  # (B, 0): a classifier has no decoder
        return Batch(
            inputs=nothing,
            targets=nothing,
            reset=np.ones(len(chosen), np.bool_),
            source=TextSource(np.where(dropped, UNKNOWN, tokens), source.lengths),
            labels=self._examples.numbers[LABELS][chosen],
        )
