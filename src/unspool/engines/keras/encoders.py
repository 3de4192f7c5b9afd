"""Encoders as TensorFlow modules: each turns a source into states.

Shapes: B rows, S source positions, E embedding, W width of the states, F features or labels.
"""

from typing import NamedTuple

import tensorflow as tf

from unspool.data.batches import FeatureSource, ImageSource, TextSource, VectorSource
from unspool.engines.keras.convolution import Stages
from unspool.engines.keras.layers import Dropout, Embedding, Layers, Linear, embedded
from unspool.engines.keras.platform import as_tensor, sizes
from unspool.engines.keras.products import matmul
from unspool.engines.parameters import NORMALISED_MINIMUM
from unspool.specs.network import (
    EncoderSpec,
    FeatureEncoderSpec,
    ImageEncoderSpec,
    LabelEncoderSpec,
    TextEncoderSpec,
    VectorEncoderSpec,
)


class Encoded(NamedTuple):
    """The output of an encoder.

    Attributes:
        states: are those of all positions, [B, S, W]; those after the end of a row are undefined.
        mask: is true where a row has a state, [B, S] bool.
        summary: is what a decoder starts from, [B, W]; see `engines/numpy/encoders.py`.
    """

    states: tf.Tensor
    mask: tf.Tensor
    summary: tf.Tensor


class TextEncoder(tf.Module):
    """Reads texts with recurrent layers, in one direction or both.

    Whole rows are read, with their padding. No state depends on it: padding is read after the last token, and for the
    backward direction each row is reversed within its length. So nothing is sorted, packed or masked.
    """

    def __init__(self, spec: TextEncoderSpec) -> None:
        super().__init__()
        self._spec = spec
        self.embedding = Embedding(spec.vocabulary_size, spec.embedding_size) if spec.embedding_size else None
        self.cell = Layers(spec, spec.embedding_size or spec.vocabulary_size, spec.bidirectional)

    def __call__(self, source: TextSource, dropout: Dropout | None = None) -> Encoded:
        """Read texts [B, S] to states [B, S, W]."""
        tokens, lengths = (tf.cast(as_tensor(one), tf.int64) for one in (source.tokens, source.lengths))
        return self.read(embedded(tokens, self.embedding, self._spec.vocabulary_size), lengths, dropout)

    def read(self, values: tf.Tensor, lengths: tf.Tensor, dropout: Dropout | None = None) -> Encoded:
        """Read embedded texts [B, S, E] of some lengths [B] to states [B, S, W]."""
        if dropout:
            values = dropout(values, dropout.input)
        count, longest, _ = sizes(values)
        positions = tf.range(longest, dtype=lengths.dtype)
        mask = positions < lengths[:, None]  # (B, S)
        if self._spec.bidirectional:
            backwards = tf.where(mask, lengths[:, None] - 1 - positions, positions)  # (B, S)
            states = self.cell.both_ways(values, backwards, dropout)  # (B, S, W)
        else:
            states, _ = self.cell(values, self.cell.zeros(count), dropout)
        rows = tf.range(count, dtype=lengths.dtype)
        last = tf.gather_nd(states, tf.stack([rows, lengths - 1], axis=1))  # (B, W)
        size = self._spec.hidden_size
        return Encoded(states, mask, tf.concat([last[:, :size], states[:, 0, size:]], axis=1))


class LabelEncoder(tf.Module):
    """Maps label weights to the weighted sum of the labels' vectors."""

    def __init__(self, spec: LabelEncoderSpec) -> None:
        super().__init__()
        self.embedding = Embedding(spec.labels, spec.hidden_size)

    def __call__(self, source: VectorSource, dropout: Dropout | None = None) -> Encoded:
        """Map label weights [B, F] to states [B, 1, W]."""
        return _single(matmul(_values(source), self.embedding.weight), dropout)


class VectorEncoder(tf.Module):
    """Applies a linear layer and tanh."""

    def __init__(self, spec: VectorEncoderSpec) -> None:
        super().__init__()
        self.linear = Linear(spec.numbers, spec.hidden_size)

    def __call__(self, source: VectorSource, dropout: Dropout | None = None) -> Encoded:
        """Map features [B, F] to states [B, 1, W]."""
        return _single(tf.tanh(self.linear(_values(source))), dropout)


class FeatureEncoder(tf.Module):
    """Maps the features of pictures to states; `engines/numpy/encoders.py` has the formula."""

    def __init__(self, spec: FeatureEncoderSpec) -> None:
        super().__init__()
        self.linear = Linear(spec.features, spec.hidden_size, bias=False)
        self.position = Embedding(spec.positions, spec.hidden_size)

    def __call__(self, source: FeatureSource, dropout: Dropout | None = None) -> Encoded:
        """Map features [B, S, F] to states [B, S, W]."""
        values = _values(source)
        square = tf.reduce_mean(tf.square(values), axis=(1, 2), keepdims=True)  # (B, 1, 1)
        values = values * tf.math.rsqrt(square + NORMALISED_MINIMUM)
        if dropout:
            values = dropout(values, dropout.input)
        states = tf.tanh(_placed(self.linear(values), self.position))  # (B, S, W)
        return _of_positions(states)


class ImageEncoder(tf.Module):
    """Maps pictures to states; `engines/numpy/encoders.py` has the formula."""

    def __init__(self, spec: ImageEncoderSpec) -> None:
        super().__init__()
        self.stages = Stages(spec)
        self.linear = Linear(spec.stages[-1], spec.hidden_size, bias=False)
        self.position = Embedding(spec.positions, spec.hidden_size)

    def __call__(self, source: ImageSource, dropout: Dropout | None = None) -> Encoded:
        """Map pictures [B, H, W, C] to states [B, S, W]."""
        maps = self.stages(as_tensor(source.pixels))
        values = tf.reshape(maps, [-1, self.position.weight.shape[0], maps.shape[3]])  # (B, S, D)
        states = tf.nn.relu(_placed(self.linear(values), self.position))  # (B, S, W)
        return _of_positions(dropout(states, dropout.hidden) if dropout else states)


def make_encoder(spec: EncoderSpec) -> tf.Module:
    """Make an encoder of any kind."""
    if isinstance(spec, TextEncoderSpec):
        return TextEncoder(spec)
    if isinstance(spec, FeatureEncoderSpec):
        return FeatureEncoder(spec)
    if isinstance(spec, ImageEncoderSpec):
        return ImageEncoder(spec)
    return LabelEncoder(spec) if isinstance(spec, LabelEncoderSpec) else VectorEncoder(spec)


def _placed(values: tf.Tensor, position: Embedding) -> tf.Tensor:
    """Add to [B, S, W], in float32, the vector of each position."""
    return tf.cast(values, tf.float32) + position.weight


def _of_positions(states: tf.Tensor) -> Encoded:
    """Wrap the states [B, S, W] of a picture's positions, all of which are read."""
    return Encoded(states, tf.ones(sizes(states)[:2], tf.bool), tf.reduce_mean(states, axis=1))


def _values(source: VectorSource | FeatureSource) -> tf.Tensor:
    return tf.cast(as_tensor(source.values), tf.float32)


def _single(state: tf.Tensor, dropout: Dropout | None) -> Encoded:
    states = state[:, None]  # (B, 1, W)
    return _of_positions(dropout(states, dropout.hidden) if dropout else states)
