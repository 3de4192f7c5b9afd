"""Attention and heads as PyTorch modules: what looks back on an encoder's states.

Shapes: B rows, T time steps, S places of the source, W numbers in an encoder's state, H hidden, C labels.
"""

from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from unspool.engines.parameters import MASKED
from unspool.engines.torch.encoders import Encoded
from unspool.engines.torch.scores import additive_scores
from unspool.specs.network import DecoderSpec, HeadSpec


class Memory(NamedTuple):
    """What attention looks back on, made once for a source.

    Attributes:
        values: [B, S, W], the encoder's states.
        keys: [B, S, H], the same, projected.
        mask: [B, S] bool, where a row has a state.
    """

    values: Tensor
    keys: Tensor
    mask: Tensor


class Attention(nn.Module):
    """Global attention of all time steps at once; `engines/numpy/attention.py` has the formulas."""

    def __init__(self, spec: DecoderSpec, width: int) -> None:
        super().__init__()
        size = spec.hidden_size
        self._additive = spec.attention == "additive"
        self.keys = nn.Linear(width, size, bias=False)
        if self._additive:
            self.query = nn.Linear(size, size)
            self.score = nn.Linear(size, 1, bias=False)
        self.combine = nn.Linear(size + width, size, bias=False)

    def precompute_keys(self, encoded: Encoded) -> Memory:
        """Project the keys."""
        return Memory(encoded.states, self.keys(encoded.states), encoded.mask)

    def shares(self, hidden: Tensor, memory: Memory) -> Tensor:
        """[B, T, H] to [B, T, S]: how much each step looks at each place, to sum 1."""
        if self._additive:
            scores = additive_scores(self.query(hidden), memory.keys, self.score.weight[0])  # (B, T, S)
        else:
            scores = hidden @ memory.keys.transpose(1, 2)  # (B, T, S)
        return torch.softmax(scores.float().masked_fill(~memory.mask[:, None], MASKED), dim=2)

    def forward(self, hidden: Tensor, memory: Memory) -> Tensor:
        """[B, T, H] to [B, T, H]."""
        context = self.shares(hidden, memory).to(memory.values.dtype) @ memory.values  # (B, T, W)
        return torch.tanh(self.combine(torch.cat([hidden, context], dim=2)))


class Head(nn.Module):
    """Scores of labels from an encoder's states."""

    def __init__(self, spec: HeadSpec, width: int) -> None:
        super().__init__()
        self._pooling = spec.pooling
        if spec.pooling == "attention":
            self.score = nn.Linear(width, 1, bias=False)
        self.output = nn.Linear(width, spec.labels)

    def forward(self, encoded: Encoded) -> Tensor:
        """States to scores [B, C]."""
        return cast(Tensor, self.output(self._pooled(encoded)))

    def _pooled(self, encoded: Encoded) -> Tensor:
        """[B, S, W] to [B, W]."""
        states, mask, summary = encoded
        if self._pooling == "last":
            return summary
        if self._pooling == "max":
            return states.masked_fill(~mask[..., None], MASKED).amax(dim=1)
        if self._pooling == "mean":
            shares = mask / mask.sum(dim=1, keepdim=True)  # (B, S)
        else:
            shares = torch.softmax(self.score(states)[..., 0].float().masked_fill(~mask, MASKED), dim=1)
        return (shares.to(states.dtype)[:, None] @ states)[:, 0]  # (B, W)
