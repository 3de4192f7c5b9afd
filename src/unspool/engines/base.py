"""What an engine is: a `Network` that reads and unrolls, and a `Learner` that trains one.

The boundary is NumPy. A state is a value: it is passed in and handed back, never kept inside, and only the
engine that made it looks into it.

Shapes: B rows, T time steps, V tokens.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from unspool.arrays import Array, Arrays, IntArray, Logits
from unspool.data.batches import Batch, Source
from unspool.errors import ModelFolderError
from unspool.specs.network import NetworkSpec

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
class Network(Protocol):
    """One engine's assembled parts, for inference."""

    spec: NetworkSpec

    def initial_state(self, rows: int) -> State:
        """Where every sequence starts that has no source."""

    def encode(self, source: Source) -> State:
        """Where the sequences of these sources start, with what attention may look back on: B rows."""

    def classify(self, source: Source) -> Logits:
        """The head's scores of these sources: [B, C] float32."""

    def step(self, tokens: IntArray, state: State) -> tuple[Logits, State]:
        """Read one token a row: [B] to logits [B, V] float32 and the next state."""

    def unroll(self, tokens: IntArray, state: State) -> tuple[Logits, State]:
        """Read T tokens a row: [B, T] to logits [B, T, V]. Equals T times `step`."""

    def nll(self, inputs: IntArray, targets: IntArray, state: State) -> tuple[Logits, State]:
        """How unexpected each target is after its inputs.

        Args:
            inputs: [B, T] tokens to read.
            targets: [B, T] the token that follows each.
            state: of B rows.

        Returns:
            minus the log-probability of each target, [B, T] float32, in nats; and the next state.
        """

    def attention(self, tokens: IntArray, state: State) -> Logits:
        """Where each step of an unroll looks: [B, T] to shares [B, T, S] that sum to 1, S as in the source."""

    def select(self, state: State, rows: IntArray) -> State:
        """The state of some rows, in this order; a row may come several times."""

    def state_to_arrays(self, state: State) -> Arrays:
        """A state as named arrays, to save it: [L, B, H], and what attention looks back on, [1, B, S, ...]."""

    def state_from_arrays(self, arrays: Mapping[str, Array]) -> State:
        """The state that `state_to_arrays` wrote, of any engine."""


@runtime_checkable
class Writer(Network, Protocol):
    """A network that also draws: many tokens in one call, without Python in between."""

    def write(
        self,
        logits: Logits,
        state: State,
        samplers: Sequence[Any],
        functions: Sequence[Callable[..., Any]],
        count: int,
        end: int,
    ) -> tuple[list[IntArray], Logits, State]:
        """Draw and read up to N tokens a row.

        Args:
            logits: [B, V] of the first tokens.
            state: of B rows.
            samplers: one a row, of the same settings: `written`, `seen`, `forbidden`, `parameters`, `uniforms(N)`.
            functions: the sampler's, callees first, to compile; `choose` is the last.
            count: N.
            end: the token after which no more of a row is written.

        Returns:
            the tokens of each row, at most N, the last -1 where a logit was not a number; the logits [B, V] of the
            next tokens; and the state after the last tokens. Both mean nothing for a row that has ended.
        """


@runtime_checkable
class HandoverNetwork(Network, Protocol):
    """A network that is quick to start, and hands over to one that is quicker to run."""

    def prepare(self) -> None:
        """Begin to load the successor in the background."""

    def hand_over(self, state: State) -> tuple[Network, State]:
        """The successor, or itself where there is none, and a state as its own."""


@runtime_checkable
class Learner(Protocol):
    """A network that can be trained, and whose training can be saved and resumed."""

    def train_step(self, batch: Batch, rate: float, step: int, forcing: float = 1.0) -> float:
        """Update the weights once.

        Args:
            batch: what to read and predict.
            rate: share of the highest learning rate, 0 to 1.
            step: counts the updates; seeds the dropout.
            forcing: the share of the decoder's inputs that are the true tokens, 0 to 1.

        Returns:
            the loss in nats per target, before the update; it may be NaN, and then nothing was updated.
        """

    def use_threads(self, threads: int) -> None:
        """How many threads of the processor the next steps may use, at least 1."""

    def network(self) -> Network:
        """The network with its present weights, for evaluation; valid until the next `train_step`."""

    def weights(self) -> Arrays:
        """The weights that evaluation uses, by the names of `parameter_shapes`."""

    def training_state(self) -> Arrays:
        """Everything that resuming needs: weights, moments, the carried state."""

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Go back to what `training_state` gave."""


def nll_of(logits: Logits, targets: IntArray) -> Logits:
    """Minus the log-probability of each target: [B, T, V], [B, T] to [B, T], in nats."""
    highest = logits.max(axis=-1, keepdims=True)  # (B, T, 1)
    total = np.log(np.exp(logits - highest).sum(axis=-1)) + highest[..., 0]  # (B, T)
    chosen = np.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]  # (B, T)
    result: Logits = total - chosen
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
