"""Measure how fast a machine trains, by training a small network for a moment.

A large product of matrices tells it badly: its rate is that of the processor's widest instructions, which training uses
little, and which several tenants of one processor may share (docs/decisions/0003-default-recipe.md).
"""

import time
from collections.abc import Callable
from functools import cache

import numpy as np

from unspool.data.batches import Batch
from unspool.engines.announcing import announcing
from unspool.engines.base import Machine
from unspool.engines.parameters import stepped_weights
from unspool.engines.registry import build_learner
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.shapes import CellName
from unspool.specs.training import EngineName, WindowTrainingSpec
from unspool.training.phases import Phases

HIDDEN, EMBEDDING, VOCABULARY = 384, 64, 128  # about what is chosen for a text of a megabyte in a minute or two
WARMING = 2  # steps that compile and load kernels
SECONDS = 0.25


def timed(machine: Machine, engine: EngineName, phases: Phases, note: Callable[[str], None]) -> Machine:
    """Return the machine with rates that are measured when they are first asked for.

    Args:
        machine: is the one that trains.
        engine: is the name of the engine that trains.
        phases: time the measurement of each cell.
        note: receives the line that kernels are being compiled.
    """

    @cache
    def rate_of(cell: CellName) -> float:
        phases.release()
        phases.begin("machine", f"a small {cell} was trained, to time this machine,")
        with announcing(note):
            rate = training_rate(machine, engine, cell)
        phases.end()
        return rate

    return machine._replace(rate_of=rate_of)


def training_rate(machine: Machine, engine: EngineName, cell: CellName) -> float:
    """Measure the product of weights and tokens per second that training a cell gets through.

    Args:
        machine: gives the precision, the threads and the rows of a batch, B.
        engine: is the name of the engine that trains.
        cell: is that of a layer of 384 hidden units.
    """
    decoder = DecoderSpec(cell=cell, hidden_size=HIDDEN, embedding_size=EMBEDDING, vocabulary_size=VOCABULARY)
    spec = WindowTrainingSpec(
        engine=engine, precision=machine.precision, threads=machine.threads, batch_size=machine.rows
    )
    learner = build_learner(engine, NetworkSpec(decoder=decoder), spec)
    shape = (machine.rows, spec.sequence_length + 1)  # [B, T + 1]
    tokens = np.random.default_rng(0).integers(0, VOCABULARY, shape)
    batch = Batch(tokens[:, :-1].copy(), tokens[:, 1:].copy(), np.ones(machine.rows, np.bool_))  # [B, T], [B, T], [B]
    for step in range(WARMING):
        learner.train_step(batch, 1.0, step)
    steps, started = 0, time.perf_counter()
    while (seconds := time.perf_counter() - started) < SECONDS or not steps:
        learner.train_step(batch, 1.0, WARMING + steps)
        steps += 1
    return steps * batch.inputs.size * stepped_weights(decoder) / seconds
