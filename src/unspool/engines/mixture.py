"""A network and counts as one network: at each step a gate says with what powers their distributions are mixed.

    p(w) ~ p_network(w)^a p_counts(w)^b ((p_network(w) + p_counts(w)) / 2)^c

The state is the pair of their states. What the network can do besides, the mixture can: encode a source, attend to it,
hand over to a successor, generate blocks.

Shapes: B rows, T time steps, N orders, V tokens.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from unspool.arrays import Array, Arrays, FloatArray, IntArray, Logits
from unspool.data.batches import Source
from unspool.engines.base import (
    Attends,
    Block,
    BlockGenerator,
    Encodes,
    Functions,
    HandoverNetwork,
    LogitsAdjustment,
    SampledRows,
    SequenceNetwork,
    State,
    nll_of,
)
from unspool.engines.checking import check_rows
from unspool.engines.gate import POWERS, Gate, gate_from_arrays, mixed
from unspool.engines.ngram.counts import last_tokens
from unspool.engines.ngram.network import NgramNetwork

NGRAM, GATE = "ngram.", "gate."  # what the names of their arrays begin with, in a model folder


class MixtureState(NamedTuple):
    """The state of the network, and that of the counts: the last N - 1 tokens, [B, N - 1]."""

    network: State
    counts: IntArray


class Predicted(NamedTuple):
    """What the mixture says after each token that was read.

    Attributes:
        logits: are the log-probabilities of the next token, [B, T, V] float32.
        powers: are those of the network, of the counts and of their mean, [B, T, 3] float64; see `engines/gate.py`.
        state: is the one after the last token.
    """

    logits: Logits
    powers: FloatArray
    state: MixtureState


class Mixture:
    """A network beside counts; see `engines.base.SequenceNetwork`. `mixture` makes one.

    Attributes:
        network: is the trained one.
        counts: is the counted one, of the same vocabulary.
        gate: weighs them.
    """

    def __init__(self, network: SequenceNetwork, counts: NgramNetwork, gate: Gate) -> None:
        self.network, self.counts, self.gate = network, counts, gate
        self.vocabulary_size = network.vocabulary_size

    @property
    def parts(self) -> dict[str, SequenceNetwork]:
        """The two networks, by the names of their states."""
        return dict(zip(MixtureState._fields, (self.network, self.counts), strict=True))

    def initial_state(self, rows: int) -> MixtureState:
        """Return the state that sequences without a source start from."""
        return MixtureState(self.network.initial_state(rows), self.counts.initial_state(rows))

    def step(self, tokens: IntArray, state: MixtureState) -> tuple[Logits, MixtureState]:
        """Read one token a row: [B] to [B, V]."""
        logits, after = self.network.step(tokens, state.network)
        found = self._mixed(np.asarray(tokens)[:, None], logits[:, None], after, state)  # (B, 1, V)
        return found.logits[:, 0], found.state

    def unroll(self, tokens: IntArray, state: MixtureState) -> tuple[Logits, MixtureState]:
        """Read T tokens a row: [B, T] to [B, T, V]."""
        found = self.predict(tokens, state)
        return found.logits, found.state

    def nll(self, inputs: IntArray, targets: IntArray, state: MixtureState) -> tuple[Logits, MixtureState]:
        """Compute the negative log-likelihood of each target: [B, T] to [B, T], in nats."""
        logits, after = self.unroll(inputs, state)
        return nll_of(logits, targets), after

    def predict(self, tokens: IntArray, state: MixtureState) -> Predicted:
        """Read T tokens a row, and say after each what may follow, with the powers of both."""
        logits, after = self.network.unroll(tokens, state.network)
        return self._mixed(tokens, logits, after, state)

    def _mixed(self, tokens: IntArray, logits: Logits, after: State, before: MixtureState) -> Predicted:
        """Mix the logits of the network [B, T, V] after tokens [B, T] with those of the counts."""
        found = self.counts.predict(tokens, before.counts)
        own, counted = (array.reshape(-1, self.vocabulary_size) for array in (logits, found.logits))  # (B * T, V)
        compiled = self.counts.lookups.compiles(tokens)
        both, powers = mix_positions(compiled, self.gate, own, counted, found.lengths.ravel())
        powers = powers.reshape(*tokens.shape, -1)  # (B, T, 3)
        return Predicted(both.reshape(logits.shape), powers, MixtureState(after, found.state))

    def select(self, state: MixtureState, rows: IntArray) -> MixtureState:
        """Return the states of some rows, in this order."""
        return MixtureState(self.network.select(state.network, rows), self.counts.select(state.counts, rows))

    def join(self, states: Sequence[MixtureState]) -> MixtureState:
        """Batch the rows of several states, in order."""
        networks, counts = zip(*states, strict=True)
        return MixtureState(self.network.join(networks), self.counts.join(counts))

    def state_to_arrays(self, state: MixtureState) -> Arrays:
        """Return the arrays of both states by name."""
        counts = self.counts.state_to_arrays(state.counts)
        return self.network.state_to_arrays(state.network) | with_prefix(NGRAM, counts)

    def state_from_arrays(self, arrays: Mapping[str, Array]) -> MixtureState:
        """Make a state from arrays.

        Raises:
            ModelFolderError: the arrays are not those of a state of this network.
        """
        counts = without_prefix(NGRAM, arrays)
        others = {name: array for name, array in arrays.items() if not name.startswith(NGRAM)}
        state = MixtureState(self.network.state_from_arrays(others), self.counts.state_from_arrays(counts))
        check_rows(arrays)
        return state


class _Encoding(Mixture):
    """A mixture whose sequences start from a source."""

    network: Any

    def encode(self, source: Source) -> MixtureState:
        """Encode B sources as the state that their sequences start from."""
        return MixtureState(self.network.encode(source), self.counts.state_after(source))


class _Attending(Mixture):
    """A mixture whose network attends to its source."""

    network: Any

    def attention(self, tokens: IntArray, state: MixtureState) -> FloatArray:
        """Unroll, and return the attention weights: [B, T] to [B, T, S]."""
        weights: FloatArray = self.network.attention(tokens, state.network)
        return weights


class _HandingOver(Mixture):
    """A mixture whose network hands over to a successor."""

    network: Any

    @property
    def first_tokens(self) -> int:
        """The number of tokens that the network generates itself."""
        return int(self.network.first_tokens)

    def prepare(self) -> None:
        """Start to load the successor in the background."""
        self.network.prepare()

    def hand_over(self, state: MixtureState) -> tuple[SequenceNetwork, State]:
        """Return a mixture with the successor, and a state converted to its own."""
        network, after = self.network.hand_over(state.network)
        successor = self if network is self.network else mixture(network, self.counts.hastened(), self.gate)
        return successor, MixtureState(after, state.counts)


class _Generating(Mixture):
    """A mixture whose network generates blocks, in which each step is mixed."""

    network: Any

    def generate_block(self, logits: Logits, state: MixtureState, sampled: SampledRows, functions: Functions) -> Block:
        """Draw and read up to N tokens a row. See `engines.base.BlockGenerator`."""
        return self._generated(self.network.generate_block, logits, state, sampled, functions)

    def generate_row(self, logits: Logits, state: MixtureState, sampled: SampledRows, functions: Functions) -> Block:
        """Draw and read up to N tokens of one row."""
        return self._generated(self.network.generate_row, logits, state, sampled, functions)

    def _generated(self, generate: Any, logits: Logits, state: MixtureState, *drawing: Any) -> Block:
        block: Block = generate(logits, state.network, *drawing, self._adjustment(state.counts))
        counts = [last_tokens(before, tokens) for before, tokens in zip(state.counts, block.tokens, strict=True)]
        return block._replace(state=MixtureState(block.state, np.stack(counts)))

    def _adjustment(self, tokens: IntArray) -> LogitsAdjustment:
        """Return the compiled form of what is mixed in, after the last tokens [B, N - 1]."""
        from unspool.engines.kernels.mixing import adjust, contexts

        tables = (self.counts.tables, self.gate)
        return LogitsAdjustment(adjust, tables, contexts(self.counts.tables, tokens))


@cache
def _kind(*classes: type[Mixture]) -> type[Mixture]:
    return type("Mixture", (*classes, Mixture), {})


def mixture(network: SequenceNetwork, counts: NgramNetwork, gate: Gate) -> Mixture:
    """Mix a network and counts of the same vocabulary; the mixture has every method that the network has."""
    able = {Encodes: _Encoding, Attends: _Attending, HandoverNetwork: _HandingOver, BlockGenerator: _Generating}
    classes = [kind for protocol, kind in able.items() if isinstance(network, protocol)]
    return _kind(*classes)(network, counts, gate)


def open_mixture(network: SequenceNetwork, counts: NgramNetwork, arrays: Mapping[str, Array]) -> Mixture:
    """Make the mixture whose gate is among the arrays of a model folder.

    Raises:
        ModelFolderError: the arrays of the gate do not fit the counts.
    """
    gate = gate_from_arrays(without_prefix(GATE, arrays), counts.order, counts.vocabulary_size)
    return mixture(network, counts, gate)


def mix_positions(
    compiled: bool, gate: Gate, logits: Logits, counts: Logits, lengths: IntArray
) -> tuple[Logits, FloatArray]:
    """Mix the distributions of the network and of the counts at R positions, compiled or by definition.

    Args:
        compiled: has a kernel do it.
        gate: gives them their powers.
        logits: are those of the network, [R, V] float32.
        counts: are the log-probabilities of the counts, [R, V] float32.
        lengths: are those of the longest known contexts, [R].

    Returns:
        the log-probabilities of the mixture, [R, V] float32, and the powers, [R, 3] float64; see `gate.mixed`.
    """
    if not compiled:
        return mixed(gate, logits, counts, lengths)
    from unspool.engines.kernels import mixing

    both, powers = np.array(logits), np.empty((len(logits), POWERS))
    mixing.mix_positions(gate, both, counts, lengths, powers)
    return both, powers


def with_prefix(prefix: str, arrays: Mapping[str, Array]) -> Arrays:
    """Begin the names of arrays with a prefix."""
    return {prefix + name: array for name, array in arrays.items()}


def without_prefix(prefix: str, arrays: Mapping[str, Array]) -> Arrays:
    """Return the arrays whose names begin with a prefix, by the rest of their names."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def counts_of_network(network: SequenceNetwork) -> NgramNetwork | None:
    """Return the n-grams beside a network, or those of a model that was counted; none where there are none."""
    counts = network.counts if isinstance(network, Mixture) else network
    return counts if isinstance(counts, NgramNetwork) else None
