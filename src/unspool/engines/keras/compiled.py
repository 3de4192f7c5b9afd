"""Compiled kernels on eager tensors: on the memory that they have, without a copy.

Without Numba there are no kernels, and every operation has a slower form in TensorFlow's own operators.
"""

from functools import cache
from typing import Any

import numpy as np
import tensorflow as tf

from unspool.arrays import Array
from unspool.engines.keras.platform import threads

try:
    from unspool.engines.kernels import parallel
    from unspool.engines.kernels.tiles import HAS_PAIRS, HAS_VECTORS

    PRECISIONS = {tf.float32: "float32", tf.bfloat16: "bfloat16"}  # the kernels' names of the types they store
except ImportError:
    PRECISIONS, HAS_PAIRS, HAS_VECTORS = {}, False, False


def launch(kernel: Any, chunks: int, *arguments: int | tf.Tensor | Array) -> None:
    """Run a kernel over all its chunks, and wait for it.

    Args:
        kernel: is compiled by a module of `engines/kernels`.
        chunks: is the number of pieces of the work.
        *arguments: are sizes, and tensors or arrays, which are passed by address; 0 stands for none.
    """
    given = (item if isinstance(item, int) else np.asarray(item) for item in arguments)
    parallel.launch(kernel, chunks, threads(), *given)


def has_kernels(precision: tf.DType) -> bool:
    """Return whether there are kernels that multiply, for which the processor must have the instructions."""
    return precision in PRECISIONS and (HAS_PAIRS if precision == tf.bfloat16 else HAS_VECTORS)


def empty(shape: tuple[int, ...], kind: tf.DType = tf.float32) -> tf.Tensor:
    """Make a tensor that a kernel fills: nobody else has it, so that writing to its memory is safe."""
    return tf.raw_ops.Empty(shape=_constant(shape), dtype=kind)


def zeros(shape: tuple[int, ...], kind: tf.DType = tf.float32) -> tf.Tensor:
    """Make a tensor of zeros that a kernel adds to."""
    return tf.raw_ops.Empty(shape=_constant(shape), dtype=kind, init=True)


@cache
def _constant(shape: tuple[int, ...]) -> tf.Tensor:
    """Make a tensor of a shape once, which takes longer than to make the tensor of that shape."""
    return tf.constant(shape, tf.int32)
