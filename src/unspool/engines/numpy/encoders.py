"""Encoders in plain NumPy: a source to states, one for each position that attention or a head may look at.

Shapes: B rows, S positions of the source, E embedding, W width of a state, F numbers or labels.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from unspool.arrays import Array
from unspool.data.batches import TextSource, VectorSource
from unspool.engines.numpy.layers import MakeLayer, normalised, weights_of
from unspool.specs.network import NetworkSpec, TextEncoderSpec


class Encoded(NamedTuple):
    """What an encoder makes of its sources.

    Attributes:
        states: [B, S, W]; what stands behind a row's end means nothing.
        mask: [B, S] bool, where a row has a state.
        summary: [B, W], the last state; of a direction that reads backwards, the first one.
    """

    states: Array
    mask: Array
    summary: Array


Encoder = Callable[[Any], Encoded]  # of its own kind of source


class TextEncoder:
    """Reads texts with recurrent layers, from one end or from both.

    No row knows of its neighbours: what is behind its end is read after it, or, backwards, not before it.
    """

    def __init__(self, spec: TextEncoderSpec, weights: Mapping[str, Array], make: MakeLayer) -> None:
        directions = ("", "_reverse")[: 1 + spec.bidirectional]
        self._layers = [
            [make(spec.cell, weights_of(weights, "encoder", number, direction)) for direction in directions]
            for number in range(spec.num_layers)
        ]
        self._size, self._cell_states = spec.hidden_size, 2 if spec.cell == "lstm" else 1
        vectors = weights["encoder.embedding.weight"] if spec.embedding_size else np.eye(spec.vocabulary_size)
        if "encoder.cell.weight_enter" in weights:
            vectors = vectors @ weights["encoder.cell.weight_enter"].T  # (V, H)
        self._vectors = vectors.astype(np.float32)
        self._norm_leave = weights.get("encoder.cell.norm_leave")

    def __call__(self, source: TextSource) -> Encoded:
        """Read texts [B, S] into states."""
        positions = np.arange(source.tokens.shape[1])
        mask = positions < source.lengths[:, None]  # (B, S)
        backwards = np.where(mask, source.lengths[:, None] - 1 - positions, positions)[..., None]  # (B, S, 1)
        zeros = (np.zeros((len(mask), self._size), np.float32),) * self._cell_states
        values = self._vectors[source.tokens]  # (B, S, E)
        for layers in self._layers:
            read, _ = layers[0].run(layers[0].read(values), zeros)  # (B, S, H)
            found = [read]
            for layer in layers[1:]:
                turned = np.take_along_axis(values, backwards, axis=1)
                read, _ = layer.run(layer.read(turned), zeros)
                found.append(np.take_along_axis(read, backwards, axis=1))
            values = np.concatenate(found, axis=-1)  # (B, S, W)
        if self._norm_leave is not None:
            values = normalised(values, self._norm_leave)
        last = np.take_along_axis(values, source.lengths[:, None, None] - 1, axis=1)[:, 0]  # (B, W)
        summary = np.concatenate([last[:, : self._size], values[:, 0, self._size :]], axis=-1)  # (B, W)
        return Encoded(values, mask, summary)


class VectorEncoder:
    """One state of a vector: a linear layer and tanh; or, of a label encoder, a weighted sum of the labels' vectors."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        labels = "encoder.embedding.weight" in weights
        self._weight = weights["encoder.embedding.weight"] if labels else weights["encoder.linear.weight"].T
        self._bias = weights.get("encoder.linear.bias")

    def __call__(self, source: VectorSource) -> Encoded:
        """Read vectors [B, F] into states [B, 1, W]."""
        state = source.values.astype(np.float32) @ self._weight  # (B, W)
        if self._bias is not None:
            state = np.tanh(state + self._bias)
        return Encoded(state[:, None], np.ones((len(state), 1), np.bool_), state)


def make_encoder(spec: NetworkSpec, weights: Mapping[str, Array], make: MakeLayer) -> Encoder:
    """Make the encoder of any kind, with layers as `make` makes them."""
    if isinstance(spec.encoder, TextEncoderSpec):
        return TextEncoder(spec.encoder, weights, make)
    return VectorEncoder(weights)
