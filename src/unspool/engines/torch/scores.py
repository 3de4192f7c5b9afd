"""The scores of additive attention (Bahdanau et al., 2015).

The formula in PyTorch makes a tensor of all sums of a query and a key; on the CPU compiled kernels do without it.

Shapes: B rows, T time steps, S places of the source, H hidden.
"""

from typing import Any

import torch
from torch import Tensor

try:
    from unspool.engines.kernels.launching import STORAGE, launch
    from unspool.engines.kernels.scores import score_kernels
except ImportError:  # without Numba everything works, slower
    STORAGE = {}


def additive_scores(queries: Tensor, keys: Tensor, vector: Tensor) -> Tensor:
    """Queries [B, T, H], keys [B, S, H] and a vector [H] to vector . tanh(query + key), [B, T, S]."""
    if queries.device.type == "cpu" and queries.dtype == keys.dtype and queries.dtype in STORAGE:
        scores: Tensor = AdditiveScores.apply(queries, keys, vector)  # type: ignore[no-untyped-call]
        return scores
    sums = queries[:, :, None] + keys[:, None]  # (B, T, S, H)
    return torch.tanh(sums) @ vector.to(sums.dtype)


class AdditiveScores(torch.autograd.Function):
    """The scores, in float32."""

    @staticmethod
    def forward(ctx: Any, queries: Tensor, keys: Tensor, vector: Tensor) -> Tensor:
        """As `additive_scores`."""
        rows, steps, size = queries.shape
        ctx.given = (queries.contiguous(), keys.contiguous(), vector.float().contiguous())
        scores = torch.empty(rows, steps, keys.shape[1])
        launch(score_kernels(STORAGE[queries.dtype]).forward, rows, steps, keys.shape[1], size, *ctx.given, scores)
        return scores

    @staticmethod
    def backward(ctx: Any, change: Tensor) -> tuple[Tensor, ...]:
        """The gradients of queries, keys and vector."""
        queries, keys, vector = ctx.given
        rows, steps, size = queries.shape
        gradients = torch.zeros(queries.shape), torch.zeros(keys.shape), torch.zeros(rows, size)
        kernel = score_kernels(STORAGE[queries.dtype]).back
        launch(kernel, rows, steps, keys.shape[1], size, *ctx.given, change.float().contiguous(), *gradients)
        d_queries, d_keys, d_vectors = gradients
        return d_queries.to(queries.dtype), d_keys.to(keys.dtype), d_vectors.sum(0).to(vector.dtype)
