"""A network and counts that grow beside it, as one network: what it has learnt is in its next predictions.

    text that was typed -> learn -> counts, and the weights of both -> step, for what is typed next

The network itself stays as it is. A state is that of the network and the last N - 1 tokens, so states that were made
before something was learnt can be continued after it.

Shapes: B rows, T time steps, N orders, V tokens.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from unspool.arrays import Array, Arrays, IntArray, Logits
from unspool.engines.base import SequenceNetwork, State, nll_of
from unspool.engines.checking import check_rows
from unspool.engines.ngram.adaptive import GrowingMixture
from unspool.engines.ngram.counts import NOTHING, last_tokens
from unspool.engines.ngram.network import read_tokens
from unspool.text.tokenizer import BEGIN

MAX_LOGITS = 1 << 22  # computed at once
WEIGHT = 0.4  # of the counts after the longest contexts, at first
TOKENS = "learning.tokens"


class LearningState(NamedTuple):
    """The state of the network, and the last tokens that were read, [B, N - 1]."""

    network: State
    tokens: IntArray


class LearningNetwork:
    """A network that goes on learning, by counts alone; see `engines.base.SequenceNetwork`.

        network = LearningNetwork(model.network, order=8)
        network.learn(tokenizer.encode("what was typed"))

    Args:
        network: is the one beside which counts grow.
        order: is the number of tokens of the longest n-grams, N.

    Raises:
        MissingExtraError: Numba is not installed, or cannot be imported.
    """

    def __init__(self, network: SequenceNetwork, order: int) -> None:
        own = WEIGHT * np.linspace(0, 1, order) ** 2  # [N]: what a few lines say of a short context is chance
        self._network, self._mixture = network, GrowingMixture(order, network.vocabulary_size, own)
        self.vocabulary_size = network.vocabulary_size
        self._learnt: tuple[Logits, LearningState] | None = None  # where what was learnt ends: see `_before`

    def learn(self, tokens: IntArray, begins: bool = False) -> None:
        """Learn what comes next in a text, every token of which is predicted before it is counted.

        Args:
            tokens: are its token ids, [T], without `<s>`.
            begins: says whether a document begins with it; the first text begins one in any case.
        """
        if begins or self._learnt is None:
            self._learnt = self._before()
        piece = max(1, MAX_LOGITS // self.vocabulary_size)
        for start in range(0, len(tokens), piece):
            self._learnt = self._read(np.asarray(tokens[start : start + piece], np.int64), *self._learnt)

    def _read(self, tokens: IntArray, before: Logits, state: LearningState) -> tuple[Logits, LearningState]:
        """Learn tokens [T] after the logits of the network before them, [1, V], and return those after them."""
        unrolled, after = self._network.unroll(tokens[None], state.network)  # (1, T, V)
        logits = np.concatenate([before, unrolled[0, :-1]])  # (T, V)
        _, read = self._mixture.read(logits, tokens, state.tokens[0])
        return unrolled[0, -1:], LearningState(after, read[None])

    def _before(self) -> tuple[Logits, LearningState]:
        """Return the logits of the network before a document, [1, V], and the state there."""
        logits, state = self._network.step(np.array([BEGIN]), self._network.initial_state(1))
        return logits, LearningState(state, self._mixture.start()[None])

    def initial_state(self, rows: int) -> LearningState:
        """Return the state before anything has been read."""
        nothing = np.full((rows, self._mixture.counts.order - 1), NOTHING, np.int64)
        return LearningState(self._network.initial_state(rows), nothing)

    def step(self, tokens: IntArray, state: LearningState) -> tuple[Logits, LearningState]:
        """Read one token a row: [B] to [B, V]."""
        logits, after = self._network.step(tokens, state.network)
        read = last_tokens(state.tokens, np.asarray(tokens, np.int64)[:, None])  # (B, N - 1)
        return self._mixed(logits, read), LearningState(after, read)

    def unroll(self, tokens: IntArray, state: LearningState) -> tuple[Logits, LearningState]:
        """Read T tokens a row: [B, T] to [B, T, V]."""
        logits, after = self._network.unroll(tokens, state.network)
        read, mixed = state.tokens, np.empty_like(logits)
        for time in range(tokens.shape[1]):
            read = last_tokens(read, np.asarray(tokens, np.int64)[:, time : time + 1])
            mixed[:, time] = self._mixed(logits[:, time], read)
        return mixed, LearningState(after, read)

    def nll(self, inputs: IntArray, targets: IntArray, state: LearningState) -> tuple[Logits, LearningState]:
        """Compute the negative log-likelihood of each target: [B, T] to [B, T], in nats."""
        logits, after = self.unroll(inputs, state)
        return nll_of(logits, targets), after

    def select(self, state: LearningState, rows: IntArray) -> LearningState:
        """Return the states of some rows, in this order."""
        return LearningState(self._network.select(state.network, rows), state.tokens[rows])

    def join(self, states: Sequence[LearningState]) -> LearningState:
        """Batch the rows of several states, in order."""
        networks, tokens = zip(*states, strict=True)
        return LearningState(self._network.join(networks), np.concatenate(tokens))

    def state_to_arrays(self, state: LearningState) -> Arrays:
        """Return the arrays of the network's state by name, and the tokens, [1, B, N - 1] int64."""
        return {**self._network.state_to_arrays(state.network), TOKENS: state.tokens[None]}

    def state_from_arrays(self, arrays: Mapping[str, Array]) -> LearningState:
        """Make a state from arrays that `state_to_arrays` returned.

        Raises:
            ModelFolderError: the arrays are not those of a state of this network.
        """
        others = {name: array for name, array in arrays.items() if name != TOKENS}
        own = {"tokens": arrays[TOKENS]} if TOKENS in arrays else {}
        tokens = read_tokens(own, self._mixture.counts.order, self.vocabulary_size)
        state = LearningState(self._network.state_from_arrays(others), tokens)
        check_rows(arrays)
        return state

    def _mixed(self, logits: Logits, read: IntArray) -> Logits:
        """Mix the logits of the network [B, V] with what the counts say after the last tokens [B, N - 1]."""
        rows = [self._mixture.predict(row, tokens) for row, tokens in zip(logits, read, strict=True)]
        return np.stack(rows).astype(np.float32)
