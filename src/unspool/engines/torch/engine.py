"""Build the torch engine; the registry imports this module and no other."""

from collections.abc import Mapping

import torch

from unspool.arrays import Array
from unspool.data.partition import ONLY_PROCESS, Process
from unspool.engines.base import Machine
from unspool.engines.initial import initial_weights
from unspool.engines.machine import keep_large_blocks
from unspool.engines.torch.learner import TorchLearner
from unspool.engines.torch.network import TorchClassifier, TorchDecoder, wrap_parts
from unspool.engines.torch.parts import Parts
from unspool.engines.torch.platform import (
    choose_device,
    device,
    native_precision,
    usual_rows,
)
from unspool.engines.torch.recurrent import has_kernels
from unspool.engines.torch.weights import load_weights
from unspool.specs.network import NetworkSpec
from unspool.specs.training import TrainingSpec


def build_network(spec: NetworkSpec, weights: Mapping[str, Array]) -> TorchDecoder | TorchClassifier:
    """Build a network for inference in float32."""
    parts = Parts(spec).to(device())
    load_weights(parts, weights)
    return wrap_parts(parts)


def build_learner(
    spec: NetworkSpec,
    training: TrainingSpec,
    weights: Mapping[str, Array] | None = None,
    process: Process = ONLY_PROCESS,
) -> TorchLearner:
    """Build a learner on the device of a process; without weights it starts from `initial_weights`."""
    keep_large_blocks()
    if training.threads:
        torch.set_num_threads(training.threads)
    parts = Parts(spec).to(choose_device(process))
    load_weights(parts, initial_weights(spec, training.seed) if weights is None else weights)
    return TorchLearner(parts, training)


def find_machine(threads: int = 0) -> Machine:
    """Describe this machine, with at most so many threads."""
    if threads:
        torch.set_num_threads(threads)
    precision = native_precision()
    kind = torch.bfloat16 if precision == "bfloat16" else torch.float32
    compiled = device().type == "cpu" and has_kernels(kind)
    return Machine(precision, torch.get_num_threads(), usual_rows(), compiled)
