"""Compute large products without automatic differentiation, through oneDNN in float32 too.

PyTorch multiplies bfloat16 with oneDNN, but float32 with MKL, which leaves half of the vector units of some processors
idle: 2,048 x 512 by 512 x 2,048 on an AMD EPYC (Zen 5), 212 GFLOP/s against oneDNN's 420 with the two copies that its
layout of tensors takes.

Shapes: N positions, K and M features.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

MIN_MULTIPLICATIONS = 1 << 24  # of a product, above which the copies cost little


def multiply(one: Tensor, other: Tensor, bias: Tensor | None = None) -> Tensor:
    """Multiply [N, K] by [K, M], and add [M] to every row: [N, M], in the precision that they all have."""
    (rows, depth), columns = one.shape, other.shape[1]
    available = one.device.type == "cpu" and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    if one.dtype != torch.float32 or not available or rows * depth * columns < MIN_MULTIPLICATIONS:
        return one @ other if bias is None else torch.addmm(bias, one, other)
    values, weight = one.contiguous().to_mkldnn(), other.t().contiguous().to_mkldnn()
    return F.linear(values, weight, None if bias is None else bias.to_mkldnn()).to_dense()
