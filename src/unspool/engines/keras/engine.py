"""Build the TensorFlow engine; the registry imports this module and no other."""

from collections.abc import Mapping

import tensorflow as tf

from unspool.arrays import Array
from unspool.data.partition import ONLY_PROCESS, Process
from unspool.engines.base import Machine
from unspool.engines.initial import initial_weights
from unspool.engines.keras.compiled import has_kernels
from unspool.engines.keras.learner import KerasLearner
from unspool.engines.keras.network import KerasClassifier, KerasDecoder, wrap_parts
from unspool.engines.keras.parts import Parts
from unspool.engines.keras.platform import machine_threads, start
from unspool.engines.keras.weights import load_weights
from unspool.engines.machine import keep_large_blocks, processor_precision
from unspool.errors import UsageError
from unspool.specs.network import NetworkSpec
from unspool.specs.training import TrainingSpec


def build_network(spec: NetworkSpec, weights: Mapping[str, Array]) -> KerasDecoder | KerasClassifier:
    """Build a network for inference in float32."""
    start()
    parts = Parts(spec)
    load_weights(parts, weights)
    return wrap_parts(parts)


def build_learner(
    spec: NetworkSpec,
    training: TrainingSpec,
    weights: Mapping[str, Array] | None = None,
    process: Process = ONLY_PROCESS,
) -> KerasLearner:
    """Build a learner; without weights it starts from `initial_weights`.

    Raises:
        UsageError: several processes are to train together.
    """
    if process.world > 1:
        raise UsageError(
            f"the engine keras trains in one process. Received: {process.world} processes.",
            "use the engine torch, or start one process.",
        )
    keep_large_blocks()
    start(training.threads)
    parts = Parts(spec)
    load_weights(parts, initial_weights(spec, training.seed) if weights is None else weights)
    return KerasLearner(parts, training)


def find_machine(threads: int = 0) -> Machine:
    """Describe this machine, with at most so many threads."""
    start(threads)
    precision = processor_precision()
    return Machine(precision, threads or machine_threads(), compiled=has_kernels(tf.as_dtype(precision)))
