"""The graph in which TensorFlow trains: one for all shapes, quiet, and the same losses without compiled kernels."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from conformance.test_parts import HEADS, OTHERS, TEXTS, decoder
from helpers.commands import environment
from helpers.parity import batch_of
from unspool.engines.registry import build_learner
from unspool.specs.network import FeatureEncoderSpec, ImageEncoderSpec, NetworkSpec
from unspool.specs.training import TrainingSpec

SETTINGS = {"dropout": 0.2, "input_dropout": 0.1, "recurrent_dropout": 0.1, "learning_rate": 0.01}
TRAINING = TrainingSpec(threads=1, optimizer="adamw", **SETTINGS)
PICTURES = [spec for spec in OTHERS if isinstance(spec.encoder, FeatureEncoderSpec | ImageEncoderSpec)]
SPECS = [
    *(NetworkSpec(decoder=decoder(cell)) for cell in ("rnn", "lstm", "gru", "mingru")),
    TEXTS[2],
    PICTURES[-1],
    next(spec for spec in PICTURES if isinstance(spec.encoder, FeatureEncoderSpec)),
    HEADS[-1],
]
WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None
import unspool.engines.keras
from conformance.test_keras_update import SPECS, losses
from unspool.engines.keras.compiled import PRECISIONS
print(len(PRECISIONS), *(loss for spec in SPECS for loss in losses(spec)))
"""


def losses(spec: NetworkSpec) -> list[float]:
    learner = build_learner("keras", spec, TRAINING)
    first = batch_of(spec)
    then = replace(first, reset=np.zeros_like(first.reset))
    return [learner.train_step(first, 1.0, 0), learner.train_step(then, 1.0, 1)]


def test_one_graph_serves_batches_of_all_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    from unspool.engines.keras import update

    traced = []
    trace = update.Update._trace
    monkeypatch.setattr(update.Update, "_trace", lambda *given: traced.append(trace(*given)) or traced[-1])
    spec = TEXTS[2]
    learner = build_learner("keras", spec, TRAINING)
    whole = batch_of(spec)
    shorter = replace(whole, inputs=whole.inputs[:, :1].copy(), targets=whole.targets[:, :1].copy())
    for step, batch in enumerate((whole, shorter, whole.partition(0, 2), shorter.partition(1, 3))):
        assert np.isfinite(learner.train_step(batch, 1.0, step))
    assert [graph.experimental_get_tracing_count() for graph in traced] == [1]


@pytest.mark.slow
def test_without_numba_it_learns_the_same_and_neither_says_anything(capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("numba")
    expected = [loss for spec in SPECS for loss in losses(spec)]
    assert capfd.readouterr().err == ""
    env = environment({"UNSPOOL_TEST_ENGINE": "keras", "PYTHONPATH": "tests"})
    command = [sys.executable, "-c", WITHOUT_NUMBA]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=240)
    assert (done.returncode, done.stderr) == (0, "")
    kernels, *found = done.stdout.split()
    assert kernels == "0"
    np.testing.assert_allclose(np.array(found, np.float64), expected, rtol=0, atol=1e-4)
