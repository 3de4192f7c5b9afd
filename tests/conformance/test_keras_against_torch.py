"""The two engines that train: the same gradients, and the same curves from the same start and the same masks.

PyTorch computes its part in a process of its own.
"""

import math
from pathlib import Path

import numpy as np
import pytest

from helpers.parity import CURVES, GRADIENTS, curves, gradients, of_another_process
from unspool.engines.parameters import parameter_shapes
from unspool.engines.registry import installed_engines

pytestmark = pytest.mark.skipif("torch" not in installed_engines(), reason="PyTorch is not installed")
SHORT = ["lstm-normuon", "gru-muon", "gru-adamw"]
QUICK = list(GRADIENTS)[::16]  # every sixteenth: the graph of each takes a second to trace
FURTHER = [name for name in GRADIENTS if name not in QUICK]


def check_gradients(names: list[str], place: Path) -> None:
    torch, keras = of_another_process("torch", place, gradients, names), gradients("keras", names)
    expected = {f"{name}/{parameter}" for name in names for parameter in parameter_shapes(GRADIENTS[name])}
    assert torch.keys() == keras.keys() == expected
    for key in expected:
        distance, size = (float(np.linalg.norm(array)) for array in (keras[key] - torch[key], torch[key]))
        assert size > 0, key
        assert distance <= 1e-4 * size, (key, distance / size)


def test_the_gradient_of_every_array_is_that_of_torch(tmp_path: Path) -> None:
    check_gradients(QUICK, tmp_path / "torch.safetensors")


@pytest.mark.slow
def test_the_gradients_of_all_other_networks_are_those_of_torch(tmp_path: Path) -> None:
    check_gradients(FURTHER, tmp_path / "torch.safetensors")


def check_curves(names: list[str], place: Path) -> None:
    torch, keras = of_another_process("torch", place, curves, names), curves("keras", names)
    for name in names:
        assert torch[name][-20:].mean() < torch[name][:5].mean() - 0.5 * math.log(2), name  # it learns
        np.testing.assert_allclose(keras[name], torch[name], rtol=0, atol=1e-2, err_msg=name)


def test_two_hundred_losses_are_those_of_torch(tmp_path: Path) -> None:
    check_curves(SHORT, tmp_path / "torch.safetensors")


@pytest.mark.slow
def test_two_hundred_losses_of_other_cells_and_optimizers_are_those_of_torch(tmp_path: Path) -> None:
    check_curves([name for name in CURVES if name not in SHORT], tmp_path / "torch.safetensors")
