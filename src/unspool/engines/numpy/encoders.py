"""Encoders in plain NumPy: a source to states, one of them for each place that attention or a head may look at.

Shapes: B rows, S places of the source, E embedding, W numbers in a state, F numbers or labels.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from unspool.arrays import Array
from unspool.data.batches import Source
from unspool.engines.numpy.layers import MakeLayer, normalised, weights_of
from unspool.specs.network import EncoderSpec, LabelEncoderSpec, TextEncoderSpec


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


Encoder = Callable[[Source], Encoded]


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

    def __call__(self, source: Source) -> Encoded:
        """Texts [B, S] to states."""
        assert source.tokens is not None
        assert source.lengths is not None
        places = np.arange(source.tokens.shape[1])
        mask = places < source.lengths[:, None]  # (B, S)
        backwards = np.where(mask, source.lengths[:, None] - 1 - places, places)[..., None]  # (B, S, 1)
        zeros = (np.zeros((len(mask), self._size), np.float32),) * self._cell_states
        values = self._vectors[source.tokens]  # (B, S, E)
        for layers in self._layers:
            read, _ = layers[0].walk(layers[0].read(values), zeros)  # (B, S, H)
            found = [read]
            for layer in layers[1:]:
                turned = np.take_along_axis(values, backwards, axis=1)
                read, _ = layer.walk(layer.read(turned), zeros)
                found.append(np.take_along_axis(read, backwards, axis=1))
            values = np.concatenate(found, axis=-1)  # (B, S, W)
        if self._norm_leave is not None:
            values = normalised(values, self._norm_leave)
        last = np.take_along_axis(values, source.lengths[:, None, None] - 1, axis=1)[:, 0]  # (B, W)
        summary = np.concatenate([last[:, : self._size], values[:, 0, self._size :]], axis=-1)  # (B, W)
        return Encoded(values, mask, summary)


class NumbersEncoder:
    """One state of some numbers: shares of labels pick vectors, other numbers go through a linear layer and tanh."""

    def __init__(self, spec: EncoderSpec, weights: Mapping[str, Array]) -> None:
        self._labels = isinstance(spec, LabelEncoderSpec)
        self._weight = weights["encoder.embedding.weight"] if self._labels else weights["encoder.linear.weight"].T
        self._bias = weights.get("encoder.linear.bias")

    def __call__(self, source: Source) -> Encoded:
        """Numbers [B, F] to states [B, 1, W]."""
        assert source.values is not None
        state = source.values.astype(np.float32) @ self._weight  # (B, W)
        if self._bias is not None:
            state = np.tanh(state + self._bias)
        return Encoded(state[:, None], np.ones((len(state), 1), np.bool_), state)


def make_encoder(spec: EncoderSpec, weights: Mapping[str, Array], make: MakeLayer) -> Encoder:
    """The encoder of any kind, with layers as they are made."""
    return TextEncoder(spec, weights, make) if isinstance(spec, TextEncoderSpec) else NumbersEncoder(spec, weights)
