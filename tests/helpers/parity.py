"""Gradients and curves of one engine, to be compared with those of another that cannot share the process.

of_another_process("torch", path, gradients, names)    # in a process of its own
gradients("keras", names)                              # in this one
"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from conformance.test_parts import HEADS, LABELS, OTHERS, ROWS, TARGETS, TEXTS, moderate_weights, name_of, source
from helpers.commands import environment
from unspool.arrays import Arrays
from unspool.data.batches import Batch
from unspool.engines.initial import initial_weights
from unspool.engines.registry import build_learner
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.training import TrainingSpec

ROOT = Path(__file__).parents[2]
CELLS = ("rnn", "lstm", "gru", "mingru")
INPUTS = {
    "plain": {"embedding_size": 5},
    "one-hot": {"embedding_size": 0},
    "tied": {"embedding_size": 8, "tie_weights": True},
}
DECODERS = {
    f"{cell}-{layers}-{kind}": NetworkSpec(
        decoder=DecoderSpec(cell=cell, num_layers=layers, hidden_size=8, vocabulary_size=TARGETS, **settings)
    )
    for cell in CELLS
    for layers in (1, 2)
    for kind, settings in INPUTS.items()
}
GRADIENTS = DECODERS | {name_of(spec): spec for spec in (*TEXTS, *OTHERS, *HEADS)}
DROPPING = {"threads": 1, "dropout": 0.2, "input_dropout": 0.1, "recurrent_dropout": 0.2}
PLAIN = {"optimizer": "adamw", "clip": 1e9, "weight_decay": 0.0, "learning_rate": 1e-30}
STEPS, LENGTH, WIDTH, MANY = 200, 16, 16, 32  # updates of a curve, time steps, hidden units, rows
CURVES = {f"{cell}-{optimizer}": (cell, optimizer) for cell in CELLS for optimizer in ("normuon", "muon", "adamw")}


def gradients(engine: str, names: Sequence[str]) -> Arrays:
    """The gradient of every array of networks in one update, as AdamW's first moment holds a tenth of it."""
    found: Arrays = {}
    for name in names:
        spec = GRADIENTS[name]
        learner = build_learner(
            engine, spec, TrainingSpec(**DROPPING, **PLAIN, label_smoothing=0.1), moderate_weights(spec)
        )
        learner.train_step(batch_of(spec), 1.0, 3, 0.7)
        state = learner.training_state()
        start = "moments.exp_avg."
        found |= {f"{name}/{key.removeprefix(start)}": value for key, value in state.items() if key.startswith(start)}
    return found


def curves(engine: str, names: Sequence[str]) -> Arrays:
    """The losses of the first updates of small networks of some names."""
    found: Arrays = {}
    for name in names:
        cell, optimizer = CURVES[name]
        shape = {"cell": cell, "num_layers": 2, "hidden_size": WIDTH, "vocabulary_size": TARGETS + 4}
        spec = NetworkSpec(decoder=DecoderSpec(embedding_size=8, **shape))
        rate = 0.005 if cell == "mingru" else 0.02  # at more, a small minGRU magnifies how Muon's products are rounded
        training = TrainingSpec(**DROPPING, optimizer=optimizer, learning_rate=0.01, matrix_rate=rate)
        learner = build_learner(engine, spec, training, initial_weights(spec, 1))
        found[name] = np.array([learner.train_step(_window(step), 1.0, step) for step in range(STEPS)])
    return found


def of_another_process(engine: str, path: Path, find: Callable[..., Arrays], names: Sequence[str]) -> Arrays:
    """The gradients, or the curves, of these names as an engine in a process of its own finds them."""
    command = [sys.executable, "-m", "helpers.parity", engine, str(path), find.__name__, *names]
    env = environment({"UNSPOOL_TEST_ENGINE": engine})
    done = subprocess.run(command, cwd=ROOT / "tests", env=env, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    return load_file(path)


def batch_of(spec: NetworkSpec) -> Batch:
    """A batch of few steps for a network, which depends on nothing else."""
    tokens = np.random.default_rng(5).integers(4, TARGETS, (ROWS, 7))
    labels = np.arange(ROWS) % LABELS if spec.head else None
    start = source(spec) if spec.encoder else None
    return Batch(tokens[:, :-1].copy(), tokens[:, 1:].copy(), np.ones(ROWS, np.bool_), start, labels)


def _window(step: int) -> Batch:
    """Rows that count upwards, with mistakes, so that there is something to learn."""
    generator = np.random.default_rng(step)
    tokens = generator.integers(0, TARGETS, (MANY, 1)) + np.arange(LENGTH + 1)
    tokens = np.where(generator.random(tokens.shape) < 0.1, generator.integers(0, TARGETS, tokens.shape), tokens)
    tokens = 4 + tokens % TARGETS
    reset = generator.random(MANY) < (1.0 if step == 0 else 0.1)
    return Batch(tokens[:, :-1].copy(), tokens[:, 1:].copy(), reset)


if __name__ == "__main__":
    named, place, what, *wanted = sys.argv[1:]
    save_file({"gradients": gradients, "curves": curves}[what](named, wanted), place)
