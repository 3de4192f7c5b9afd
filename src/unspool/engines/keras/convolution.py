"""The residual convolutional network as a TensorFlow module; `engines/numpy/convolution.py` has a diagram.

Shapes: B rows, H height, W width, C channels in, D channels out, K the size of a convolution's window.
"""

import numpy as np
import tensorflow as tf

from unspool.engines.keras.products import precision
from unspool.engines.keras.variables import weight
from unspool.engines.numpy.convolution import HALF_WHITE, KERNEL
from unspool.specs.network import ImageEncoderSpec

BORDER = [KERNEL // 2, KERNEL // 2]  # zeros on both sides


class Convolution(tf.Module):
    """Convolves with a window of K x K, zeros around the picture.

    Args:
        width: is the number of channels in, C.
        size: is the number of channels out, D.
        stride: is the distance of two windows.
    """

    def __init__(self, width: int, size: int, stride: int = 1) -> None:
        super().__init__()
        self._window, self._stride = (size, KERNEL, KERNEL, width), stride
        self.weight = weight(size, KERNEL * KERNEL * width)
        self.bias = weight(size)

    def __call__(self, values: tf.Tensor) -> tf.Tensor:
        """Convolve [B, H, W, C] to [B, H / stride, W / stride, D]."""
        values, windows, bias = (tf.cast(one, precision()) for one in (values, self.weight, self.bias))
        windows = tf.transpose(tf.reshape(windows, self._window), (1, 2, 3, 0))  # (K, K, C, D)
        padding = "SAME"
        if self._stride > 1:  # SAME would put no zeros before the first row and column
            values, padding = tf.pad(values, [[0, 0], BORDER, BORDER, [0, 0]]), "VALID"
        # given the borders as numbers, TensorFlow computes the gradients in bfloat16 without oneDNN, 50 times slower
        return tf.nn.bias_add(tf.nn.conv2d(values, windows, self._stride, padding), bias)


class Block(tf.Module):
    """Adds what two convolutions make of a map.

    Args:
        size: is the number of channels.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.first = Convolution(size, size)
        self.second = Convolution(size, size)

    def __call__(self, values: tf.Tensor) -> tf.Tensor:
        """Map [B, H, W, C] to the same shape."""
        return values + self.second(tf.nn.relu(self.first(tf.nn.relu(values))))


class Stage(tf.Module):
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
        self.blocks = [Block(size) for _ in range(blocks)]

    def __call__(self, values: tf.Tensor) -> tf.Tensor:
        """Map [B, H, W, C] to [B, H / 2, W / 2, D], rounded up."""
        values = self._halve(values)  # (B, H / 2, W / 2, D)
        for block in self.blocks:
            values = block(values)
        return values

    def _halve(self, values: tf.Tensor) -> tf.Tensor:
        if self._first:
            return halved(self.enter(values))
        return self.enter(tf.nn.relu(values))


class Stages(list[Stage]):
    """All stages of the network.

    Args:
        spec: describes the encoder.
    """

    def __init__(self, spec: ImageEncoderSpec) -> None:
        widths = (spec.channels, *spec.stages)
        sizes = zip(widths, spec.stages, strict=False)
        super().__init__(Stage(*pair, spec.blocks, number == 0) for number, pair in enumerate(sizes))

    def __call__(self, pixels: tf.Tensor) -> tf.Tensor:
        """Map pictures [B, H, W, C] to [B, H / 2^stages, W / 2^stages, D], rounded up."""
        values = tf.cast(pixels, tf.float32) / HALF_WHITE - 1
        for stage in self:
            values = stage(values)
        return tf.nn.relu(values)


def halved(values: tf.Tensor) -> tf.Tensor:
    """Take the highest of each 2 x 2 positions: [B, H, W, C] to [B, H / 2, W / 2, C], rounded up.

    The gradients of two maximums take a third of the time of that of `tf.nn.max_pool2d`, and are the same: among equal
    positions, the first has it.
    """
    _, height, width, size = values.shape
    if height % 2 or width % 2:
        odd = [[0, 0], [0, height % 2], [0, width % 2], [0, 0]]
        values = tf.pad(values, odd, constant_values=tf.cast(-np.inf, values.dtype))
    height, width = -(-height // 2), -(-width // 2)
    left, right = tf.split(tf.reshape(values, (-1, 2 * height, width, 2 * size)), 2, axis=3)
    upper, lower = tf.unstack(tf.reshape(tf.maximum(left, right), (-1, height, 2, width, size)), axis=2)
    return tf.maximum(upper, lower)  # (B, H / 2, W / 2, C)
