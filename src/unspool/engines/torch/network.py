"""A PyTorch decoder behind the NumPy boundary, for inference.

Shapes: B rows, T time steps, H hidden, L layers, V tokens.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from unspool.engines.base import Array, Arrays, Logits
from unspool.engines.parameters import state_shapes
from unspool.engines.torch.decoder import Decoder, TorchState
from unspool.specs.network import NetworkSpec
from unspool.text.tokenizer import IntArray


def autocast(precision: str) -> AbstractContextManager[object]:
    """Products in `bfloat16`, weights and sums in float32; or everything in `float32`."""
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bfloat16")


class TorchNetwork:
    """Reads and unrolls with a decoder that someone else may be training.

    Args:
        decoder: the module.
        precision: of its products.
    """

    def __init__(self, decoder: Decoder, precision: str = "float32") -> None:
        self.spec = NetworkSpec(decoder=decoder.spec)
        self._decoder, self._precision = decoder, precision

    def initial_state(self, rows: int) -> TorchState:
        """Zeros."""
        return self._decoder.initial_state(rows)

    def step(self, tokens: IntArray, state: TorchState) -> tuple[Logits, TorchState]:
        """Read one token a row: [B] to [B, V]."""
        logits, state = self.unroll(tokens[:, None], state)  # (B, 1, V)
        return logits[:, 0], state

    def unroll(self, tokens: IntArray, state: TorchState) -> tuple[Logits, TorchState]:
        """Read T tokens a row: [B, T] to [B, T, V]."""
        with torch.inference_mode():
            logits, state = self._run(tokens, state)
            return logits.numpy(), state

    def surprise(self, inputs: IntArray, targets: IntArray, state: TorchState) -> tuple[Logits, TorchState]:
        """Minus the log-probability of each target: [B, T] to [B, T], in nats."""
        with torch.inference_mode():
            logits, state = self._run(inputs, state)
            wanted = torch.from_numpy(targets.astype(np.int64))
            nats = F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), reduction="none")  # (B * T)
            return nats.view(wanted.shape).numpy(), state

    def select(self, state: TorchState, rows: IntArray) -> TorchState:
        """The memories of some rows."""
        index = torch.from_numpy(np.asarray(rows, np.int64))
        return tuple(tuple(tensor[:, index] for tensor in memory) for memory in state)

    def state_to_arrays(self, state: TorchState) -> Arrays:
        """Named arrays, each [L, B, H]."""
        return {
            name: torch.cat(tensors).float().numpy().copy()
            for name, tensors in zip(state_shapes(self.spec, 0), zip(*state, strict=True), strict=True)
        }

    def state_from_arrays(self, arrays: Mapping[str, Array]) -> TorchState:
        """One memory a layer."""
        tensors = [torch.from_numpy(arrays[name].copy()) for name in state_shapes(self.spec, 0)]
        layers = range(self.spec.decoder.num_layers)
        return tuple(tuple(tensor[layer : layer + 1] for tensor in tensors) for layer in layers)

    def _run(self, tokens: IntArray, state: TorchState) -> tuple[Tensor, TorchState]:
        with autocast(self._precision):
            logits, state = self._decoder(torch.from_numpy(tokens.astype(np.int64)), state)
        return logits.float(), state
