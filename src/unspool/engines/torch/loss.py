"""The loss of the tokens: nats per target, with label smoothing.

PyTorch's own cross-entropy is the definition; it makes five copies of the logits, which for a large vocabulary takes
as long as a product. On the CPU a compiled kernel makes one, the gradient.

Shapes: N positions, V tokens.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from unspool.text.tokenizer import PAD

try:
    from unspool.engines.kernels.launching import STORAGE, launch
    from unspool.engines.kernels.loss import POSITIONS, loss_kernel, nats_kernel
except ImportError:  # without Numba everything works, slower
    STORAGE = {}


def token_loss(logits: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    """The mean of minus the log-probability over all targets but padding.

    Args:
        logits: [N, V] float32 or bfloat16.
        targets: [N] int64.
        smoothing: the share of a target's probability that is spread over all tokens, 0 to 1.

    Returns:
        [] float32, in nats; NaN where all is padding.
    """
    if logits.device.type == "cpu" and logits.dtype in STORAGE:
        loss: Tensor = TokenLoss.apply(logits, targets, smoothing)  # type: ignore[no-untyped-call]
        return loss
    return F.cross_entropy(logits.float(), targets, ignore_index=PAD, label_smoothing=smoothing)


def token_nats(logits: Tensor, targets: Tensor) -> Tensor:
    """Minus the log-probability of each target: [N, V] float32 or bfloat16, [N] int64 to [N] float32, in nats."""
    if logits.device.type == "cpu" and logits.dtype in STORAGE:
        count, size = logits.shape
        chunks = -(-count // POSITIONS)
        nats, room = torch.empty(count), torch.empty(chunks, size)
        arrays = (logits.contiguous(), targets.contiguous(), nats, room)
        launch(nats_kernel(STORAGE[logits.dtype]), chunks, count, size, *arrays)
        return nats
    return F.cross_entropy(logits.float(), targets, reduction="none")


class TokenLoss(torch.autograd.Function):
    """The loss and, in the same pass, its gradient."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, targets: Tensor, smoothing: float) -> Tensor:
        """Logits [N, V] and targets [N] to nats []."""
        count, size = logits.shape
        chunks = -(-count // POSITIONS)
        settings = torch.stack([torch.tensor(smoothing), 1 / (targets != PAD).sum()])  # (2,)
        ctx.gradient, nats = torch.empty_like(logits), torch.empty(count)
        room = torch.empty(chunks, size)
        arrays = (logits.contiguous(), targets.contiguous(), settings, ctx.gradient, nats, room)
        launch(loss_kernel(STORAGE[logits.dtype]), chunks, count, size, *arrays)
        return nats.sum() * settings[1]

    @staticmethod
    def backward(ctx: Any, change: Tensor) -> tuple[Tensor | None, ...]:
        """The gradient of the logits."""
        return (ctx.gradient if change == 1 else ctx.gradient * change), None, None
