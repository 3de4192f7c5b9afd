"""Compute the cross-entropy of tokens, in nats per target, with label smoothing.

PyTorch's cross-entropy is the definition; it makes five copies of the logits, which for a large vocabulary take as long
as a product. On the CPU a compiled kernel makes one, the gradient.

Shapes: N positions, V tokens.
"""

from contextlib import suppress
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from unspool.engines.torch.compiled import PRECISIONS, launch
from unspool.text.tokenizer import PAD

with suppress(ImportError):  # without Numba
    from unspool.engines.kernels.loss import POSITIONS, loss_kernel, nats_kernel, workspace_columns


def token_loss(logits: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    """Compute the mean cross-entropy of all targets but padding.

    Args:
        logits: are float32 or bfloat16, [N, V].
        targets: are the tokens to predict, [N] int64.
        smoothing: is the fraction of the target probability that is spread over all tokens, 0 to 1.

    Returns:
        [] float32, in nats; NaN if all targets are padding.
    """
    if logits.device.type == "cpu" and logits.dtype in PRECISIONS:
        loss: Tensor = TokenLoss.apply(logits, targets, smoothing)  # type: ignore[no-untyped-call]
        return loss
    return F.cross_entropy(logits.float(), targets, ignore_index=PAD, label_smoothing=smoothing)


def token_nats(logits: Tensor, targets: Tensor) -> Tensor:
    """Compute the nll of each target in nats: [N, V] float32 or bfloat16, [N] int64 to [N] float32."""
    if logits.device.type == "cpu" and logits.dtype in PRECISIONS:
        count, size = logits.shape
        chunks = -(-count // POSITIONS)
        nats, workspace = torch.empty(count), torch.empty(chunks, workspace_columns(size))
        arrays = (logits.contiguous(), targets.contiguous(), nats, workspace)
        launch(nats_kernel(PRECISIONS[logits.dtype]), chunks, count, size, *arrays)
        return nats
    return F.cross_entropy(logits.float(), targets, reduction="none")


class TokenLoss(torch.autograd.Function):
    """Computes the loss and, in the same pass, its gradient."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, targets: Tensor, smoothing: float) -> Tensor:
        """Compute the loss [] of logits [N, V] and targets [N]."""
        count, size = logits.shape
        chunks = -(-count // POSITIONS)
        settings = torch.stack([torch.tensor(smoothing), 1 / (targets != PAD).sum()])  # (2,)
        ctx.gradient, nats = torch.empty_like(logits), torch.empty(count)
        workspace = torch.empty(chunks, workspace_columns(size))
        arrays = (logits.contiguous(), targets.contiguous(), settings, ctx.gradient, nats, workspace)
        launch(loss_kernel(PRECISIONS[logits.dtype]), chunks, count, size, *arrays)
        return nats.sum() * settings[1]

    @staticmethod
    def backward(ctx: Any, d_loss: Tensor) -> tuple[Tensor | None, ...]:
        """Scale the gradient of the logits [N, V]."""
        return (ctx.gradient if d_loss == 1 else ctx.gradient * d_loss), None, None
