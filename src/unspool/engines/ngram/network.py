"""N-grams as a network: its state is the last N - 1 tokens.

Shapes: B rows, T time steps, N orders, V tokens.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from unspool.arrays import Array, Arrays, IntArray, Logits
from unspool.data.batches import Source, VectorSource
from unspool.engines.checking import check_state
from unspool.engines.ngram import backoff, kneser_ney
from unspool.engines.ngram.backoff import BackoffModel
from unspool.engines.ngram.counts import NOTHING, last_tokens
from unspool.engines.ngram.kneser_ney import tables_of
from unspool.engines.ngram.lookup import Lookup
from unspool.engines.ngram.model import NgramModel
from unspool.errors import ModelFolderError


class Predictions(NamedTuple):
    """What n-grams say after each token that was read.

    Attributes:
        logits: are the log-probabilities of the next token, [B, T, V] float32.
        lengths: are the numbers of tokens of the longest contexts that something was seen to follow, [B, T].
        counts: are the sums of the counts of what followed them, [B, T].
        state: is the one after the last token.
    """

    logits: Logits
    lengths: IntArray
    counts: IntArray
    state: IntArray


class Scores(NamedTuple):
    """What n-grams say about each target.

    Attributes:
        nll: is minus the log-probability of each target, [B, T] float32, in nats.
        lengths: are as in `Predictions`.
        counts: are as in `Predictions`.
        state: is the one after the last token.
    """

    nll: Logits
    lengths: IntArray
    counts: IntArray
    state: IntArray


class NgramNetwork:
    """Predicts the next token from the last N - 1; see `engines.base.SequenceNetwork`.

    A state is [B, N - 1] int64, with -1 where nothing has been read yet.

    Args:
        tables: are what the lookup reads.
        order: is the number of tokens of the longest n-grams, N.
        lookups: look up a text in the tables.
        labels: is the number of labels that texts depend on, which are the last tokens of the tables.

    Attributes:
        vocabulary_size: is the number of tokens, without the labels.
    """

    def __init__(self, tables: Any, order: int, lookups: "Lookups", labels: int = 0) -> None:
        self.tables, self.order, self.lookups, self.labels = tables, order, lookups, labels
        self.vocabulary_size = int(tables.first[0]) - labels

    def hastened(self) -> "NgramNetwork":
        """Return a network that looks every token up with compiled kernels, where such may do so."""
        shortest = 0 if self.lookups.shortest < NEVER else NEVER
        return NgramNetwork(self.tables, self.order, replace(self.lookups, shortest=shortest), self.labels)

    def initial_state(self, rows: int) -> IntArray:
        """Return the state before anything has been read."""
        return np.full((rows, self.order - 1), NOTHING, np.int64)

    def state_after(self, source: Source) -> IntArray:
        """Return the state that the texts of B sources start from: after their labels, if they are counted by these."""
        state = self.initial_state(source.rows)
        if self.labels and isinstance(source, VectorSource):
            for row, labels in enumerate(label_tokens(source, self.vocabulary_size)):
                state[row] = last_tokens(state[row], labels)
        return state

    def step(self, tokens: IntArray, state: IntArray) -> tuple[Logits, IntArray]:
        """Read one token a row: [B] to [B, V]."""
        found = self.predict(np.asarray(tokens)[:, None], state)
        return found.logits[:, 0], found.state

    def unroll(self, tokens: IntArray, state: IntArray) -> tuple[Logits, IntArray]:
        """Read T tokens a row: [B, T] to [B, T, V]."""
        found = self.predict(tokens, state)
        return found.logits, found.state

    def nll(self, inputs: IntArray, targets: IntArray, state: IntArray) -> tuple[Logits, IntArray]:
        """Compute the negative log-likelihood of each target: [B, T] to [B, T], in nats."""
        found = self.score(inputs, targets, state)
        return found.nll, found.state

    def predict(self, tokens: IntArray, state: IntArray) -> Predictions:
        """Read T tokens a row, and say after each what may follow, and how much is known of it."""
        tokens = _contiguous(tokens)
        logits = np.empty((*tokens.shape, self.vocabulary_size), np.float32)  # (B, T, V)
        lengths, counts = np.empty_like(tokens), np.empty_like(tokens)
        self.lookups.of(tokens).predict(self.tables, tokens, _contiguous(state), logits, lengths, counts)
        return Predictions(logits, lengths, counts, last_tokens(state, tokens))

    def score(self, inputs: IntArray, targets: IntArray, state: IntArray) -> Scores:
        """Compute the nll of each target [B, T] after the inputs [B, T], and say how much is known of it."""
        tokens = _contiguous(inputs)
        nll, lengths, counts = np.empty(tokens.shape, np.float32), np.empty_like(tokens), np.empty_like(tokens)
        before = _contiguous(state)
        self.lookups.of(tokens).score(self.tables, tokens, _contiguous(targets), before, nll, lengths, counts)
        return Scores(nll, lengths, counts, last_tokens(state, tokens))

    def select(self, state: IntArray, rows: IntArray) -> IntArray:
        """Return the states of some rows, in this order."""
        return state[rows]

    def join(self, states: Sequence[IntArray]) -> IntArray:
        """Batch the rows of several states, in order."""
        return np.concatenate(states)

    def state_to_arrays(self, state: IntArray) -> Arrays:
        """Return the tokens, [1, B, N - 1] int64."""
        return {"tokens": state[None]}

    def state_from_arrays(self, arrays: Mapping[str, Array]) -> IntArray:
        """Make a state from arrays.

        Raises:
            ModelFolderError: the arrays are not those of a state of this network.
        """
        return read_tokens(arrays, self.order, self.vocabulary_size + self.labels)


def read_tokens(arrays: Mapping[str, Array], order: int, vocabulary_size: int) -> IntArray:
    """Return the last tokens that were read, [B, N - 1], of the arrays of a state.

    Args:
        arrays: hold them, and nothing else.
        order: is the number of tokens of the longest n-grams, N.
        vocabulary_size: is the number of different tokens.

    Raises:
        ModelFolderError: the arrays are not those of such a state.
    """
    check_state({"tokens": (1, None, order - 1)}, arrays)
    tokens: IntArray = arrays["tokens"][0]
    if ((tokens < NOTHING) | (tokens >= vocabulary_size)).any():
        raise ModelFolderError(
            f"the tokens of a state must be {NOTHING} to {vocabulary_size - 1}. Received: {tokens.min()} to "
            f"{tokens.max()}.",
            "read the text again: the state is damaged, or of another network.",
        )
    return tokens


@dataclass(frozen=True)
class Lookups:
    """The two ways to look a text up: by definition, and compiled.

    Attributes:
        definition: is written in NumPy.
        kernels: names those of `engines.kernels.ngrams` that do the same, two or none.
        shortest: is the number of tokens from which on kernels look a text up, if Numba can be imported, which takes
            longer than a few tokens do.
    """

    definition: Lookup
    kernels: tuple[str, ...]
    shortest: int

    def compiles(self, tokens: IntArray) -> bool:
        """Whether kernels look these tokens [B, T] up; a batch goes on, so each of its rows counts as a few."""
        return max(tokens.size, FURTHER * len(tokens)) >= self.shortest and _kernels() is not None

    def of(self, tokens: IntArray) -> Lookup:
        """Return what looks these tokens up."""
        if not self.compiles(tokens):
            return self.definition
        predict, score = (getattr(_kernels(), name) for name in self.kernels)
        return Lookup(predict, score)


NEVER = 1 << 62  # tokens
FURTHER = 8  # tokens of a row, at least, that are read one after the other


def label_tokens(source: VectorSource, vocabulary_size: int) -> list[IntArray]:
    """Return the tokens of the labels of each row, which follow the vocabulary; a blend of labels has none."""
    return [vocabulary_size + np.flatnonzero(weights == 1) for weights in source.values]


def build_network(
    model: NgramModel | BackoffModel, compiled: bool = True, shortest: int = 0, labels: int = 0
) -> NgramNetwork:
    """Make the network of a model.

    Args:
        model: has the n-grams.
        compiled: looks them up with compiled kernels, if Numba can be imported; otherwise NumPy does, by definition.
        shortest: is the number of tokens from which on kernels do so.
        labels: is the number of labels that the texts depend on.
    """
    shortest = shortest if compiled else NEVER
    if isinstance(model, NgramModel):
        lookups = Lookups(kneser_ney.DEFINITION, ("predict_kneser_ney", "score_kneser_ney"), shortest)
        return NgramNetwork(tables_of(model, labels), model.order, lookups, labels)
    lookups = Lookups(backoff.DEFINITION, ("predict_backoff", "score_backoff"), shortest)
    return NgramNetwork(model, model.order, lookups)


@cache
def _kernels() -> ModuleType | None:
    """Import the compiled lookups, if Numba is there."""
    try:
        from unspool.engines.kernels import ngrams
    except (ImportError, OSError):
        return None
    return ngrams


def _contiguous(tokens: IntArray) -> IntArray:
    return np.ascontiguousarray(tokens, np.int64)
