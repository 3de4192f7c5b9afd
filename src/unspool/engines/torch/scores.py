"""Compute the scores of additive attention (Bahdanau et al., 2015).

The formula in PyTorch makes a tensor of the sums of every query and key; on the CPU compiled kernels do without it.

Shapes: B rows, T time steps, S source positions, H hidden units.
"""

from contextlib import suppress
from typing import Any

import torch
from torch import Tensor

from unspool.engines.torch.compiled import PRECISIONS, launch

with suppress(ImportError):  # without Numba
    from unspool.engines.kernels.scores import score_kernels


def additive_scores(queries: Tensor, keys: Tensor, vector: Tensor) -> Tensor:
    """Score queries [B, T, H] against keys [B, S, H]: vector [H] . tanh(query + key), [B, T, S]."""
    if queries.device.type == "cpu" and queries.dtype == keys.dtype and queries.dtype in PRECISIONS:
        scores: Tensor = AdditiveScores.apply(queries, keys, vector)  # type: ignore[no-untyped-call]
        return scores
    sums = queries[:, :, None] + keys[:, None]  # (B, T, S, H)
    return torch.tanh(sums) @ vector.to(sums.dtype)


class AdditiveScores(torch.autograd.Function):
    """Computes the scores, in float32, with compiled kernels."""

    @staticmethod
    def forward(ctx: Any, queries: Tensor, keys: Tensor, vector: Tensor) -> Tensor:
        """Compute `additive_scores`."""
        rows, steps, size = queries.shape
        ctx.given = (queries.contiguous(), keys.contiguous(), vector.float().contiguous())
        scores = torch.empty(rows, steps, keys.shape[1])
        launch(score_kernels(PRECISIONS[queries.dtype]).forward, rows, steps, keys.shape[1], size, *ctx.given, scores)
        return scores

    @staticmethod
    def backward(ctx: Any, d_scores: Tensor) -> tuple[Tensor, ...]:
        """Compute the gradients of queries, keys and vector."""
        queries, keys, vector = ctx.given
        rows, steps, size = queries.shape
        gradients = torch.zeros(queries.shape), torch.zeros(keys.shape), torch.zeros(rows, size)
        kernel = score_kernels(PRECISIONS[queries.dtype]).back
        launch(kernel, rows, steps, keys.shape[1], size, *ctx.given, d_scores.float().contiguous(), *gradients)
        d_queries, d_keys, d_vectors = gradients
        return d_queries.to(queries.dtype), d_keys.to(keys.dtype), d_vectors.sum(0).to(vector.dtype)
