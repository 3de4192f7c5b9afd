"""Update variables by the rules of `engines/optimizers.py`.

Shapes: R rows, K columns of a matrix.
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from unspool.arrays import Array, Arrays
from unspool.engines.keras.platform import as_array
from unspool.engines.optimizers import ADAM, BETAS, ITERATIONS, MOMENTUM, MUON, uses_muon
from unspool.engines.parameters import Parameter
from unspool.specs.training import TrainingSpec

EPSILON = 1e-8  # of AdamW
COEFFICIENTS, NORM_MINIMUM = (3.4445, -4.7750, 2.0315), 1e-7  # of Newton and Schulz's iteration (Jordan, 2024)


class Optimizer(Protocol):
    """Updates one variable, and holds its moments."""

    def update(self, gradient: tf.Tensor, rate: float) -> None:
        """Update the variable once, at a fraction of the peak learning rate, 0 to 1."""

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
        self._step = 0
        self._mean, self._square = (tf.Variable(tf.zeros(variable.shape)) for _ in ADAM)

    def update(self, gradient: tf.Tensor, rate: float) -> None:
        """Update the variable once."""
        self._step += 1
        rate *= self._peak
        if self._decay:
            self._variable.assign(self._variable * (1 - rate * self._decay))
        handles = {"var": self._variable.handle, "m": self._mean.handle, "v": self._square.handle}
        tf.raw_ops.ResourceApplyAdam(**handles, **_adam_settings(rate, self._step), grad=gradient)

    def moments(self) -> Arrays:
        """Return a copy of both moments and of the number of updates."""
        if not self._step:
            return {}
        values = (as_array(self._mean), as_array(self._square), np.array(self._step, np.float32))
        return dict(zip((*ADAM, "step"), values, strict=True))

    def restore(self, moments: Mapping[str, Array]) -> None:
        """Restore what `moments` returned."""
        self._step = int(moments["step"]) if moments else 0
        for variable, name in zip((self._mean, self._square), ADAM, strict=True):
            variable.assign(moments[name] if moments else tf.zeros(variable.shape))


@lru_cache(maxsize=16)  # all variables of a step have the same
def _adam_settings(rate: float, step: int) -> dict[str, tf.Tensor]:
    """Return the scalars that TensorFlow's operator takes.

    It adds its epsilon before the bias of the second moment is corrected, so that it is scaled.
    """
    powers = [beta**step for beta in BETAS]
    settings = {
        "beta1_power": powers[0],
        "beta2_power": powers[1],
        "lr": rate,
        "beta1": BETAS[0],
        "beta2": BETAS[1],
        "epsilon": EPSILON * (1 - powers[1]) ** 0.5,
    }
    return {name: tf.constant(value, tf.float32) for name, value in settings.items()}


class Muon:
    """Muon (Jordan, 2024) for one matrix.

    Args:
        variable: is updated, [R, K].
        peak: is the peak learning rate.
        decay: is the decoupled weight decay.
    """

    def __init__(self, variable: tf.Variable, peak: float, decay: float) -> None:
        rows, columns = variable.shape
        self._variable, self._decay, self._peak = variable, decay, peak
        self._ratio = max(1.0, rows / columns) ** 0.5
        self._updated = _muon(rows > columns)
        self._momentum: tf.Tensor | None = None

    def update(self, gradient: tf.Tensor, rate: float) -> None:
        """Update the variable once."""
        momentum = tf.zeros_like(gradient) if self._momentum is None else self._momentum
        rate *= self._peak
        scalars = (1 - rate * self._decay, rate * self._ratio)
        matrix, self._momentum = self._updated(self._variable, momentum, gradient, *scalars)
        self._variable.assign(matrix)

    def moments(self) -> Arrays:
        """Return a copy of the momentum."""
        return {} if self._momentum is None else {MUON[0]: as_array(self._momentum)}

    def restore(self, moments: Mapping[str, Array]) -> None:
        """Restore what `moments` returned."""
        self._momentum = tf.constant(moments[MUON[0]]) if moments else None


@cache
def _muon(tall: bool) -> Any:
    """Return the update of a matrix as a graph, which is traced once for all shapes.

    Args:
        tall: says that it has more rows than columns.
    """
    matrix, scalar = tf.TensorSpec([None, None], tf.float32), tf.TensorSpec([], tf.float32)

    @tf.function(input_signature=[matrix, matrix, matrix, scalar, scalar])
    def updated(
        weight: tf.Tensor, momentum: tf.Tensor, gradient: tf.Tensor, kept: tf.Tensor, rate: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        momentum = momentum + (1 - MOMENTUM) * (gradient - momentum)
        change = gradient + MOMENTUM * (momentum - gradient)
        return kept * weight - rate * orthogonalised(change, tall), momentum

    return updated


def orthogonalised(matrix: tf.Tensor, tall: bool) -> tf.Tensor:
    """Bring the singular values of a matrix [R, K] close to 1, by Newton and Schulz's iteration.

    Products are in bfloat16 and sums in float32: coefficients that are rounded too would double the error.

    Args:
        matrix: is float32.
        tall: says that it has more rows than columns; then products are from the right, with the smaller of both Grams.
    """
    a, b, c = COEFFICIENTS
    values = matrix / tf.maximum(tf.norm(matrix), NORM_MINIMUM)
    for _ in range(ITERATIONS):
        rounded = tf.cast(values, tf.bfloat16)
        gram = tf.matmul(rounded, rounded, transpose_a=tall, transpose_b=not tall)  # (K, K) if tall, else (R, R)
        sums = tf.cast(b * tf.cast(gram, tf.float32) + c * tf.cast(tf.matmul(gram, gram), tf.float32), tf.bfloat16)
        product = tf.matmul(rounded, sums) if tall else tf.matmul(sums, rounded)  # (R, K)
        values = a * values + tf.cast(product, tf.float32)
    return values


def make_optimizers(
    variables: Mapping[str, tf.Variable], facts: Mapping[str, Parameter], training: TrainingSpec
) -> dict[str, Optimizer]:
    """Make the optimizer of each variable, by name."""
    made: dict[str, Optimizer] = {}
    for name, variable in variables.items():
        decay = training.weight_decay if facts[name].matrix else 0.0
        if uses_muon(facts[name], training):
            made[name] = Muon(variable, training.matrix_rate, decay)
        else:
            made[name] = AdamW(variable, training.learning_rate, decay)
    return made
