"""PyTorch networks behind the NumPy boundary, for inference.

Shapes: B rows, T time steps, S positions of the source, H hidden, L layers, V tokens, C labels.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from unspool.arrays import Array, Arrays, FloatArray, IntArray, Logits
from unspool.data.batches import Source
from unspool.engines.checking import check_state
from unspool.engines.numpy.network import decoder_of, saved_shapes
from unspool.engines.parameters import state_names
from unspool.engines.torch.attention import Memory
from unspool.engines.torch.decoder import Decoder, TorchState
from unspool.engines.torch.loss import token_nats
from unspool.engines.torch.parts import Parts
from unspool.engines.torch.platform import as_array, as_tensor, device


def autocast(precision: str) -> AbstractContextManager[object]:
    """Return a context with products in `bfloat16`, and weights and sums in float32; or everything in `float32`."""
    return torch.autocast(device().type, dtype=torch.bfloat16, enabled=precision == "bfloat16")


class TorchDecoder:
    """Reads and unrolls with a decoder, which may be in training.

    Args:
        parts: is the module; it has a decoder.
        precision: is that of its products.
    """

    def __init__(self, parts: Parts, precision: str) -> None:
        self._parts, self._precision = parts, precision
        self._spec = decoder_of(parts.spec)
        self.vocabulary_size = self._spec.vocabulary_size

    def initial_state(self, rows: int) -> TorchState:
        """Make a state of zeros."""
        return self._parts.initial_state(rows)

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
        """Compute the negative log-likelihood of each target: [B, T] to [B, T], in nats."""
        with torch.inference_mode():
            logits, state = self._run(inputs, state)
            expected = _ids(targets)  # (B, T)
            nats = token_nats(logits.flatten(0, 1), expected.flatten())  # (B * T)
            return as_array(nats.view(expected.shape)), state

    def select(self, state: TorchState, rows: IntArray) -> TorchState:
        """Return the states of some rows, in this order."""
        index = _ids(rows)
        layers = tuple(tuple(tensor[:, index] for tensor in cell_state) for cell_state in state.layers)
        return TorchState(layers, Memory(*(tensor[index] for tensor in state.memory)) if state.memory else None)

    def join(self, states: Sequence[TorchState]) -> TorchState:
        """Batch the rows of several states, in order."""
        layers = zip(*(state.layers for state in states), strict=True)
        joined = tuple(tuple(torch.cat(tensors, dim=1) for tensors in zip(*layer, strict=True)) for layer in layers)
        return TorchState(joined, _join_memories([state.memory for state in states]))

    def state_to_arrays(self, state: TorchState) -> Arrays:
        """Return the arrays by name: [L, B, H], and those of the memory, [1, B, S, ...]."""
        names = state_names(self._spec)
        found = {n: torch.cat(tensors) for n, tensors in zip(names, zip(*state.layers, strict=True), strict=True)}
        found |= {n: tensor[None] for n, tensor in state.memory._asdict().items()} if state.memory else {}
        return {
            name: as_array(tensor if tensor.dtype == torch.bool else tensor.float()).copy()
            for name, tensor in found.items()
        }

    def state_from_arrays(self, arrays: Mapping[str, Array]) -> TorchState:
        """Make a state from arrays, with one cell state a layer.

        Raises:
            ModelFolderError: the arrays are not those of a state of this network.
        """
        check_state(saved_shapes(self._spec), arrays)
        return self._layers_from(arrays)

    def _layers_from(self, arrays: Mapping[str, Array]) -> TorchState:
        tensors = [as_tensor(arrays[name].copy()) for name in state_names(self._spec)]  # each (L, B, H)
        return TorchState(tuple(tuple(one[n : n + 1] for one in tensors) for n in range(self._spec.num_layers)))

    @property
    def _decoder(self) -> Decoder:
        return self._parts.require_decoder()

    def _run(self, tokens: IntArray, state: TorchState) -> tuple[Tensor, TorchState]:
        with autocast(self._precision):
            found: tuple[Tensor, TorchState] = self._decoder(_ids(tokens), state)
        return found


class TorchEncoderDecoder(TorchDecoder):
    """A decoder that starts from a source."""

    def encode(self, source: Source) -> TorchState:
        """Encode the sources, and bridge their summaries to the layers of the decoder."""
        with torch.inference_mode(), autocast(self._precision):
            return self._parts.start(self._parts.read(source))


class TorchAttentionNetwork(TorchEncoderDecoder):
    """A decoder that attends to its source at every step."""

    def attention(self, tokens: IntArray, state: TorchState) -> FloatArray:
        """Unroll, and return the attention weights: [B, T] to [B, T, S]."""
        if self._decoder.attention is None or state.memory is None:
            raise ValueError("attention needs a state that comes from a source")
        with torch.inference_mode(), autocast(self._precision):
            hidden, _ = self._decoder.run_layers(_ids(tokens), state)
            return as_array(self._decoder.attention.weights(hidden, state.memory))

    def state_from_arrays(self, arrays: Mapping[str, Array]) -> TorchState:
        """Make a state from arrays, with one cell state a layer and a memory.

        Raises:
            ModelFolderError: the arrays are not those of a state of this network.
        """
        encoder = self._parts.spec.encoder
        check_state(saved_shapes(self._spec, encoder.width if encoder else 0), arrays)
        memory = Memory(*(as_tensor(arrays[name][0].copy()) for name in Memory._fields))
        return self._layers_from(arrays)._replace(memory=memory)


class TorchClassifier:
    """An encoder and a head, which may be in training.

    Args:
        parts: is the module; it has a head.
        precision: is that of its products.
    """

    def __init__(self, parts: Parts, precision: str) -> None:
        self._parts, self._precision = parts, precision

    def classify(self, source: Source) -> Logits:
        """Encode the sources, and score their labels: [B, C]."""
        with torch.inference_mode(), autocast(self._precision):
            return as_array(self._parts.classify(self._parts.read(source)).float())


def wrap_parts(parts: Parts, precision: str = "float32") -> TorchDecoder | TorchClassifier:
    """Return the network of some parts, with the methods that these can honour."""
    spec = parts.spec
    if spec.decoder is None:
        return TorchClassifier(parts, precision)
    if spec.encoder is None:
        return TorchDecoder(parts, precision)
    return (TorchEncoderDecoder if spec.decoder.attention == "none" else TorchAttentionNetwork)(parts, precision)


def _join_memories(found: Sequence[Memory | None]) -> Memory | None:
    """Batch the memories of several states, the shorter sources padded and masked."""
    memories = [memory for memory in found if memory is not None]
    if not memories:
        return None
    if len(memories) < len(found):
        raise ValueError("states that come from a source cannot be joined with states that come from none")
    longest = max(memory.mask.shape[1] for memory in memories)  # S
    return Memory(*(torch.cat([_padded(one, longest) for one in tensors]) for tensors in zip(*memories, strict=True)))


def _padded(tensor: Tensor, length: int) -> Tensor:
    """Pad with zeros: [B, S, ...] to [B, length, ...]."""
    return F.pad(tensor, (0, 0) * (tensor.dim() - 2) + (0, length - tensor.shape[1]))


def _ids(tokens: IntArray) -> Tensor:
    return as_tensor(np.asarray(tokens, np.int64))
