"""Update variables by the rules of `engines/optimizers.py`.

Shapes: R rows, K columns of a matrix; G gates, whose matrices stand in it one below another.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from unspool.arrays import Array, Arrays
from unspool.engines.keras.platform import as_array
from unspool.engines.optimizers import ADAM, BETAS, ITERATIONS, MOMENTUM, MUON, ROW_BETA, ROWS, uses_muon
from unspool.engines.parameters import Parameter
from unspool.specs.training import TrainingSpec

EPSILON = 1e-8  # of AdamW
COEFFICIENTS, NORM_MINIMUM = (3.4445, -4.7750, 2.0315), 1e-7  # of Newton and Schulz's iteration (Jordan, 2024)


class Optimizer(Protocol):
    """Updates one variable, and holds its moments.

    Attributes:
        steps: is the number of updates so far.
    """

    steps: int

    def settings(self, rate: float) -> Sequence[float]:
        """Return the scalars of the next update, at a fraction of the peak learning rate of 0 to 1."""

    def update(self, gradient: tf.Tensor, settings: tf.Tensor) -> None:
        """Update the variable once."""

    def moments(self) -> Arrays:
        """Return a copy of the moments by name; there are none before the first update."""

    def restore(self, moments: Mapping[str, Array]) -> None:
        """Restore what `moments` returned."""


class AdamW:
    """AdamW (Loshchilov and Hutter, 2019) for one variable.

    Args:
        variable: is updated.
        peak: is the peak learning rate.
        decay: is the decoupled weight decay.
    """

    def __init__(self, variable: tf.Variable, peak: float, decay: float) -> None:
        self._variable, self._peak, self._decay = variable, peak, decay
        self.steps = 0
        self._mean, self._square = (tf.Variable(tf.zeros(variable.shape)) for _ in ADAM)

    def settings(self, rate: float) -> Sequence[float]:
        """Return what is kept of the weights, the rate, the powers of both betas, and epsilon.

        TensorFlow adds its epsilon before the bias of the second moment is corrected, so that it is scaled.
        """
        rate *= self._peak
        powers = [beta ** (self.steps + 1) for beta in BETAS]
        return 1 - rate * self._decay, rate, *powers, EPSILON * (1 - powers[1]) ** 0.5

    def update(self, gradient: tf.Tensor, settings: tf.Tensor) -> None:
        """Update the variable once."""
        kept, rate, power1, power2, epsilon = tf.unstack(settings)
        if self._decay:
            self._variable.assign(self._variable * kept)
        handles = {"var": self._variable.handle, "m": self._mean.handle, "v": self._square.handle}
        powers = {"beta1_power": power1, "beta2_power": power2, "beta1": BETAS[0], "beta2": BETAS[1]}
        tf.raw_ops.ResourceApplyAdam(**handles, **powers, lr=rate, epsilon=epsilon, grad=gradient)

    def moments(self) -> Arrays:
        """Return a copy of both moments and of the number of updates."""
        if not self.steps:
            return {}
        values = (as_array(self._mean), as_array(self._square), np.array(self.steps, np.float32))
        return dict(zip((*ADAM, "step"), values, strict=True))

    def restore(self, moments: Mapping[str, Array]) -> None:
        """Restore what `moments` returned."""
        self.steps = int(moments["step"]) if moments else 0
        for variable, name in zip((self._mean, self._square), ADAM, strict=True):
            variable.assign(moments[name] if moments else tf.zeros(variable.shape))


class Muon:
    """Muon (Jordan, 2024) for one matrix.

    Args:
        variable: is updated, [R, K].
        peak: is the peak learning rate.
        decay: is the decoupled weight decay.
        gates: counts the matrices that stand in it and are orthogonalised each by itself.
    """

    def __init__(self, variable: tf.Variable, peak: float, decay: float, gates: int = 1) -> None:
        rows, columns = variable.shape[0] // gates, variable.shape[1]
        self._variable, self._decay, self._peak = variable, decay, peak
        self._blocks = (gates, rows, columns) if gates > 1 else (rows, columns)
        self._ratio = max(1.0, rows / columns) ** 0.5
        self._orthogonalised = _orthogonalised(rows > columns, len(self._blocks))
        self.steps = 0
        self._momentum = tf.Variable(tf.zeros(variable.shape))

    def settings(self, rate: float) -> Sequence[float]:
        """Return what is kept of the weights, and the rate."""
        rate *= self._peak
        return 1 - rate * self._decay, rate * self._ratio

    def update(self, gradient: tf.Tensor, settings: tf.Tensor) -> None:
        """Update the variable once."""
        kept, rate = tf.unstack(settings)[:2]
        momentum = self._momentum + (1 - MOMENTUM) * (gradient - self._momentum)
        blocks = tf.reshape(gradient + MOMENTUM * (momentum - gradient), self._blocks)  # (G, R / G, K) or (R, K)
        change = tf.reshape(self._orthogonalised(blocks), self._momentum.shape)  # (R, K)
        self._variable.assign(kept * self._variable - rate * self._scaled(change))
        self._momentum.assign(momentum)

    def _scaled(self, change: tf.Tensor) -> tf.Tensor:
        """Return what is subtracted from the variable, times the rate."""
        return change

    def moments(self) -> Arrays:
        """Return a copy of the momentum."""
        return {MUON[0]: as_array(self._momentum)} if self.steps else {}

    def restore(self, moments: Mapping[str, Array]) -> None:
        """Restore what `moments` returned."""
        self.steps = int(bool(moments))
        self._momentum.assign(moments[MUON[0]] if moments else tf.zeros(self._momentum.shape))


class NorMuon(Muon):
    """Muon whose rows learn at the same pace (Li et al., 2025), for each gate by itself; see `Muon`."""

    def __init__(self, variable: tf.Variable, peak: float, decay: float, gates: int) -> None:
        super().__init__(variable, peak, decay, gates)
        self._squares = tf.Variable(tf.zeros([variable.shape[0], 1]))  # (R, 1)

    def _scaled(self, change: tf.Tensor) -> tf.Tensor:
        """Divide each row of a change [R, K] by its usual size; the norm stays."""
        squares = tf.reduce_mean(tf.square(change), axis=1, keepdims=True)  # (R, 1)
        usual = self._squares.assign_add((1 - ROW_BETA) * (squares - self._squares))
        scaled = change / (tf.sqrt(usual) + NORM_MINIMUM)
        return scaled * (tf.norm(change) / tf.maximum(tf.norm(scaled), NORM_MINIMUM))

    def moments(self) -> Arrays:
        """Return a copy of the momentum, and of the means of squares of the rows."""
        return super().moments() | ({ROWS: as_array(self._squares)} if self.steps else {})

    def restore(self, moments: Mapping[str, Array]) -> None:
        """Restore what `moments` returned."""
        super().restore(moments)
        self._squares.assign(moments[ROWS] if moments else tf.zeros(self._squares.shape))


@cache
def _orthogonalised(tall: bool, rank: int) -> Any:
    """Return the function that brings the singular values of matrices [R, K] close to 1, traced once for all matrices.

    It is Newton and Schulz's iteration. Products are in bfloat16 and sums in float32: coefficients that are rounded too
    would double the error.

    Args:
        tall: says that R > K; then products are from the right, with the smaller of both Grams.
        rank: is 2 for one matrix, 3 for several of the same shape.
    """
    a, b, c = COEFFICIENTS

    @tf.function(input_signature=[tf.TensorSpec([None] * rank, tf.float32)], autograph=False)
    def orthogonalised(matrices: tf.Tensor) -> tf.Tensor:
        values = matrices / tf.maximum(tf.norm(matrices, axis=(-2, -1), keepdims=True), NORM_MINIMUM)
        for _ in range(ITERATIONS):
            rounded = tf.cast(values, tf.bfloat16)
            gram = tf.matmul(rounded, rounded, transpose_a=tall, transpose_b=not tall)  # (K, K) if tall, else (R, R)
            sums = tf.cast(b * tf.cast(gram, tf.float32) + c * tf.cast(tf.matmul(gram, gram), tf.float32), tf.bfloat16)
            product = tf.matmul(rounded, sums) if tall else tf.matmul(sums, rounded)  # (R, K)
            values = a * values + tf.cast(product, tf.float32)
        return values

    return orthogonalised


def make_optimizers(
    variables: Mapping[str, tf.Variable], facts: Mapping[str, Parameter], training: TrainingSpec
) -> dict[str, Optimizer]:
    """Make the optimizer of each variable, by name."""
    made: dict[str, Optimizer] = {}
    for name, variable in variables.items():
        decay = training.weight_decay if facts[name].matrix else 0.0
        if uses_muon(facts[name], training) and training.optimizer == "normuon":
            made[name] = NorMuon(variable, training.matrix_rate, decay, facts[name].gates)
        elif uses_muon(facts[name], training):
            made[name] = Muon(variable, training.matrix_rate, decay)
        else:
            made[name] = AdamW(variable, training.learning_rate, decay)
    return made
