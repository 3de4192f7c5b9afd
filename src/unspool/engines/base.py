"""What an engine is: networks that read and unroll, and a `Learner` that trains one.

The protocols are narrow, so that a network has the methods that it can honour and no others: ask
`isinstance(network, Attends)`. The boundary is NumPy. A state is a value: it is passed in and handed back, never kept
inside, and only the engine that made it looks into it.

Shapes: B rows, T time steps, S positions of a source, V tokens, C labels, N tokens of a block.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from unspool.arrays import Array, Arrays, Flags, FloatArray, IntArray, Logits, log_sum_exp
from unspool.data.batches import Batch, Source
from unspool.errors import ModelFolderError

State = Any  # opaque outside its engine

ORDINARY_RATE = 4e11  # of two ordinary cores; what is assumed where nothing may depend on the clock


class Machine(NamedTuple):
    """What an engine finds on a machine to train with.

    Attributes:
        precision: that it multiplies fastest, `float32` or `bfloat16`.
        threads: that it has.
        rows: of a batch that keep it busy.
        compiled: whether it has compiled recurrences for the cells that its framework steps through one by one.
        rate: operations per second of a large product.
    """

    precision: str
    threads: int
    rows: int = 32
    compiled: bool = False
    rate: float = ORDINARY_RATE


@runtime_checkable
class SequenceNetwork(Protocol):
    """A network that predicts the next token from a state.

    Attributes:
        vocabulary_size: V.
    """

    vocabulary_size: int

    def initial_state(self, rows: int) -> State:
        """Make the state from which sequences without a source start, of B rows."""

    def step(self, tokens: IntArray, state: State) -> tuple[Logits, State]:
        """Read one token a row: [B] to logits [B, V] float32 and the next state."""

    def unroll(self, tokens: IntArray, state: State) -> tuple[Logits, State]:
        """Read T tokens a row: [B, T] to logits [B, T, V]. Equals T times `step`."""

    def nll(self, inputs: IntArray, targets: IntArray, state: State) -> tuple[Logits, State]:
        """Compute the negative log-likelihood of each target.

        Args:
            inputs: [B, T] tokens to read.
            targets: [B, T] the token that follows each.
            state: of B rows.

        Returns:
            minus the log-probability of each target, [B, T] float32, in nats; and the next state.
        """

    def select(self, state: State, rows: IntArray) -> State:
        """Take the state of some rows, in this order; a row may come several times."""

    def join(self, states: Sequence[State]) -> State:
        """Batch the rows of at least one state, in order: the inverse of `select`.

        Memories of different source lengths are padded and masked, so that no row's predictions change.
        """

    def state_to_arrays(self, state: State) -> Arrays:
        """Name the arrays of a state, to save it: [L, B, H], and what attention looks back on, [1, B, S, ...]."""

    def state_from_arrays(self, arrays: Mapping[str, Array]) -> State:
        """Make the state that `state_to_arrays` of any engine wrote.

        Raises:
            ModelFolderError: the arrays are not those of a state of this network.
        """


@runtime_checkable
class Encodes(Protocol):
    """A network whose sequences start from a source."""

    def encode(self, source: Source) -> State:
        """Make the state from which the sequences of B sources start, with what attention looks back on."""


@runtime_checkable
class Attends(Protocol):
    """A network that looks back on its source at every step."""

    def attention(self, tokens: IntArray, state: State) -> FloatArray:
        """Unroll, and give the attention weights: [B, T] to [B, T, S], which sum to 1 over S."""


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
    """What decides the tokens of B rows in a block. `decode/sampler.py` defines the draw.

    Attributes:
        counts: [B, V] int64, how often each token was generated; changed in place.
        seen: [B, V] bool, whether each token was read or generated; changed in place.
        forbidden: [B, V] bool, tokens that must not be drawn.
        parameters: [B, 8] float64 of the sampler.
        uniforms: [B, N] float64, random numbers in [0, 1), one for each token.
        limits: [B] int64, how many tokens each row generates at most, 1 to N.
        scored: [B] bool, whether the log-probabilities of a row's tokens are wanted.
        end: the token after which a row generates no more.
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
        tokens: of each row, 1 to N; the last is -1 where a logit was not a number.
        log_probabilities: of these tokens under the network's own distribution, in nats; zeros where not wanted.
        logits: [B, V] of the next tokens.
        state: after the last tokens. Both mean nothing for a row that has ended or came to its limit before N.
    """

    tokens: list[IntArray]
    log_probabilities: list[FloatArray]
    logits: Logits
    state: State


Functions = Sequence[Callable[..., Any]]


@runtime_checkable
class BlockGenerator(SequenceNetwork, Protocol):
    """A network that also draws: it generates many tokens in one call, without Python in between."""

    def generate_block(self, logits: Logits, state: State, sampled: SampledRows, functions: Functions) -> Block:
        """Draw and read up to N tokens a row. No row's result depends on the other rows, to the last bit.

        Args:
            logits: [B, V] of the first tokens.
            state: of B rows.
            sampled: the settings and random numbers of each row.
            functions: the sampler's `COMPILABLE`, to be compiled.
        """

    def generate_row(self, logits: Logits, state: State, sampled: SampledRows, functions: Functions) -> Block:
        """Do the same for one row alone, as fast as can be; log-probabilities are not given.

        With `bfloat16` and `int8` weights only `generate_block` rounds states too, so that logits differ by up to 0.3 %
        and 2 % of the largest one: see docs/decisions/0004.
        """


@runtime_checkable
class HandoverNetwork(SequenceNetwork, Protocol):
    """A network that is quick to start, and hands over to one that is quicker to run.

    Attributes:
        first_tokens: how many tokens it is to generate itself.
    """

    first_tokens: int

    def prepare(self) -> None:
        """Begin to load the successor in the background."""

    def hand_over(self, state: State) -> tuple[SequenceNetwork, State]:
        """Give the successor, or itself where there is none, and a state as its own."""


@runtime_checkable
class Learner(Protocol):
    """A network that can be trained, and whose training can be saved and resumed."""

    def train_step(self, batch: Batch, rate: float, step: int, forcing: float = 1.0) -> float:
        """Update the weights once.

        Args:
            batch: what to read and predict.
            rate: fraction of the peak learning rate, 0 to 1.
            step: counts the updates; seeds the dropout.
            forcing: the fraction of the decoder's inputs that are the true tokens, 0 to 1.

        Returns:
            the loss in nats per target, before the update; it may be NaN, and then nothing was updated.
        """

    def use_threads(self, threads: int) -> None:
        """Let the next steps use so many threads of the processor, at least 1."""

    def network(self) -> Network:
        """Give the network with its present weights, for evaluation; valid until the next `train_step`."""

    def weights(self) -> Arrays:
        """Give the weights that evaluation uses, by the names of `parameter_shapes`."""

    def training_state(self) -> Arrays:
        """Give everything that resuming needs: weights, moments, the carried state."""

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Go back to what `training_state` gave."""


def nll_of(logits: Logits, targets: IntArray) -> Logits:
    """Compute minus the log-probability of each target: [B, T, V], [B, T] to [B, T], in nats."""
    chosen = np.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]  # (B, T)
    result: Logits = log_sum_exp(logits) - chosen
    return result


def check_weights(spec_shapes: Mapping[str, tuple[int, ...]], weights: Mapping[str, Array]) -> None:
    """Refuse weights that do not fit the spec.

    Raises:
        ModelFolderError: a name, shape or type differs, or a number is not finite.
    """
    if set(weights) != set(spec_shapes):
        missing, extra = set(spec_shapes) - set(weights), set(weights) - set(spec_shapes)
        raise ModelFolderError(
            f"the weights do not fit config.json: missing {sorted(missing)[:2]}, unknown {sorted(extra)[:2]}.",
            "restore the folder from a copy.",
        )
    for name, shape in spec_shapes.items():
        if weights[name].shape != shape or weights[name].dtype != np.float32:
            raise ModelFolderError(
                f"{name} must be float32 {shape}. Received: {weights[name].dtype} {weights[name].shape}.",
                "restore the folder from a copy.",
            )
        if not np.isfinite(weights[name]).all():
            raise ModelFolderError(f"{name} holds numbers that are not finite.", "restore it from a copy.")


def check_state(shapes: Mapping[str, tuple[int | None, ...]], arrays: Mapping[str, Array]) -> None:
    """Refuse arrays that are not those of a state.

    Args:
        shapes: of the arrays by name; none stands for a size that only has to be the same in all of them, as that of
            the same axis. `mask` is of truth values, all else float32.
        arrays: to be checked.

    Raises:
        ModelFolderError: a name, shape or type differs.
    """
    kinds = {name: np.bool_ if name == "mask" else np.float32 for name in shapes}
    fits = arrays.keys() == shapes.keys() and all(
        array.ndim == len(shapes[name])
        and array.dtype == kinds[name]
        and all(wanted in (None, size) for wanted, size in zip(shapes[name], array.shape, strict=True))
        for name, array in arrays.items()
    )
    open_axes = {
        (axis, size)
        for name, array in arrays.items()
        if fits
        for axis, size in enumerate(array.shape)
        if shapes[name][axis] is None
    }
    if not fits or len(open_axes) != len({axis for axis, _ in open_axes}):
        found = {name: f"{array.dtype} {array.shape}" for name, array in arrays.items()}
        raise ModelFolderError(
            f"a state of this network must have the arrays {', '.join(shapes)}. Received: {found!s:.120}.",
            "read the text again: the state is damaged, or of another network.",
        )
