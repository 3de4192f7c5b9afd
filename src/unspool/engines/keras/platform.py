"""Describe the machine as TensorFlow finds it, and prepare it."""

import os
from contextlib import suppress

import tensorflow as tf

from unspool.arrays import Array
from unspool.engines.keras.importing import without_logs


class _Threads:
    kernels = 0  # as many as the machine has


def start(threads: int = 0) -> None:
    """Start TensorFlow, with at most so many threads for its operators and the kernels; 0 sets no limit.

    In a process in which it has started before, its operators keep the threads that they have.
    """
    if threads:
        with suppress(RuntimeError):  # it has started
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
        _Threads.kernels = threads
    with without_logs():
        tf.constant(0)


def use_threads(threads: int) -> None:
    """Set the number of threads of the compiled kernels; that of TensorFlow's operators is set when it starts."""
    _Threads.kernels = threads


def threads() -> int:
    """Return the number of threads of the compiled kernels."""
    return _Threads.kernels or machine_threads()


def machine_threads() -> int:
    """Return the number of threads that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def as_tensor(array: Array) -> tf.Tensor:
    """Copy an array to a tensor."""
    return tf.convert_to_tensor(array)


def as_array(tensor: tf.Tensor) -> Array:
    """Copy a tensor to an array."""
    array: Array = tensor.numpy()
    return array


def sizes(values: tf.Tensor) -> list[int | tf.Tensor]:
    """Return the sizes of a tensor: numbers where they are known, and scalars of the graph where they are not."""
    known: list[int | tf.Tensor] = values.shape.as_list()
    if None not in known:
        return known
    found = tf.unstack(tf.shape(values))
    return [scalar if number is None else number for number, scalar in zip(known, found, strict=True)]
