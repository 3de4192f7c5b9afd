"""Attention and heads as PyTorch modules: both read an encoder's states.

Shapes: B rows, T time steps, S source positions, W width of the encoder's states, H hidden units, C labels.
"""

from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from unspool.engines.parameters import MASKED
from unspool.engines.torch.encoders import Encoded
from unspool.engines.torch.scores import additive_scores
from unspool.specs.network import DecoderSpec, HeadSpec


class Memory(NamedTuple):
    """What attention reads, computed once for each source.

    Attributes:
        values: are the states of the encoder, [B, S, W].
        keys: are the same, projected, [B, S, H].
        mask: is true where a row has a state, [B, S] bool.
    """

    values: Tensor
    keys: Tensor
    mask: Tensor


class Attention(nn.Module):
    """Computes global attention of all time steps at once; `engines/numpy/attention.py` has the formulas."""

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
        """Project the keys of all source positions."""
        return Memory(encoded.states, self.keys(encoded.states), encoded.mask)

    def weights(self, hidden: Tensor, memory: Memory) -> Tensor:
        """Compute the attention weights of states [B, T, H]: [B, T, S], which sum to 1 over S."""
        if self._additive:
            scores = additive_scores(self.query(hidden), memory.keys, self.score.weight[0])  # (B, T, S)
        else:
            scores = hidden @ memory.keys.transpose(1, 2)  # (B, T, S)
        return torch.softmax(scores.float().masked_fill(~memory.mask[:, None], MASKED), dim=2)

    def forward(self, hidden: Tensor, memory: Memory) -> Tensor:
        """Combine states [B, T, H] with their context: [B, T, H]."""
        context = self.weights(hidden, memory).to(memory.values.dtype) @ memory.values  # (B, T, W)
        return torch.tanh(self.combine(torch.cat([hidden, context], dim=2)))


class Head(nn.Module):
    """Scores labels by the states of an encoder."""

    def __init__(self, spec: HeadSpec, width: int) -> None:
        super().__init__()
        self._pooling = spec.pooling
        if spec.pooling == "attention":
            self.score = nn.Linear(width, 1, bias=False)
        self.output = nn.Linear(width, spec.labels)

    def forward(self, encoded: Encoded) -> Tensor:
        """Pool the states, and score the labels: [B, C]."""
        return cast(Tensor, self.output(self._pooled(encoded)))

    def _pooled(self, encoded: Encoded) -> Tensor:
        """Pool [B, S, W] to [B, W]."""
        states, mask, summary = encoded
        if self._pooling == "last":
            return summary
        if self._pooling == "max":
            return states.masked_fill(~mask[..., None], MASKED).amax(dim=1)
        if self._pooling == "mean":
            weights = mask / mask.sum(dim=1, keepdim=True)  # (B, S)
        else:
            weights = torch.softmax(self.score(states)[..., 0].float().masked_fill(~mask, MASKED), dim=1)
        return (weights.to(states.dtype)[:, None] @ states)[:, 0]  # (B, W)
