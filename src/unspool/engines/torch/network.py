"""A PyTorch network behind the NumPy boundary, for inference.

Shapes: B rows, T time steps, S places of the source, H hidden, L layers, V tokens, C labels.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager

import numpy as np
import torch
from torch import Tensor

from unspool.arrays import Array, Arrays, IntArray, Logits
from unspool.data.batches import Source
from unspool.engines.parameters import state_names
from unspool.engines.torch.attention import Memory
from unspool.engines.torch.decoder import TorchState
from unspool.engines.torch.loss import token_nats
from unspool.engines.torch.parts import Parts
from unspool.engines.torch.platform import as_array, as_tensor, device


def autocast(precision: str) -> AbstractContextManager[object]:
    """Products in `bfloat16`, weights and sums in float32; or everything in `float32`."""
    return torch.autocast(device().type, dtype=torch.bfloat16, enabled=precision == "bfloat16")


class TorchNetwork:
    """Reads and unrolls with parts that someone else may be training.

    Args:
        parts: the module.
        precision: of its products.
    """

    def __init__(self, parts: Parts, precision: str = "float32") -> None:
        self.spec = parts.spec
        self._parts, self._precision = parts, precision

    def initial_state(self, rows: int) -> TorchState:
        """Zeros."""
        return self._parts.initial_state(rows)

    def encode(self, source: Source) -> TorchState:
        """Read the sources, and bridge what was read to the decoder's layers."""
        with torch.inference_mode(), autocast(self._precision):
            return self._parts.start(self._parts.read(source))

    def classify(self, source: Source) -> Logits:
        """Read the sources, and score the labels: [B, C]."""
        with torch.inference_mode(), autocast(self._precision):
            return as_array(self._parts.classify(self._parts.read(source)).float())

    def step(self, tokens: IntArray, state: TorchState) -> tuple[Logits, TorchState]:
        """Read one token a row: [B] to [B, V]."""
        logits, state = self.unroll(tokens[:, None], state)  # (B, 1, V)
        return logits[:, 0], state

    def unroll(self, tokens: IntArray, state: TorchState) -> tuple[Logits, TorchState]:
        """Read T tokens a row: [B, T] to [B, T, V]."""
        with torch.inference_mode():
            logits, state = self._run(tokens, state)
            return as_array(logits.float()), state

    def nll(self, inputs: IntArray, targets: IntArray, state: TorchState) -> tuple[Logits, TorchState]:
        """Minus the log-probability of each target: [B, T] to [B, T], in nats."""
        with torch.inference_mode():
            logits, state = self._run(inputs, state)
            wanted = _ids(targets)
            nats = token_nats(logits.flatten(0, 1), wanted.flatten())  # (B * T)
            return as_array(nats.view(wanted.shape)), state

    def attention(self, tokens: IntArray, state: TorchState) -> Logits:
        """Where each step of an unroll looks: [B, T] to [B, T, S]."""
        decoder = self._parts.writer
        assert decoder.attention is not None, "this network has no attention"
        assert state.memory is not None, "this state comes from no source"
        with torch.inference_mode(), autocast(self._precision):
            hidden, _ = decoder.walk(_ids(tokens), state)
            return as_array(decoder.attention.shares(hidden, state.memory))

    def select(self, state: TorchState, rows: IntArray) -> TorchState:
        """The states of some rows."""
        index = _ids(rows)
        layers = tuple(tuple(tensor[:, index] for tensor in cell_state) for cell_state in state.layers)
        return TorchState(layers, Memory(*(tensor[index] for tensor in state.memory)) if state.memory else None)

    def state_to_arrays(self, state: TorchState) -> Arrays:
        """Named arrays: [L, B, H], and [1, B, S, ...] of what attention looks back on."""
        names = state_names(self.spec.writer)
        found = {n: torch.cat(tensors) for n, tensors in zip(names, zip(*state.layers, strict=True), strict=True)}
        found |= {n: tensor[None] for n, tensor in state.memory._asdict().items()} if state.memory else {}
        return {
            name: as_array(tensor if tensor.dtype == torch.bool else tensor.float()).copy()
            for name, tensor in found.items()
        }

    def state_from_arrays(self, arrays: Mapping[str, Array]) -> TorchState:
        """One cell state a layer."""
        decoder = self.spec.writer
        tensors = {name: as_tensor(array.copy()) for name, array in arrays.items()}
        cell_states = tuple(
            tuple(tensors[name][layer : layer + 1] for name in state_names(decoder))
            for layer in range(decoder.num_layers)
        )
        if decoder.attention == "none":
            return TorchState(cell_states)
        return TorchState(cell_states, Memory(*(tensors[name][0] for name in Memory._fields)))

    def _run(self, tokens: IntArray, state: TorchState) -> tuple[Tensor, TorchState]:
        with autocast(self._precision):
            found: tuple[Tensor, TorchState] = self._parts.writer(_ids(tokens), state)
        return found


def _ids(tokens: IntArray) -> Tensor:
    return as_tensor(np.asarray(tokens, np.int64))
