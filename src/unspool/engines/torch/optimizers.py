"""Update tensors by the rules of `engines/optimizers.py`.

Shapes: R rows, K columns of a matrix; G gates, whose matrices stand in it one below another.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from unspool.engines.optimizers import BETAS, ITERATIONS, MOMENTUM, MUON, ROW_BETA, ROWS, uses_muon
from unspool.engines.parameters import Parameter
from unspool.specs.training import TrainingSpec

COEFFICIENTS, MINIMUM = (3.4445, -4.7750, 2.0315), 1e-7  # of Newton and Schulz's iteration (Jordan, 2024)

Optimizers = list[tuple[torch.optim.Optimizer, float]]  # each with its peak rate


class Undecorated(torch.optim.Optimizer):
    """An optimizer without decorators that import PyTorch's compiler to switch it off: 1.3 seconds, 70 MB a process."""

    add_param_group = inspect.unwrap(torch.optim.Optimizer.add_param_group)
    zero_grad = inspect.unwrap(torch.optim.Optimizer.zero_grad)


class AdamW(Undecorated, torch.optim.AdamW):
    """AdamW (Loshchilov and Hutter, 2019)."""

    step = torch.no_grad()(inspect.unwrap(torch.optim.AdamW.step))


class Muon(Undecorated, torch.optim.Muon):
    """Muon (Jordan, 2024)."""


def make_optimizers(
    tensors: Mapping[str, Tensor], facts: Mapping[str, Parameter], training: TrainingSpec
) -> Optimizers:
    """Make the optimizers, each with its peak rate; Muon or NorMuon trains the matrices of recurrent layers."""
    matrices = [tensor for name, tensor in tensors.items() if facts[name].matrix]
    others = [tensor for name, tensor in tensors.items() if not facts[name].matrix]
    decay, rate = training.weight_decay, training.learning_rate
    if not any(uses_muon(facts[name], training) for name in tensors):
        groups = [{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
        return [(AdamW(groups, betas=BETAS, fused=True), rate)]
    muon: torch.optim.Optimizer
    if training.optimizer == "normuon":
        muon = NorMuon([(tensor, facts[name].gates) for name, tensor in tensors.items() if facts[name].matrix], decay)
    else:
        muon = Muon(matrices, weight_decay=decay, momentum=MOMENTUM, ns_steps=ITERATIONS, adjust_lr_fn="original")
    return [(muon, training.matrix_rate), (AdamW(others, betas=BETAS, weight_decay=0, fused=True), rate)]


class NorMuon(Undecorated):
    """Muon whose rows learn at the same pace (Li et al., 2025), for each gate by itself.

    Args:
        matrices: are updated, each with the number of its gates.
        decay: is the decoupled weight decay.
    """

    def __init__(self, matrices: Sequence[tuple[Tensor, int]], decay: float) -> None:
        groups = [{"params": [matrix], "gates": gates} for matrix, gates in matrices]
        super().__init__(groups, {"lr": 0.0, "weight_decay": decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> Any:
        """Update every matrix once; a closure is not called."""
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.grad is not None:
                    self._update(matrix, matrix.grad, group["lr"], group["weight_decay"], group["gates"])

    def _update(self, matrix: Tensor, gradient: Tensor, rate: float, decay: float, gates: int) -> None:
        """Update a matrix [R, K]."""
        state = self.state[matrix]
        if not state:
            state[MUON[0]], state[ROWS] = torch.zeros_like(matrix), matrix.new_zeros(len(matrix), 1)  # (R, K), (R, 1)
        momentum, squares = state[MUON[0]], state[ROWS]
        momentum.lerp_(gradient, 1 - MOMENTUM)
        blocks = gradient.lerp(momentum, MOMENTUM).view(gates, -1, matrix.shape[1])  # (G, R / G, K)
        change = orthogonalised(blocks).flatten(0, 1)  # (R, K)
        squares.lerp_(change.square().mean(1, keepdim=True), 1 - ROW_BETA)  # (R, 1)
        scaled = change / (squares.sqrt() + MINIMUM)
        scaled *= change.norm() / scaled.norm().clamp(min=MINIMUM)
        ratio = max(1.0, blocks.shape[1] / blocks.shape[2]) ** 0.5
        matrix.mul_(1 - rate * decay).add_(scaled, alpha=-rate * ratio)


def orthogonalised(blocks: Tensor) -> Tensor:
    """Bring the singular values of matrices [G, R, K] close to 1, by Newton and Schulz's iteration in bfloat16."""
    a, b, c = COEFFICIENTS
    tall = blocks.shape[1] > blocks.shape[2]
    norms = torch.linalg.matrix_norm(blocks, keepdim=True).clamp(min=MINIMUM)  # (G, 1, 1)
    values = (blocks / norms).bfloat16()
    values = values.mT if tall else values  # (G, R, K), with R <= K
    for _ in range(ITERATIONS):
        gram = values @ values.mT  # (G, R, R)
        gram = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
        values = torch.baddbmm(values, gram, values, beta=a)
    result: Tensor = (values.mT if tall else values).float()
    return result
