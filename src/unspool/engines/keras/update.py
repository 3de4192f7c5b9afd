"""Update the weights of a network once, as a graph: the loss of a batch, its gradients, and the optimizers.

A graph starts an operator several times as fast as eager TensorFlow does. It is traced once for all shapes of batches.

Shapes: B rows, T time steps, H hidden units.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from unspool.arrays import Array, Arrays
from unspool.data.batches import Batch
from unspool.engines.keras.decoder import KerasState
from unspool.engines.keras.layers import CellStates, Dropout
from unspool.engines.keras.optimizers import Optimizer
from unspool.engines.keras.parts import Objective, Parts
from unspool.engines.keras.products import in_precision
from unspool.specs.training import TrainingSpec

SETTINGS = 5  # scalars of an optimizer, at most


class Update:
    """Updates some of the variables.

    Args:
        parts: is the network.
        variables: are updated, by name.
        optimizers: are those of the variables, by name.
        objective: holds the settings of the loss.
        dropout: draws the masks.
        training: sets the precision and the clipping.
        sampled: lets the decoder read tokens that it predicts.
    """

    def __init__(
        self,
        parts: Parts,
        variables: Mapping[str, tf.Variable],
        optimizers: Mapping[str, Optimizer],
        objective: Objective,
        dropout: Dropout,
        training: TrainingSpec,
        sampled: bool,
    ) -> None:
        self._parts, self._variables, self._optimizers = parts, variables, optimizers
        self._objective, self._dropout, self._training, self._sampled = objective, dropout, training, sampled
        self._graph: Any = None
        self._updated: Sequence[str] = ()  # the names of the variables on which the loss depends

    def __call__(self, batch: Batch, state: KerasState, rate: float, forcing: float) -> tuple[float, KerasState]:
        """Update the weights, if the loss and all gradients are finite.

        Args:
            batch: holds what to read and predict.
            state: is what the decoder starts from if the batch has no source.
            rate: is the fraction of the peak learning rates, 0 to 1.
            forcing: is the fraction of the decoder's inputs that are the true tokens, 0 to 1.

        Returns:
            the loss in nats per target, or NaN, and the state after the batch.
        """
        arrays = _arrays(batch)
        if self._graph is None:
            self._graph = self._trace(batch, state)
            self._graph.get_concrete_function()
        settings = np.zeros((len(self._updated), SETTINGS), np.float32)
        for row, name in zip(settings, self._updated, strict=True):
            scalars = self._optimizers[name].settings(rate)
            row[: len(scalars)] = scalars
        loss, finite, layers = self._graph(arrays, state.layers, np.float64(forcing), settings)
        if not finite:
            return float("nan"), state
        for name in self._updated:
            self._optimizers[name].steps += 1
        return float(loss), KerasState(layers)

    def _trace(self, batch: Batch, state: KerasState) -> Any:
        """Make the graph for batches and states like these."""

        def update(
            arrays: tuple[Any, Any], layers: CellStates, forcing: tf.Tensor, settings: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor, CellStates]:
            given = _with_tensors(batch, *arrays)
            with tf.GradientTape(watch_accessed_variables=False) as tape, in_precision(self._training.precision):
                tape.watch(self._variables.values())
                fraction = forcing if self._sampled else None
                loss, after = self._parts(given, KerasState(layers), self._objective, self._dropout, fraction)
                found = tape.gradient(loss, self._variables)
            gradients = {name: gradient for name, gradient in found.items() if gradient is not None}
            self._updated = list(gradients)
            norm = tf.linalg.global_norm(list(gradients.values()))
            scale = tf.minimum(1.0, self._training.clip / (norm + 1e-6))

            def apply() -> bool:
                for name, scalars in zip(gradients, tf.unstack(settings, len(gradients)), strict=True):
                    self._optimizers[name].update(gradients[name] * scale, scalars)
                return True

            finite = tf.math.is_finite(loss) & tf.math.is_finite(norm)
            return loss, tf.cond(finite, apply, lambda: False), after.layers

        signature = (
            tf.nest.map_structure(lambda array: tf.TensorSpec(_shape(array), array.dtype), _arrays(batch)),
            tf.nest.map_structure(lambda one: tf.TensorSpec([1, None, one.shape[2]]), state.layers),
            tf.TensorSpec([], tf.float64),
            tf.TensorSpec([None, SETTINGS], tf.float32),
        )
        return tf.function(update, input_signature=signature, autograph=False)


def _arrays(batch: Batch) -> tuple[Arrays, Arrays]:
    """Return the arrays of a batch, and those of its source; float16 as float32, of which TensorFlow logs nothing."""
    own, source = ({} if one is None else vars(one) for one in (batch, batch.source))
    arrays, read = (
        {name: value for name, value in one.items() if isinstance(value, np.ndarray)} for one in (own, source)
    )
    return arrays, {
        name: value.astype(np.float32) if value.dtype == np.float16 else value for name, value in read.items()
    }


def _with_tensors(batch: Batch, own: Mapping[str, Any], of_source: Mapping[str, Any]) -> Batch:
    """Put tensors in the place of the arrays."""
    return replace(batch, **own, source=replace(batch.source, **of_source) if batch.source is not None else None)


def _shape(array: Array) -> list[int | None]:
    """Return the shape of an array as far as it is the same for all batches: not the rows, nor the tokens of one."""
    tokens = array.ndim == 2 and array.dtype == np.int64
    return [None, None] if tokens else [None, *array.shape[1:]]
