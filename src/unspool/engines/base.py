"""The protocols of an engine: networks that read and unroll, and a `Learner` that trains one.

The protocols are narrow, so that a network has the methods that it can honour and no others, as
`isinstance(network, Attends)` shows. The boundary is NumPy. A state is a value: it is passed in and returned, never
kept inside, and opaque outside the engine that made it.

Shapes: B rows, T time steps, S positions of a source, V tokens, C labels, N tokens of a block.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from unspool.arrays import Array, Arrays, Flags, FloatArray, IntArray, Logits, log_sum_exp
from unspool.data.batches import Batch, Source
from unspool.specs.shapes import CellName
from unspool.specs.training import Precision

State = Any  # opaque outside its engine

ORDINARY_RATE = 2.8e10  # weights times tokens per second in training on two ordinary cores


def ordinary_rate(cell: CellName) -> float:
    """Return the rate of two ordinary cores, which is assumed where nothing may depend on the clock."""
    return ORDINARY_RATE


class Machine(NamedTuple):
    """What an engine finds on a machine to train with.

    Attributes:
        precision: is the one that it multiplies fastest, `float32` or `bfloat16`.
        threads: is the number of threads that it has.
        rows: is the number of rows of a batch that keeps it busy.
        compiled: says whether there are compiled recurrences for the cells that the framework runs step by step.
        rate_of: returns the product of weights and tokens per second that training a cell gets through.
    """

    precision: Precision
    threads: int
    rows: int = 32
    compiled: bool = False
    rate_of: Callable[[CellName], float] = ordinary_rate


@runtime_checkable
class SequenceNetwork(Protocol):
    """A network that predicts the next token from a state.

    Attributes:
        vocabulary_size: is the number of tokens, V.
    """

    vocabulary_size: int

    def initial_state(self, rows: int) -> State:
        """Return the state that sequences without a source start from, of B rows."""

    def step(self, tokens: IntArray, state: State) -> tuple[Logits, State]:
        """Read one token a row: [B] to logits [B, V] float32 and the next state."""

    def unroll(self, tokens: IntArray, state: State) -> tuple[Logits, State]:
        """Read T tokens a row: [B, T] to logits [B, T, V]. Equals T times `step`."""

    def nll(self, inputs: IntArray, targets: IntArray, state: State) -> tuple[Logits, State]:
        """Compute the negative log-likelihood of each target.

        Args:
            inputs: are the tokens to read, [B, T].
            targets: are the tokens that follow them, [B, T].
            state: is the one before the first token, of B rows.

        Returns:
            minus the log-probability of each target, [B, T] float32, in nats; and the next state.
        """

    def select(self, state: State, rows: IntArray) -> State:
        """Return the state of some rows, in this order; rows may repeat."""

    def join(self, states: Sequence[State]) -> State:
        """Batch the rows of at least one state, in order: the inverse of `select`.

        Memories of different source lengths are padded and masked, so that the predictions of no row change.
        """

    def state_to_arrays(self, state: State) -> Arrays:
        """Return the arrays of a state by name, to save it: [L, B, H], and those of a `Memory`, [1, B, S, ...]."""

    def state_from_arrays(self, arrays: Mapping[str, Array]) -> State:
        """Return the state of arrays that `state_to_arrays` of any engine returned.

        Raises:
            ModelFolderError: the arrays are not those of a state of this network.
        """


@runtime_checkable
class Encodes(Protocol):
    """A network whose sequences start from a source."""

    def encode(self, source: Source) -> State:
        """Encode B sources as the state that their sequences start from, with the memory that attention reads."""


@runtime_checkable
class Attends(Protocol):
    """A network whose decoder attends to its source at every step."""

    def attention(self, tokens: IntArray, state: State) -> FloatArray:
        """Unroll, and return the attention weights: [B, T] to [B, T, S], which sum to 1 over S."""


@runtime_checkable
class Classifies(Protocol):
    """A network that scores the labels of a source."""

    def classify(self, source: Source) -> Logits:
        """Score the labels of B sources: [B, C] float32."""


Network = SequenceNetwork | Classifies  # what an engine builds


@runtime_checkable
class EncoderDecoder(SequenceNetwork, Encodes, Protocol):
    """A network that generates a sequence from a source."""


class SampledRows(NamedTuple):
    """What the sampler needs to draw a block of tokens for B rows; `decode/sampler.py` defines it.

    Attributes:
        counts: says how often each token was generated, [B, V] int64; changed in place.
        seen: marks the tokens that were read or generated, [B, V] bool; changed in place.
        forbidden: marks the tokens that must not be drawn, [B, V] bool.
        parameters: are the sampling parameters, [B, 8] float64.
        uniforms: are random numbers in [0, 1), one for each token, [B, N] float64.
        limits: are the maximum numbers of tokens, 1 to N, [B] int64.
        scored: marks the rows whose log-probabilities are requested, [B] bool.
        end: is the token after which a row generates no more.
    """

    counts: IntArray
    seen: Flags
    forbidden: Flags
    parameters: FloatArray
    uniforms: FloatArray
    limits: IntArray
    scored: Flags
    end: int


class Block(NamedTuple):
    """What a network generated in one call.

    Attributes:
        tokens: are those of each row, 1 to N; the last is -1 if a logit was NaN or infinite.
        log_probabilities: are those of the tokens before any filter, in nats; zeros where they are not requested.
        logits: are those of the next tokens, [B, V].
        state: is the one after the last tokens. Both are undefined for a row that ended or met its limit before N.
    """

    tokens: list[IntArray]
    log_probabilities: list[FloatArray]
    logits: Logits
    state: State


Functions = Sequence[Callable[..., Any]]


class LogitsAdjustment(NamedTuple):
    """What stands beside a network, and changes its logits after each token that it reads.

    Attributes:
        adjust: is a compiled function of tables, a token that was read, the memory of its row [K], and the logits of
            the row [V] float32; it changes the last two in place.
        tables: are what it reads.
        memory: is that of each row, [B, K] int64.
    """

    adjust: Callable[..., None]
    tables: Any
    memory: IntArray


@runtime_checkable
class BlockGenerator(SequenceNetwork, Protocol):
    """A network that also draws: it generates many tokens in one call, without Python in between."""

    def generate_block(
        self,
        logits: Logits,
        state: State,
        sampled: SampledRows,
        functions: Functions,
        adjustment: LogitsAdjustment | None = None,
    ) -> Block:
        """Draw and read up to N tokens a row. Each row's result is bit for bit independent of the other rows.

        Args:
            logits: are those of the first tokens, [B, V].
            state: is that of B rows.
            sampled: holds the settings and random numbers of each row.
            functions: are the sampler's `COMPILABLE`, to be compiled.
            adjustment: changes the logits after each token; its memory changes in place.
        """

    def generate_row(
        self,
        logits: Logits,
        state: State,
        sampled: SampledRows,
        functions: Functions,
        adjustment: LogitsAdjustment | None = None,
    ) -> Block:
        """Do the same for a single row, as fast as possible; there are no log-probabilities.

        With `bfloat16` and `int8` weights only `generate_block` rounds states too, so that logits differ by up to 0.3 %
        and 2 % of the largest one: see docs/decisions/0004.
        """


@runtime_checkable
class HandoverNetwork(SequenceNetwork, Protocol):
    """A network that is quick to start, and hands over to one that is quicker to run.

    Attributes:
        first_tokens: is the number of tokens that it generates itself.
    """

    first_tokens: int

    def prepare(self) -> None:
        """Start to load the successor in the background."""

    def hand_over(self, state: State) -> tuple[SequenceNetwork, State]:
        """Return the successor, or itself if there is none, and a state converted to its own."""


@runtime_checkable
class Learner(Protocol):
    """A network that can be trained, and whose training can be saved and resumed."""

    def train_step(self, batch: Batch, rate: float, step: int, forcing: float = 1.0) -> float:
        """Update the weights once.

        Args:
            batch: holds what to read and predict.
            rate: is the fraction of the peak learning rate, 0 to 1.
            step: counts the updates, and seeds the dropout.
            forcing: is the fraction of the decoder's inputs that are the true tokens, 0 to 1.

        Returns:
            the loss in nats per target, before the update; it may be NaN, and then nothing was updated.
        """

    def use_threads(self, threads: int) -> None:
        """Set the number of threads that the next steps use, at least 1."""

    def network(self) -> Network:
        """Return the network with its present weights, for evaluation; valid until the next `train_step`."""

    def weights(self) -> Arrays:
        """Return the weights that evaluation uses, by the names of `parameter_shapes`."""

    def move_towards(self, weights: Mapping[str, Array], fraction: float) -> None:
        """Move the present weights towards others, by a fraction of the way, 0 to 1."""

    def training_state(self) -> Arrays:
        """Return everything that resuming needs: weights, moments, the carried state."""

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Restore what `training_state` returned."""


def nll_of(logits: Logits, targets: IntArray) -> Logits:
    """Compute the negative log-likelihood of each target: [B, T, V], [B, T] to [B, T], in nats."""
    chosen = np.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]  # (B, T)
    result: Logits = log_sum_exp(logits) - chosen
    return result
