"""Functions of arrays on tensors, and the compiled kernels that they launch.

Training is a graph (`update.py`), inference is eager; either runs such a function on the memory of its tensors, without
a copy. Without Numba there are no kernels, and every operation has a slower form in TensorFlow's own operators.
"""

from collections.abc import Callable, Sequence
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

ALIGNED = 64  # bytes: TensorFlow takes an array that begins at a multiple as it is, and copies another


def run(
    function: Callable[..., Sequence[Array]], inputs: Sequence[Any], outputs: Sequence[tf.TensorSpec]
) -> list[tf.Tensor]:
    """Run a function of arrays on tensors, at once or as a part of a graph.

    Args:
        function: takes an array for each input, and returns one for each output; it may write to an input that nothing
            else reads.
        inputs: are tensors or numbers.
        outputs: are the shapes, as far as they are known, and the types of what is returned.
    """
    if tf.executing_eagerly():
        return [tf.convert_to_tensor(array) for array in function(*(np.asarray(one) for one in inputs))]
    found = tf.numpy_function(function, inputs, [spec.dtype for spec in outputs])
    return [tf.ensure_shape(tensor, spec.shape) for tensor, spec in zip(found, outputs, strict=True)]


def launch(kernel: Any, chunks: int, *arguments: int | Array) -> None:
    """Run a kernel over all its chunks, and wait for it.

    Args:
        kernel: is compiled by a module of `engines/kernels`.
        chunks: is the number of pieces of the work.
        *arguments: are sizes, and arrays, which are passed by address; 0 stands for none.
    """
    parallel.launch(kernel, chunks, threads(), *arguments)


def has_kernels(precision: tf.DType) -> bool:
    """Return whether there are kernels that multiply, for which the processor must have the instructions."""
    return precision in PRECISIONS and (HAS_PAIRS if precision == tf.bfloat16 else HAS_VECTORS)


def empty(shape: tuple[int, ...], kind: Any = np.float32) -> Array:
    """Make an array that a kernel fills, and that TensorFlow takes without a copy."""
    count = int(np.prod(shape)) * np.dtype(kind).itemsize
    block = np.empty(count + ALIGNED, np.uint8)
    first = -block.ctypes.data % ALIGNED
    array: Array = block[first : first + count].view(kind).reshape(shape)
    return array


def zeros(shape: tuple[int, ...], kind: Any = np.float32) -> Array:
    """Make an array of zeros that a kernel adds to."""
    array = empty(shape, kind)
    array.fill(0)
    return array


def copied(values: Array) -> Array:
    """Copy an array, which a kernel then replaces."""
    array = empty(values.shape, values.dtype)
    array[...] = values
    return array
