"""The two engines that train: the same gradients, and the same curves from the same start and the same masks.

PyTorch computes its part in a process of its own.
"""

import math
from pathlib import Path

import numpy as np
import pytest

from helpers.parity import CURVES, GRADIENTS, curves, gradients, of_another_process
from unspool.arrays import Arrays
from unspool.engines.parameters import parameter_shapes
from unspool.engines.registry import installed_engines

pytestmark = pytest.mark.skipif("torch" not in installed_engines(), reason="PyTorch is not installed")
SHORT = ["lstm-muon", "gru-adamw"]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Arrays, Arrays]:
    place = tmp_path_factory.mktemp("gradients") / "torch.safetensors"
    return of_another_process("torch", place), gradients("keras")


@pytest.mark.parametrize("name", GRADIENTS)
def test_the_gradient_of_every_array_is_that_of_torch(name: str, both: tuple[Arrays, Arrays]) -> None:
    torch, keras = both
    for parameter in parameter_shapes(GRADIENTS[name]):
        key = f"{name}/{parameter}"
        distance, size = (float(np.linalg.norm(array)) for array in (keras[key] - torch[key], torch[key]))
        assert size > 0, parameter
        assert distance <= 1e-4 * size, (parameter, distance / size)


def check_curves(names: list[str], place: Path) -> None:
    torch, keras = of_another_process("torch", place, *names), curves("keras", names)
    for name in names:
        assert torch[name][-20:].mean() < torch[name][:5].mean() - 0.5 * math.log(2), name  # it learns
        np.testing.assert_allclose(keras[name], torch[name], rtol=0, atol=1e-2, err_msg=name)


def test_two_hundred_losses_are_those_of_torch(tmp_path: Path) -> None:
    check_curves(SHORT, tmp_path / "torch.safetensors")


@pytest.mark.slow
def test_two_hundred_losses_of_other_cells_and_optimizers_are_those_of_torch(tmp_path: Path) -> None:
    check_curves([name for name in CURVES if name not in SHORT], tmp_path / "torch.safetensors")
