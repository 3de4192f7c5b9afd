"""`--tensorboard` writes curves beside the model, in a new folder and over an old one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.commands import Result

STEPS, VALIDATIONS = 25, 3


def curves(folder: Path) -> dict[str, dict[int, Any]]:
    """Every curve of the event files of a folder, as values by step."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    to_array = pytest.importorskip("tensorboard.util.tensor_util").make_ndarray
    events = accumulator.EventAccumulator(str(folder)).Reload()
    return {
        tag: {event.step: to_array(event.tensor_proto).item() for event in events.Tensors(tag)}
        for tag in events.Tags()["tensors"]
    }


def test_curves_are_written_for_a_new_model_and_for_one_that_is_replaced(
    call: Callable[..., Result], small: list[str], text_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "m"
    sizes = [*small, "--batch-size", 4, "--sequence-length", 16, "--seed", 3, "--validations", VALIDATIONS]
    for more in ([], ["--overwrite"]):
        result = call("train", text_file, "--steps", STEPS, *sizes, "--out", out, "--tensorboard", *more)
        assert result.code == 0, result.err
        assert len(list((out / "tensorboard").iterdir())) == 1
        assert (out / "model.safetensors").exists()
    history = [json.loads(line) for line in (out / "history.jsonl").read_text(encoding="utf-8").splitlines()]
    found = curves(out / "tensorboard")
    assert set(found) == {"loss/training", "loss/fresh", "rate/tokens_per_second", "sample"}

    assert list(found["loss/training"]) == [10, 20]
    validations = {event["step"]: event for event in history if event["event"] == "validation"}
    assert len(validations) == VALIDATIONS
    assert found["loss/fresh"] == pytest.approx({step: event["fresh"] for step, event in validations.items()})
    lowest = min(event["loss"] for event in validations.values())
    assert all(lowest < loss < 5 for loss in found["loss/training"].values())  # of 33 characters, by chance 3.5

    assert list(found["rate/tokens_per_second"]) == [10, 20]
    seconds = history[-1]["seconds"]
    assert all(rate > 10 * 4 * 16 / seconds for rate in found["rate/tokens_per_second"].values())

    assert list(found["sample"]) == list(validations)
    assert all(text.decode().startswith("    ") and text.strip() for text in found["sample"].values())
