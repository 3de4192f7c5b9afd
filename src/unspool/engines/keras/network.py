"""TensorFlow networks behind the NumPy boundary, for inference.

Shapes: B rows, T time steps, S positions of the source, H hidden, L layers, V tokens, C labels.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from unspool.arrays import Array, Arrays, FloatArray, IntArray, Logits
from unspool.data.batches import Source
from unspool.engines.checking import check_state
from unspool.engines.keras.attention import Memory
from unspool.engines.keras.decoder import Decoder, KerasState
from unspool.engines.keras.layers import CellStates
from unspool.engines.keras.loss import token_nats
from unspool.engines.keras.parts import Parts
from unspool.engines.keras.platform import as_array, as_tensor
from unspool.engines.keras.products import in_precision
from unspool.engines.numpy.network import decoder_of, saved_shapes
from unspool.engines.parameters import state_names


class KerasDecoder:
    """Reads and unrolls with a decoder, which may be in training.

    Args:
        parts: is the module; it has a decoder.
        precision: is that of its products.
    """

    def __init__(self, parts: Parts, precision: str) -> None:
        self._parts, self._precision = parts, precision
        self._spec = decoder_of(parts.spec)
        self.vocabulary_size = self._spec.vocabulary_size
        self._graphs: dict[bool, Any] = {}  # of one step, by whether the state has a memory

    def initial_state(self, rows: int) -> KerasState:
        """Make a state of zeros."""
        return self._parts.initial_state(rows)

    def step(self, tokens: IntArray, state: KerasState) -> tuple[Logits, KerasState]:
        """Read one token a row: [B] to [B, V]."""
        memory = state.memory or ()
        if bool(memory) not in self._graphs:
            self._graphs[bool(memory)] = self._trace(state.layers, memory)
        logits, layers = self._graphs[bool(memory)](_ids(tokens[:, None]), state.layers, *memory)
        return as_array(logits), state._replace(layers=layers)

    def unroll(self, tokens: IntArray, state: KerasState) -> tuple[Logits, KerasState]:
        """Read T tokens a row: [B, T] to [B, T, V]."""
        logits, state = self._run(tokens, state)
        return as_array(tf.cast(logits, tf.float32)), state

    def nll(self, inputs: IntArray, targets: IntArray, state: KerasState) -> tuple[Logits, KerasState]:
        """Compute the negative log-likelihood of each target: [B, T] to [B, T], in nats."""
        logits, state = self._run(inputs, state)
        flat = tf.reshape(logits, [-1, logits.shape[2]])  # (B T, V)
        return as_array(token_nats(flat, _ids(targets.reshape(-1)))).reshape(targets.shape), state  # (B, T)

    def select(self, state: KerasState, rows: IntArray) -> KerasState:
        """Return the states of some rows, in this order."""
        index = _ids(rows)
        layers = tuple(tuple(tf.gather(tensor, index, axis=1) for tensor in cell_state) for cell_state in state.layers)
        return KerasState(layers, Memory(*(tf.gather(one, index) for one in state.memory)) if state.memory else None)

    def join(self, states: Sequence[KerasState]) -> KerasState:
        """Batch the rows of several states, in order."""
        layers = zip(*(state.layers for state in states), strict=True)
        joined = tuple(tuple(tf.concat(tensors, axis=1) for tensors in zip(*layer, strict=True)) for layer in layers)
        return KerasState(joined, _join_memories([state.memory for state in states]))

    def state_to_arrays(self, state: KerasState) -> Arrays:
        """Return the arrays by name: [L, B, H], and those of the memory, [1, B, S, ...]."""
        names = state_names(self._spec)
        found = {
            n: tf.concat(tensors, axis=0) for n, tensors in zip(names, zip(*state.layers, strict=True), strict=True)
        }
        found |= {n: tensor[None] for n, tensor in state.memory._asdict().items()} if state.memory else {}
        return {
            name: as_array(tensor if tensor.dtype == tf.bool else tf.cast(tensor, tf.float32))
            for name, tensor in found.items()
        }

    def state_from_arrays(self, arrays: Mapping[str, Array]) -> KerasState:
        """Make a state from arrays, with one cell state a layer.

        Raises:
            ModelFolderError: the arrays are not those of a state of this network.
        """
        check_state(saved_shapes(self._spec), arrays)
        return self._layers_from(arrays)

    def _trace(self, layers: CellStates, memory: Sequence[tf.Tensor]) -> Any:
        """Make the graph of one step, for any number of rows and any length of a memory."""

        def step(tokens: tf.Tensor, layers: CellStates, *memory: tf.Tensor) -> tuple[tf.Tensor, CellStates]:
            with in_precision(self._precision):
                logits, after = self._decoder(tokens, KerasState(layers, Memory(*memory) if memory else None))
            return tf.cast(logits[:, 0], tf.float32), after.layers

        def free(tensor: tf.Tensor) -> tf.TensorSpec:
            return tf.TensorSpec([None, None, *tensor.shape[2:]], tensor.dtype)

        tokens = tf.TensorSpec([None, 1], tf.int64)
        signature = (tokens, tf.nest.map_structure(free, layers), *(free(tensor) for tensor in memory))
        return tf.function(step, input_signature=signature, autograph=False)

    def _layers_from(self, arrays: Mapping[str, Array]) -> KerasState:
        tensors = [as_tensor(arrays[name]) for name in state_names(self._spec)]  # each (L, B, H)
        return KerasState(tuple(tuple(one[n : n + 1] for one in tensors) for n in range(self._spec.num_layers)))

    @property
    def _decoder(self) -> Decoder:
        return self._parts.require_decoder()

    def _run(self, tokens: IntArray, state: KerasState) -> tuple[tf.Tensor, KerasState]:
        with in_precision(self._precision):
            return self._decoder(_ids(tokens), state)


class KerasEncoderDecoder(KerasDecoder):
    """A decoder that starts from a source."""

    def encode(self, source: Source) -> KerasState:
        """Encode the sources, and bridge their summaries to the layers of the decoder."""
        with in_precision(self._precision):
            return self._parts.start(self._parts.read(source))


class KerasAttentionNetwork(KerasEncoderDecoder):
    """A decoder that attends to its source at every step."""

    def attention(self, tokens: IntArray, state: KerasState) -> FloatArray:
        """Unroll, and return the attention weights: [B, T] to [B, T, S]."""
        if self._decoder.attention is None or state.memory is None:
            raise ValueError("attention needs a state that comes from a source")
        with in_precision(self._precision):
            hidden, _ = self._decoder.run_layers(_ids(tokens), state)
            return as_array(self._decoder.attention.weights(hidden, state.memory))

    def state_from_arrays(self, arrays: Mapping[str, Array]) -> KerasState:
        """Make a state from arrays, with one cell state a layer and a memory.

        Raises:
            ModelFolderError: the arrays are not those of a state of this network.
        """
        encoder = self._parts.spec.encoder
        check_state(saved_shapes(self._spec, encoder.width if encoder else 0), arrays)
        memory = Memory(*(as_tensor(arrays[name][0]) for name in Memory._fields))
        return self._layers_from(arrays)._replace(memory=memory)


class KerasClassifier:
    """An encoder and a head, which may be in training.

    Args:
        parts: is the module; it has a head.
        precision: is that of its products.
    """

    def __init__(self, parts: Parts, precision: str) -> None:
        self._parts, self._precision = parts, precision

    def classify(self, source: Source) -> Logits:
        """Encode the sources, and score their labels: [B, C]."""
        with in_precision(self._precision):
            return as_array(tf.cast(self._parts.classify(self._parts.read(source)), tf.float32))


def wrap_parts(parts: Parts, precision: str = "float32") -> KerasDecoder | KerasClassifier:
    """Return the network of some parts, with the methods that these can honour."""
    spec = parts.spec
    if spec.decoder is None:
        return KerasClassifier(parts, precision)
    if spec.encoder is None:
        return KerasDecoder(parts, precision)
    return (KerasEncoderDecoder if spec.decoder.attention == "none" else KerasAttentionNetwork)(parts, precision)


def _join_memories(found: Sequence[Memory | None]) -> Memory | None:
    """Batch the memories of several states, the shorter sources padded and masked."""
    memories = [memory for memory in found if memory is not None]
    if not memories:
        return None
    if len(memories) < len(found):
        raise ValueError("states that come from a source cannot be joined with states that come from none")
    longest = max(memory.mask.shape[1] for memory in memories)  # S
    return Memory(
        *(tf.concat([_padded(one, longest) for one in tensors], axis=0) for tensors in zip(*memories, strict=True))
    )


def _padded(tensor: tf.Tensor, length: int) -> tf.Tensor:
    """Pad with zeros: [B, S, ...] to [B, length, ...]."""
    return tf.pad(tensor, [[0, 0], [0, length - tensor.shape[1]], *[[0, 0]] * (len(tensor.shape) - 2)])


def _ids(tokens: IntArray) -> tf.Tensor:
    return as_tensor(np.asarray(tokens, np.int64))
