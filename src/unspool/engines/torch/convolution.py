"""The residual convolutional network as a PyTorch module; `engines/numpy/convolution.py` has a diagram.

Maps lie in memory position by position, the channels of one side by side (`channels_last`), as oneDNN multiplies them
fastest; to PyTorch their shape is [B, C, H, W] all the same.

Shapes: B rows, H height, W width, C channels in, D channels out, K the size of a convolution's window.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from unspool.engines.numpy.convolution import HALF_WHITE, KERNEL
from unspool.specs.network import ImageEncoderSpec


class Convolution(nn.Module):
    """Convolves with a window of K x K, zeros around the picture.

    Args:
        width: is the number of channels in, C.
        size: is the number of channels out, D.
        stride: is the distance of two windows.
    """

    def __init__(self, width: int, size: int, stride: int = 1) -> None:
        super().__init__()
        self._window, self._stride = (size, KERNEL, KERNEL, width), stride
        self.weight = nn.Parameter(torch.empty(size, KERNEL * KERNEL * width))
        self.bias = nn.Parameter(torch.empty(size))

    def forward(self, values: Tensor) -> Tensor:
        """Convolve [B, C, H, W] to [B, D, H / stride, W / stride]."""
        weight = self.weight.view(self._window).permute(0, 3, 1, 2)  # (D, C, K, K)
        return F.conv2d(values, weight, self.bias, self._stride, KERNEL // 2)


class Block(nn.Module):
    """Adds what two convolutions make of a map.

    Args:
        size: is the number of channels.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.first = Convolution(size, size)
        self.second = Convolution(size, size)

    def forward(self, values: Tensor) -> Tensor:
        """Map [B, C, H, W] to the same shape."""
        return values + cast(Tensor, self.second(F.relu(self.first(F.relu(values)))))


class Stage(nn.Module):
    """Halves the height and width, and then transforms the map.

    Args:
        width: is the number of channels in.
        size: is the number of channels out.
        blocks: is the number of blocks.
        first: says that it reads the pictures themselves.
    """

    def __init__(self, width: int, size: int, blocks: int, first: bool) -> None:
        super().__init__()
        self._first = first
        self.enter = Convolution(width, size, 1 if first else 2)
        self.blocks = nn.ModuleList(Block(size) for _ in range(blocks))

    def forward(self, values: Tensor) -> Tensor:
        """Map [B, C, H, W] to [B, D, H / 2, W / 2], rounded up."""
        values = self._halve(values)  # (B, D, H / 2, W / 2)
        for block in self.blocks:
            values = block(values)
        return values

    def _halve(self, values: Tensor) -> Tensor:
        if self._first:
            return F.max_pool2d(self.enter(values), 2, ceil_mode=True)
        return cast(Tensor, self.enter(F.relu(values)))


class Stages(nn.ModuleList):
    """All stages of the network.

    Args:
        spec: describes the encoder.
    """

    def __init__(self, spec: ImageEncoderSpec) -> None:
        widths = (spec.channels, *spec.stages)
        sizes = zip(widths, spec.stages, strict=False)
        super().__init__(Stage(*pair, spec.blocks, number == 0) for number, pair in enumerate(sizes))

    def forward(self, pixels: Tensor) -> Tensor:
        """Map pictures [B, H, W, C] to [B, H / 2^stages, W / 2^stages, D], rounded up."""
        values = (pixels.float() / HALF_WHITE - 1).permute(0, 3, 1, 2)  # (B, C, H, W)
        for stage in self:
            values = stage(values)
        return F.relu(values).permute(0, 2, 3, 1)
