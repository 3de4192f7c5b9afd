"""Train by truncated backpropagation through time (Williams and Peng, 1990), the state carried from batch to batch.

Shapes: B rows, H hidden units.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from unspool.arrays import Array, Arrays
from unspool.data.batches import Batch
from unspool.engines.dropout import step_generator
from unspool.engines.optimizers import RESTART, check_training_state, named_under
from unspool.engines.parameters import parameters
from unspool.engines.torch.decoder import TorchState
from unspool.engines.torch.layers import Dropout
from unspool.engines.torch.network import TorchClassifier, TorchDecoder, autocast, wrap_parts
from unspool.engines.torch.optimizers import make_optimizers
from unspool.engines.torch.parts import Objective, Parts
from unspool.engines.torch.platform import as_array, as_tensor
from unspool.engines.torch.weights import load_weights, named_tensors, read_weights
from unspool.errors import ModelFolderError
from unspool.specs.training import HeadTrainingSpec, TextHeadTrainingSpec, TrainingSpec


class TorchLearner:
    """Trains a network.

    Args:
        parts: is the module, with its initial weights.
        training: sets rates, dropout, precision and seed.
    """

    def __init__(self, parts: Parts, training: TrainingSpec) -> None:
        self._parts, self._training = parts, training
        self._network = wrap_parts(parts, training.precision)
        self._state: TorchState = parts.initial_state(0)
        first = step_generator(training.seed, 0)
        self._dropout = Dropout(training.dropout, training.input_dropout, first, training.recurrent_dropout)
        self._parameters = named_tensors(parts)
        self._facts = parameters(parts.spec)
        class_weights = training.class_weights if isinstance(training, HeadTrainingSpec) else ()
        weights = as_tensor(np.array(class_weights, np.float32)) if class_weights else None  # (C)
        self._objective = Objective(training.label_smoothing, weights)
        self._unfreeze_every = training.unfreeze if isinstance(training, TextHeadTrainingSpec) else "at-once"
        self._optimizers = make_optimizers(self._parameters, self._facts, training)

    def train_step(self, batch: Batch, rate: float, step: int, forcing: float = 1.0) -> float:
        """Update the weights once, and return the loss in nats per target. See `Learner.train_step`."""
        self._dropout.generator = step_generator(self._training.seed, step)
        self._unfreeze(step)
        with autocast(self._training.precision):
            state = self._carried_state(batch) if batch.source is None else self._state
            found: tuple[Tensor, TorchState] = self._parts(batch, state, self._objective, self._dropout, forcing)
        loss, state = found
        for optimizer, max_rate in self._optimizers:
            optimizer.zero_grad(set_to_none=True)
            for group in optimizer.param_groups:
                group["lr"] = max_rate * rate
        loss.backward()  # type: ignore[no-untyped-call]
        norm = clip_grad_norm_(self._parameters.values(), self._training.clip)
        if not (torch.isfinite(loss) and torch.isfinite(norm)):
            return float("nan")
        for optimizer, _ in self._optimizers:
            optimizer.step()
        if batch.source is None:
            self._state = TorchState(
                tuple(tuple(tensor.detach() for tensor in cell_state) for cell_state in state.layers)
            )
        return float(loss.detach())

    def use_threads(self, threads: int) -> None:
        """Set the number of threads that PyTorch and the kernels use from now on."""
        torch.set_num_threads(threads)

    def network(self) -> TorchDecoder | TorchClassifier:
        """Return the network with its present weights."""
        return self._network

    def weights(self) -> Arrays:
        """Return a copy of the present weights."""
        return read_weights(self._parts)

    def move_towards(self, weights: Mapping[str, Array], fraction: float) -> None:
        """Move the weights towards others. See `Learner.move_towards`."""
        with torch.no_grad():
            for name, tensor in self._parameters.items():
                tensor.lerp_(as_tensor(weights[name]), fraction)

    def training_state(self) -> Arrays:
        """Return a copy of the weights, the optimizers' moments and the carried state."""
        arrays = {f"weights.{name}": array for name, array in self.weights().items()}
        for name, tensor in self._parameters.items():
            for optimizer, _ in self._optimizers:
                for key, value in optimizer.state.get(tensor, {}).items():
                    arrays[f"moments.{key}.{name}"] = as_array(value).copy()
        carried = self._carries
        state = carried.state_to_arrays(self._state) if carried else {}
        return arrays | {f"state.{name}": array for name, array in state.items()}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Restore what `training_state` returned."""
        check_training_state(self._parts.spec, self._training, arrays)
        load_weights(self._parts, named_under("weights", arrays))
        for name, tensor in self._parameters.items():
            for optimizer, _ in self._optimizers:
                if any(tensor is parameter for group in optimizer.param_groups for parameter in group["params"]):
                    optimizer.state[tensor] = {
                        key.removeprefix("moments.").removesuffix(f".{name}"): as_tensor(value.copy())
                        for key, value in arrays.items()
                        if key.startswith("moments.") and key.endswith(f".{name}")
                    }
        if self._carries:
            self._state = self._carries.state_from_arrays(named_under("state", arrays))

    @property
    def _carries(self) -> TorchDecoder | None:
        """Return the network if its state is carried from batch to batch."""
        network = self._network
        return network if isinstance(network, TorchDecoder) and self._parts.spec.encoder is None else None

    def _unfreeze(self, step: int) -> None:
        """Train one more layer after each so many updates, from the head down; the others keep their weights."""
        every = self._unfreeze_every
        if isinstance(every, int):
            for name, tensor in self._parameters.items():
                tensor.requires_grad_(self._facts[name].depth <= step // every)

    def _carried_state(self, batch: Batch) -> TorchState:
        """Return the state of the last batch, with zeros in the rows that are reset; a new one if all are."""
        if batch.reset.all():
            return self._parts.initial_state(len(batch.reset))
        if self._state.layers[0][0].shape[1] != len(batch.reset):
            raise ModelFolderError("the saved state must have a row for each row of a batch.", RESTART)
        if not batch.reset.any():
            return self._state
        kept = as_tensor(~batch.reset)[None, :, None]  # (1, B, 1)
        return TorchState(tuple(tuple(tensor * kept for tensor in cell_state) for cell_state in self._state.layers))
