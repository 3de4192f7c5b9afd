"""The rate of a machine is that of training steps, and is measured only where something depends on it."""

import json
import time
from pathlib import Path
from typing import get_args

import pytest

from conformance.engines import trainer
from helpers.small import TINY
from unspool.api import train
from unspool.data.batches import Batch
from unspool.engines.base import ORDINARY_RATE, Machine
from unspool.engines.parameters import stepped_weights
from unspool.engines.registry import training_machine, usual_training_engine
from unspool.specs.network import DecoderSpec
from unspool.specs.shapes import CellName
from unspool.training import speed
from unspool.training.speed import training_rate

WITHOUT_STEPS = {name: value for name, value in TINY.items() if name != "steps"}


class Learner:
    """Takes a second for each of its first steps, and a tenth of one for the others."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.taken = 50.0, 0
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)
        monkeypatch.setattr(speed, "build_learner", lambda *_: self)

    def train_step(self, batch: Batch, rate: float, step: int) -> float:
        assert (batch.inputs.shape, step) == ((8, 64), self.taken)
        self.now += 1.0 if self.taken < 2 else 0.1
        self.taken += 1
        return 4.0


def test_the_rate_is_that_of_steps_after_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    learner = Learner(monkeypatch)
    measured = training_rate(Machine("float32", 1, rows=8), "torch", "lstm")
    weights = stepped_weights(DecoderSpec(cell="lstm", hidden_size=384, embedding_size=64, vocabulary_size=128))
    assert weights == 4 * 384 * (384 + 64 + 2) + 129 * 384 - 384 + 128
    assert learner.taken == 2 + 3  # a quarter of a second
    assert measured == pytest.approx(weights * 8 * 64 / 0.1)


@pytest.mark.engines
@pytest.mark.parametrize("cell", get_args(CellName))
def test_every_cell_can_be_timed(cell: CellName, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "SECONDS", 0.01)
    monkeypatch.setattr(speed, "HIDDEN", 16)
    engine = trainer() or usual_training_engine()
    assert training_rate(training_machine(engine), engine, cell) > 0


def test_the_rate_is_measured_only_where_a_run_may_depend_on_it(
    monkeypatch: pytest.MonkeyPatch, text_file: Path, tmp_path: Path
) -> None:
    measured: list[str] = []

    def rate(machine: Machine, engine: str, cell: str) -> float:
        measured.append(cell)
        return ORDINARY_RATE

    monkeypatch.setattr(speed, "training_rate", rate)
    train(text_file, out=tmp_path / "steps", **WITHOUT_STEPS, steps=1)
    assert not measured
    train(text_file, out=tmp_path / "minutes", **{**WITHOUT_STEPS, "cell": "lstm"}, minutes=0.01)
    assert measured == ["lstm"]
    *_, end = map(json.loads, (tmp_path / "minutes" / "history.jsonl").read_text().splitlines())
    assert list(end["phases"])[:4] == ["imports", "data", "machine", "network"]
