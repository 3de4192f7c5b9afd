"""Batches of whole examples: pairs, and whatever has a label.

Shapes: B rows, S tokens of a source, T tokens of a target.
"""

import numpy as np

from unspool.arrays import IntArray
from unspool.data.batches import Batch, LengthPlan, UnknownTokens
from unspool.data.examples import SOURCE
from unspool.data.labelled import LabelledPart
from unspool.data.pairs import Pairs
from unspool.text.tokenizer import PAD, UNKNOWN


class PairBatches:
    """Batch pairs of similar length.

    Args:
        pairs: are those of the training part.
        batch_size: is the number of rows, B.
        seed: starts the random numbers of the order, and of the tokens that are replaced by `<unk>`.
        chosen: are the indices of the pairs that are learnt; none means all that are short enough.
    """

    def __init__(self, pairs: Pairs, batch_size: int, seed: int, chosen: IntArray | None = None) -> None:
        self._pairs, self._seed = pairs, seed
        self._kept = pairs.examples.kept if chosen is None else chosen
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
    """Batch examples of similar size, each with its label.

    Args:
        part: is that of the examples to learn.
        batch_size: is the number of rows, B.
        seed: starts the random numbers of the order, and of what the sources change at random.
    """

    def __init__(self, part: LabelledPart, batch_size: int, seed: int) -> None:
        self._part, self._seed = part, seed
        self._plan = LengthPlan(part.sources.sizes, batch_size, seed)

    def steps(self, epoch: int) -> int:
        """Count the batches of the epoch."""
        return self._plan.steps()

    def batch(self, epoch: int, index: int) -> Batch:
        """Make one batch of the epoch; `index` counts from 0."""
        chosen = self._plan.chosen(epoch, index)
        generator = np.random.default_rng((self._seed, epoch, index))
        nothing = np.full((len(chosen), 0), PAD)  # (B, 0): a classifier has no decoder
        return Batch(
            inputs=nothing,
            targets=nothing,
            reset=np.ones(len(chosen), np.bool_),
            source=self._part.sources.read(chosen, generator),
            labels=self._part.labels[chosen],
        )
