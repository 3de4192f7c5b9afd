"""Encoders in plain NumPy: a source to states, one for each of its positions, for attention or a head.

Shapes: B rows, S positions of the source, E embedding, W width of a state, F features or labels.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from unspool.arrays import Array
from unspool.data.batches import FeatureSource, ImageSource, TextSource, VectorSource
from unspool.engines.numpy.convolution import ConvolutionalNetwork, relu
from unspool.engines.numpy.layers import MakeLayer, normalised, weights_of
from unspool.engines.parameters import NORMALISED_MINIMUM
from unspool.specs.network import FeatureEncoderSpec, ImageEncoderSpec, NetworkSpec, TextEncoderSpec


class Encoded(NamedTuple):
    """The output of an encoder.

    Attributes:
        states: are those of all positions, [B, S, W]; those after the end of a row are undefined.
        mask: is true where a row has a state, [B, S] bool.
        summary: is what a decoder starts from, [B, W]: of a text the last state of each direction (that of the backward
            direction is at position 0), of a picture the mean of its states.
    """

    states: Array
    mask: Array
    summary: Array


Encoder = Callable[[Any], Encoded]  # of its own kind of source


class TextEncoder:
    """Reads texts with recurrent layers, in one direction or both.

    Rows do not depend on their padding: it is read after the last token, and for the backward direction each row is
    reversed within its length.
    """

    def __init__(self, spec: TextEncoderSpec, weights: Mapping[str, Array], make: MakeLayer) -> None:
        directions = ("", "_reverse")[: 1 + spec.bidirectional]
        self._layers = [
            [make(spec.cell, weights_of(weights, "encoder", layer, direction)) for direction in directions]
            for layer in range(spec.num_layers)
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
                reversed_ = np.take_along_axis(values, backwards, axis=1)
                read, _ = layer.run(layer.read(reversed_), zeros)
                found.append(np.take_along_axis(read, backwards, axis=1))
            values = np.concatenate(found, axis=-1)  # (B, S, W)
        if self._norm_leave is not None:
            values = normalised(values, self._norm_leave)
        last = np.take_along_axis(values, source.lengths[:, None, None] - 1, axis=1)[:, 0]  # (B, W)
        summary = np.concatenate([last[:, : self._size], values[:, 0, self._size :]], axis=-1)  # (B, W)
        return Encoded(values, mask, summary)


class VectorEncoder:
    """Maps vectors to states by a linear layer and tanh, or label weights to the weighted sum of label vectors."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        labels = "encoder.embedding.weight" in weights
        self._weight = weights["encoder.embedding.weight"] if labels else weights["encoder.linear.weight"].T
        self._bias = weights.get("encoder.linear.bias")

    def __call__(self, source: VectorSource) -> Encoded:
        """Read vectors [B, F] into states [B, 1, W]."""
        state = source.values.astype(np.float32) @ self._weight  # (B, W)
        if self._bias is not None:
            state = np.tanh(state + self._bias)
        return _of_positions(state[:, None])


class FeatureEncoder:
    """Maps features to states: tanh(x W + p); x is scaled to a mean square of 1, and p belongs to the position."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._weight, self._position = weights["encoder.linear.weight"].T, weights["encoder.position.weight"]

    def __call__(self, source: FeatureSource) -> Encoded:
        """Read features [B, S, F] into states [B, S, W]."""
        values = source.values.astype(np.float32)
        square = np.mean(values * values, axis=(1, 2), keepdims=True)  # (B, 1, 1)
        values = values / np.sqrt(square + NORMALISED_MINIMUM)
        states = np.tanh(values @ self._weight + self._position)  # (B, S, W)
        return _of_positions(states)


class ImageEncoder:
    """Maps pictures to states: relu(x W + p); x is what a convolutional network makes of them, p as before."""

    def __init__(self, spec: ImageEncoderSpec, weights: Mapping[str, Array]) -> None:
        self._network = ConvolutionalNetwork(spec, weights)
        self._weight, self._position = weights["encoder.linear.weight"].T, weights["encoder.position.weight"]

    def __call__(self, source: ImageSource) -> Encoded:
        """Read pictures [B, H, W, C] into states [B, S, W]."""
        values = self._network(source.pixels)  # (B, H / 2^stages, W / 2^stages, D)
        values = values.reshape(len(values), len(self._position), -1)  # (B, S, D)
        return _of_positions(relu(values @ self._weight + self._position))


def make_encoder(spec: NetworkSpec, weights: Mapping[str, Array], make: MakeLayer) -> Encoder:
    """Make an encoder of any kind, with layers made by `make`."""
    if isinstance(spec.encoder, TextEncoderSpec):
        return TextEncoder(spec.encoder, weights, make)
    if isinstance(spec.encoder, FeatureEncoderSpec):
        return FeatureEncoder(weights)
    if isinstance(spec.encoder, ImageEncoderSpec):
        return ImageEncoder(spec.encoder, weights)
    return VectorEncoder(weights)


def _of_positions(states: Array) -> Encoded:
    """Wrap the states [B, S, W] of a picture's positions, all of which are read."""
    return Encoded(states, np.ones(states.shape[:2], np.bool_), states.mean(axis=1))
