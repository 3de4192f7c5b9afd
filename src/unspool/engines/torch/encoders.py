"""Encoders as PyTorch modules: each turns a source into states.

Shapes: B rows, S source positions, E embedding, W width of the states, F features or labels.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from unspool.data.batches import FeatureSource, ImageSource, TextSource, VectorSource
from unspool.engines.parameters import NORMALISED_MINIMUM
from unspool.engines.torch.convolution import Stages
from unspool.engines.torch.layers import Dropout, Layers, embedded
from unspool.engines.torch.platform import as_tensor
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

    states: Tensor
    mask: Tensor
    summary: Tensor


class TextEncoder(nn.Module):
    """Reads texts with recurrent layers, in one direction or both.

    Whole rows are read, with their padding. No state depends on it: padding is read after the last token, and for the
    backward direction each row is reversed within its length. So nothing is sorted, packed or masked.
    """

    def __init__(self, spec: TextEncoderSpec) -> None:
        super().__init__()
        self._spec = spec
        self.embedding = nn.Embedding(spec.vocabulary_size, spec.embedding_size) if spec.embedding_size else None
        self.cell = Layers(spec, spec.embedding_size or spec.vocabulary_size, spec.bidirectional)

    def forward(self, source: TextSource, dropout: Dropout | None = None) -> Encoded:
        """Read texts [B, S] to states [B, S, W]."""
        tokens, lengths = (as_tensor(array.astype("int64")) for array in (source.tokens, source.lengths))
        return self.read(embedded(tokens, self.embedding, self._spec.vocabulary_size), lengths, dropout)

    def read(self, values: Tensor, lengths: Tensor, dropout: Dropout | None = None) -> Encoded:
        """Read embedded texts [B, S, E] of some lengths [B] to states [B, S, W]."""
        if dropout:
            values = dropout(values, dropout.input)
        positions = torch.arange(values.shape[1], device=values.device)
        mask = positions < lengths[:, None]  # (B, S)
        if self._spec.bidirectional:
            backwards = torch.where(mask, lengths[:, None] - 1 - positions, positions)[..., None]  # (B, S, 1)
            states = self.cell.both_ways(values, backwards, dropout)  # (B, S, W)
        else:
            states, _ = self.cell(values, self.cell.zeros(len(values)), dropout)
        last = states.take_along_dim(lengths[:, None, None] - 1, 1)[:, 0]  # (B, W)
        size = self._spec.hidden_size
        return Encoded(states, mask, torch.cat([last[:, :size], states[:, 0, size:]], dim=1))


class LabelEncoder(nn.Module):
    """Maps label weights to the weighted sum of the labels' vectors."""

    def __init__(self, spec: LabelEncoderSpec) -> None:
        super().__init__()
        self.embedding = nn.Embedding(spec.labels, spec.hidden_size)

    def forward(self, source: VectorSource, dropout: Dropout | None = None) -> Encoded:
        """Map label weights [B, F] to states [B, 1, W]."""
        return _single(_values(source) @ self.embedding.weight, dropout)


class VectorEncoder(nn.Module):
    """Applies a linear layer and tanh."""

    def __init__(self, spec: VectorEncoderSpec) -> None:
        super().__init__()
        self.linear = nn.Linear(spec.numbers, spec.hidden_size)

    def forward(self, source: VectorSource, dropout: Dropout | None = None) -> Encoded:
        """Map features [B, F] to states [B, 1, W]."""
        return _single(torch.tanh(self.linear(_values(source))), dropout)


class FeatureEncoder(nn.Module):
    """Maps the features of pictures to states; `engines/numpy/encoders.py` has the formula."""

    def __init__(self, spec: FeatureEncoderSpec) -> None:
        super().__init__()
        self.linear = nn.Linear(spec.features, spec.hidden_size, bias=False)
        self.position = nn.Embedding(spec.positions, spec.hidden_size)

    def forward(self, source: FeatureSource, dropout: Dropout | None = None) -> Encoded:
        """Map features [B, S, F] to states [B, S, W]."""
        values = as_tensor(source.values.astype("float32"))
        values = values * (values.square().mean(dim=(1, 2), keepdim=True) + NORMALISED_MINIMUM).rsqrt()
        if dropout:
            values = dropout(values, dropout.input)
        states = torch.tanh(self.linear(values) + self.position.weight)  # (B, S, W)
        return _of_positions(states)


class ImageEncoder(nn.Module):
    """Maps pictures to states; `engines/numpy/encoders.py` has the formula."""

    def __init__(self, spec: ImageEncoderSpec) -> None:
        super().__init__()
        self.stages = Stages(spec)
        self.linear = nn.Linear(spec.stages[-1], spec.hidden_size, bias=False)
        self.position = nn.Embedding(spec.positions, spec.hidden_size)

    def forward(self, source: ImageSource, dropout: Dropout | None = None) -> Encoded:
        """Map pictures [B, H, W, C] to states [B, S, W]."""
        values = self.stages(as_tensor(source.pixels.copy())).flatten(1, 2)  # (B, S, D)
        states = torch.relu(self.linear(values) + self.position.weight)  # (B, S, W)
        return _of_positions(dropout(states, dropout.hidden) if dropout else states)


def make_encoder(spec: EncoderSpec) -> nn.Module:
    """Make an encoder of any kind."""
    if isinstance(spec, TextEncoderSpec):
        return TextEncoder(spec)
    if isinstance(spec, FeatureEncoderSpec):
        return FeatureEncoder(spec)
    if isinstance(spec, ImageEncoderSpec):
        return ImageEncoder(spec)
    return LabelEncoder(spec) if isinstance(spec, LabelEncoderSpec) else VectorEncoder(spec)


def _of_positions(states: Tensor) -> Encoded:
    """Wrap the states [B, S, W] of a picture's positions, all of which are read."""
    mask = torch.ones(states.shape[:2], dtype=torch.bool, device=states.device)  # (B, S)
    return Encoded(states, mask, states.mean(dim=1))


def _values(source: VectorSource) -> Tensor:
    return as_tensor(source.values.astype("float32"))


def _single(state: Tensor, dropout: Dropout | None) -> Encoded:
    states = state[:, None]  # (B, 1, W)
    return _of_positions(dropout(states, dropout.hidden) if dropout else states)
