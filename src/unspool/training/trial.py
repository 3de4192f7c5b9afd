"""Try an update and a prediction before the clock starts: kernels are compiled, or read from the cache, and loaded."""

from dataclasses import replace

import numpy as np

from unspool.data.batches import Batch
from unspool.engines.base import Classifies, EncoderDecoder, Learner, SequenceNetwork
from unspool.specs.training import DecoderTrainingSpec, TrainingSpec

LATE = 1 << 40  # an update at which all layers learn


def try_step(learner: Learner, batch: Batch, training: TrainingSpec) -> None:
    """Let a learner that is thrown away do what a run does: one update, and one prediction without an update.

    Args:
        learner: is changed.
        batch: is one of the run.
        training: holds the settings of the run.
    """
    forcing = training.teacher_forcing if isinstance(training, DecoderTrainingSpec) else 1.0
    learner.train_step(replace(batch, reset=np.ones_like(batch.reset)), 1.0, LATE, forcing)
    network = learner.network()
    if isinstance(network, EncoderDecoder) and batch.source is not None:
        network.nll(batch.inputs, batch.targets, network.encode(batch.source))
    elif isinstance(network, SequenceNetwork):
        network.nll(batch.inputs, batch.targets, network.initial_state(len(batch.inputs)))
    elif isinstance(network, Classifies) and batch.source is not None:
        network.classify(batch.source)
