"""Go on learning while reading: each window of a text is scored before it is learnt (Krause et al., 2018).

    window -> score -> learn with one update -> next window

So every figure is of text that the model has not seen. Beside the network stand counts of what was read so far. Nothing
is drawn, and the weights that the model came with stay as they are.

Shapes: B rows, T time steps, V tokens.
"""

from collections.abc import Callable, Iterator
from typing import cast

import numpy as np

from unspool.arrays import FloatArray, IntArray
from unspool.data.batches import Batch, pad_sequences, shifted_right
from unspool.data.tokens import Part
from unspool.engines.announcing import advance
from unspool.engines.base import Learner, SequenceNetwork, State, nll_of
from unspool.engines.ngram.adaptive import GrowingMixture
from unspool.specs.adaptation import AdaptationSpec
from unspool.specs.base import build
from unspool.specs.training import WindowTrainingSpec
from unspool.text.tokenizer import PAD

ORDER = 6  # of the n-grams that are counted: the number of their tokens
MAX_ROWS = 32  # documents that are read together


Replace = Callable[[SequenceNetwork], SequenceNetwork]  # puts a network in the place of a model's own
Nats = dict[str, FloatArray]  # of each token of a text, [N] float64, by the names of `evaluate.adapted.AdaptedFigures`


class AdaptiveReader:
    """Reads texts with a model that goes on learning.

    Args:
        static: is the model as it was.
        learner: has the weights of its network; none where it has no weights.
        replace: puts the network of the learner in the place of the model's own.
        spec: says how it learns.
    """

    def __init__(
        self, static: SequenceNetwork, learner: Learner | None, replace: Replace, spec: AdaptationSpec
    ) -> None:
        self._learner, self._spec = learner, spec
        self._predictors = {("static", "counts"): _Predictor(static, ORDER)}
        if learner is not None:
            self._original = learner.weights()
            self._predictors["network", "both"] = _Predictor(replace(cast(SequenceNetwork, learner.network())), ORDER)
        self._steps = 0

    def read(self, part: Part, limit: int | None = None) -> Nats:
        """Read a part of a corpus, from its beginning, and learn it.

        Args:
            part: is a stream, or documents in their order.
            limit: is the maximum number of tokens to read; none reads all.

        Returns:
            the nats of each token in the order in which they were read: by the model as it was, `static`; by the
            network that goes on learning, `network`; by the model as it was, with `counts` of what was read; by `both`.
            A model without a network has neither the second nor the last.
        """
        found: dict[str, list[FloatArray]] = {}
        done, total = 0, min(limit or len(part.tokens), len(part.tokens))
        for batch in windows_of(part, self._spec.window, limit):
            for names, predictor in self._predictors.items():
                for name, nats in zip(names, predictor.score(batch), strict=True):
                    found.setdefault(name, []).append(nats)
            self._learn(batch)
            done += batch.size
            advance(done, total, "tokens read and learnt")
        return {name: np.concatenate(pieces).astype(np.float64) for name, pieces in found.items()}

    def _learn(self, batch: Batch) -> None:
        """Learn a batch with one update, if there is a network."""
        if self._learner is None:
            return
        self._learner.train_step(batch, 1.0, self._steps)
        if self._spec.pull:
            self._learner.move_towards(self._original, self._spec.pull)
        self._steps += 1


class _Predictor:
    """A network, and counts that grow beside it."""

    def __init__(self, network: SequenceNetwork, order: int) -> None:
        self._network, self._mixture = network, GrowingMixture(order, network.vocabulary_size)
        self._state: State = None
        self._counted: list[IntArray] = []

    def score(self, batch: Batch) -> tuple[FloatArray, FloatArray]:
        """Return the nats of the targets of a batch, row after row, by the network and with counts; count them."""
        rows = len(batch.inputs)
        if batch.reset.all():
            self._state, self._counted = self._network.initial_state(rows), [self._mixture.start()] * rows
        logits, self._state = self._network.unroll(batch.inputs, self._state)  # (B, T, V)
        alone, mixed = list[FloatArray](), list[FloatArray]()
        for row, padded in enumerate(batch.targets):
            targets = padded[: np.count_nonzero(padded)]
            own = logits[row, : len(targets)]
            nats, self._counted[row] = self._mixture.read(own, targets, self._counted[row])
            alone.append(nll_of(own, targets))
            mixed.append(nats)
        return np.concatenate(alone), np.concatenate(mixed)


def adaptation_training(spec: AdaptationSpec) -> WindowTrainingSpec:
    """Return the settings of the learner of a network that goes on learning: no dropout, no decay, no warm-up."""
    off = {"weight_decay": 0.0, "dropout": 0.0, "input_dropout": 0.0, "recurrent_dropout": 0.0}
    own = {"optimizer": "adamw", "learning_rate": spec.learning_rate, "sequence_length": spec.window}
    return build(WindowTrainingSpec, {**off, **own}, "adaptation")


def windows_of(part: Part, window: int, limit: int | None = None) -> Iterator[Batch]:
    """Read a part in order, in batches of about as many tokens as a window.

    A stream is one row, window by window. Of documents, several that are short are the rows of one batch, and one that
    is longer than a window is read alone.

    Args:
        part: is a stream or documents.
        window: is the number of tokens.
        limit: is the maximum number of tokens; none reads all.
    """
    left = len(part.tokens) if limit is None else min(limit, len(part.tokens))
    if part.starts is None:
        yield from _windows([part.tokens[:left]], window)
        return
    together = list[IntArray]()
    for index in range(len(part.starts) - 1):
        document = part.document(index)[:left]
        left -= len(document)
        size = sum(map(len, together))
        if together and (size + len(document) > window or len(together) == MAX_ROWS):
            yield from _windows(together, window)
            together = []
        if len(document):
            together.append(document)
        if not left:
            break
    if together:
        yield from _windows(together, window)


def _windows(documents: list[IntArray], window: int) -> Iterator[Batch]:
    """Cut rows that begin together into windows."""
    targets = pad_sequences(documents)  # (B, T)
    inputs = shifted_right(targets)  # (B, T)
    inputs[targets == PAD] = PAD
    for start in range(0, targets.shape[1], window):
        piece = slice(start, start + window)
        yield Batch(inputs[:, piece], targets[:, piece], np.full(len(documents), start == 0))
