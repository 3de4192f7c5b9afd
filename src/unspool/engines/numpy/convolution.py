"""A small residual convolutional network in plain NumPy.

    pictures -> [enter -> halve -> blocks] -> [relu -> enter, which halves -> blocks] -> ... -> relu
                 stage 0                       stage 1

A block adds second(relu(first(relu(x)))) to x (He et al., 2016, Identity mappings). Nothing is normalised: the second
convolution of a block starts at zero, so that what passes through stays of one size.

Shapes: B rows, H height, W width, C channels in, D channels out, K the size of a convolution's window.
"""

from collections.abc import Mapping

import numpy as np

from unspool.arrays import Array
from unspool.specs.network import ImageEncoderSpec

KERNEL = 3  # K
HALF_WHITE = 127.5  # pixels of 0 to 255 become -1 to 1


class ConvolutionalNetwork:
    """Maps pictures to a map of positions.

    Args:
        spec: describes the encoder.
        weights: are those of the whole network, by name.
    """

    def __init__(self, spec: ImageEncoderSpec, weights: Mapping[str, Array]) -> None:
        self._spec, self._weights = spec, weights

    def __call__(self, pixels: Array) -> Array:
        """Map pictures [B, H, W, C] to [B, H / 2^stages, W / 2^stages, D], rounded up."""
        values = pixels.astype(np.float32) / np.float32(HALF_WHITE) - 1
        for stage in range(len(self._spec.stages)):
            name = f"encoder.stages.{stage}"
            if stage == 0:
                values = halved(self._convolve(f"{name}.enter", values))  # (B, H / 2, W / 2, D)
            else:
                values = self._convolve(f"{name}.enter", relu(values), stride=2)  # (B, H / 2, W / 2, D)
            for block in range(self._spec.blocks):
                first = self._convolve(f"{name}.blocks.{block}.first", relu(values))
                values = values + self._convolve(f"{name}.blocks.{block}.second", relu(first))
        return relu(values)

    def _convolve(self, name: str, values: Array, stride: int = 1) -> Array:
        return convolve(values, self._weights[f"{name}.weight"], stride) + self._weights[f"{name}.bias"]


def convolve(values: Array, weight: Array, stride: int) -> Array:
    """Convolve [B, H, W, C] with windows [D, K K C], zeros around the picture: [B, H / stride, W / stride, D]."""
    border = KERNEL // 2
    height, width = (-(-size // stride) for size in values.shape[1:3])
    padded = np.pad(values, ((0, 0), (border, border), (border, border), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (KERNEL, KERNEL), (1, 2))[:, ::stride, ::stride]
    rows = windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, weight.shape[1])  # (B H W, K K C)
    result: Array = (rows @ weight.T).reshape(len(values), height, width, len(weight))
    return result


def halved(values: Array) -> Array:
    """Take the highest of each 2 x 2 positions: [B, H, W, C] to [B, H / 2, W / 2, C], rounded up."""
    odd = [(0, size % 2) for size in values.shape[1:3]]
    padded = np.pad(values, ((0, 0), *odd, (0, 0)), constant_values=-np.inf)
    pairs = padded.reshape(len(padded), padded.shape[1] // 2, 2, padded.shape[2] // 2, 2, -1)
    result: Array = pairs.max(axis=(2, 4))
    return result


def relu(values: Array) -> Array:
    """Replace what is below zero by zero."""
    return np.maximum(values, 0)
