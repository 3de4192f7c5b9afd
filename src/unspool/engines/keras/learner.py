"""Train by truncated backpropagation through time (Williams and Peng, 1990), the state carried from batch to batch.

Shapes: B rows, H hidden units.
"""

from collections.abc import Mapping

import numpy as np

from unspool.arrays import Array, Arrays
from unspool.data.batches import Batch
from unspool.engines.dropout import step_generator
from unspool.engines.keras.decoder import KerasState
from unspool.engines.keras.layers import Dropout
from unspool.engines.keras.network import KerasClassifier, KerasDecoder, wrap_parts
from unspool.engines.keras.optimizers import make_optimizers
from unspool.engines.keras.parts import Objective, Parts
from unspool.engines.keras.platform import as_tensor, use_threads
from unspool.engines.keras.update import Update
from unspool.engines.keras.weights import load_weights, named_variables, read_weights
from unspool.engines.optimizers import RESTART, check_training_state, named_under
from unspool.engines.parameters import parameters
from unspool.errors import ModelFolderError
from unspool.specs.training import HeadTrainingSpec, TextHeadTrainingSpec, TrainingSpec


class KerasLearner:
    """Trains a network.

    Args:
        parts: is the network, with its initial weights.
        training: sets rates, dropout, precision and seed.
    """

    def __init__(self, parts: Parts, training: TrainingSpec) -> None:
        self._parts, self._training = parts, training
        self._network = wrap_parts(parts, training.precision)
        self._state: KerasState = parts.initial_state(0)
        first = step_generator(training.seed, 0)
        self._dropout = Dropout(training.dropout, training.input_dropout, first, training.recurrent_dropout)
        self._variables = named_variables(parts)
        self._facts = parameters(parts.spec)
        class_weights = training.class_weights if isinstance(training, HeadTrainingSpec) else ()
        weights = as_tensor(np.array(class_weights, np.float32)) if class_weights else None  # (C)
        self._objective = Objective(training.label_smoothing, weights)
        self._unfreeze_every = training.unfreeze if isinstance(training, TextHeadTrainingSpec) else "at-once"
        self._optimizers = make_optimizers(self._variables, self._facts, training)
        self._updates: dict[tuple[int, bool], Update] = {}  # by the number of variables, and whether inputs are sampled

    def train_step(self, batch: Batch, rate: float, step: int, forcing: float = 1.0) -> float:
        """Update the weights once, and return the loss in nats per target. See `Learner.train_step`."""
        self._dropout.generator = step_generator(self._training.seed, step)
        state = self._carried_state(batch) if batch.source is None else self._state
        loss, state = self._update(step, forcing < 1)(batch, state, rate, forcing)
        if batch.source is None and np.isfinite(loss):
            self._state = state
        return loss

    def use_threads(self, threads: int) -> None:
        """Set the number of threads that the kernels use from now on."""
        use_threads(threads)

    def network(self) -> KerasDecoder | KerasClassifier:
        """Return the network with its present weights."""
        return self._network

    def weights(self) -> Arrays:
        """Return a copy of the present weights."""
        return read_weights(self._parts)

    def move_towards(self, weights: Mapping[str, Array], fraction: float) -> None:
        """Move the weights towards others. See `Learner.move_towards`."""
        for name, variable in self._variables.items():
            variable.assign_add(fraction * (as_tensor(weights[name]) - variable))

    def training_state(self) -> Arrays:
        """Return a copy of the weights, the optimizers' moments and the carried state."""
        arrays = {f"weights.{name}": array for name, array in self.weights().items()}
        for name, optimizer in self._optimizers.items():
            arrays |= {f"moments.{key}.{name}": array for key, array in optimizer.moments().items()}
        carried = self._carries
        state = carried.state_to_arrays(self._state) if carried else {}
        return arrays | {f"state.{name}": array for name, array in state.items()}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Restore what `training_state` returned."""
        check_training_state(self._parts.spec, self._training, arrays)
        load_weights(self._parts, named_under("weights", arrays))
        moments = named_under("moments", arrays)
        for name, optimizer in self._optimizers.items():
            own = {key: value for key, value in moments.items() if key.endswith(f".{name}")}
            optimizer.restore({key.removesuffix(f".{name}"): value for key, value in own.items()})
        if self._carries:
            self._state = self._carries.state_from_arrays(named_under("state", arrays))

    @property
    def _carries(self) -> KerasDecoder | None:
        """Return the network if its state is carried from batch to batch."""
        network = self._network
        return network if isinstance(network, KerasDecoder) and self._parts.spec.encoder is None else None

    def _update(self, step: int, sampled: bool) -> Update:
        """Return the update of the variables to train: one more layer after each so many, from the head down."""
        every, variables = self._unfreeze_every, self._variables
        if isinstance(every, int):
            variables = {name: one for name, one in variables.items() if self._facts[name].depth <= step // every}
        key = (len(variables), sampled)
        if key not in self._updates:
            given = (self._optimizers, self._objective, self._dropout, self._training, sampled)
            self._updates[key] = Update(self._parts, variables, *given)
        return self._updates[key]

    def _carried_state(self, batch: Batch) -> KerasState:
        """Return the state of the last batch, with zeros in the rows that are reset; a new one if all are."""
        if batch.reset.all():
            return self._parts.initial_state(len(batch.reset))
        if self._state.layers[0][0].shape[1] != len(batch.reset):
            raise ModelFolderError("the saved state must have a row for each row of a batch.", RESTART)
        if not batch.reset.any():
            return self._state
        kept = as_tensor((~batch.reset).astype(np.float32))[None, :, None]  # (1, B, 1)
        return KerasState(tuple(tuple(tensor * kept for tensor in cell_state) for cell_state in self._state.layers))
