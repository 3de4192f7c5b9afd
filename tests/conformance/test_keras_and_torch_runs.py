"""A folder of one engine opens in the other, and a run that one began is continued by the other.

Both hold the same training state, so a run that changes hands ends within rounding of one that does not. PyTorch works
in a process of its own.
"""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

import unspool
from helpers.killing import assert_same_arrays
from helpers.runs import of_another_process, resume, score, train
from unspool.arrays import Arrays
from unspool.engines.registry import installed_engines
from unspool.errors import UsageError
from unspool.folder.model_folder import ModelFolder
from unspool.tasks.opening import read_recipe

pytestmark = pytest.mark.skipif("torch" not in installed_engines(), reason="PyTorch is not installed")
CASES = {
    "lstm-muon": {"cell": "lstm", "optimizer": "muon"},
    "gru-adamw": {"cell": "gru", "optimizer": "adamw", "num_layers": 2},
    "mingru-muon": {"cell": "mingru", "optimizer": "muon"},
}
SIZES: dict[str, Any] = {"hidden_size": 16, "embedding_size": 8, "batch_size": 8, "sequence_length": 16}
RATES = {"learning_rate": 0.005, "matrix_rate": 0.005, "dropout": 0.2, "input_dropout": 0.1, "recurrent_dropout": 0.2}
SETTINGS = {**SIZES, **RATES, "steps": 12, "validations": 2, "threads": 1, "precision": "float32"}
CUT, TEXT = 6, "the small cat sees"


def jobs(text: Path, place: Path, engine: str) -> list[tuple[str, dict[str, Any]]]:
    """A whole run and one that is cut off, of each case."""
    return [
        (
            "train",
            {"data": str(text), "out": f"{place}/{case}-{stop}", "engine": engine, "stop": stop, **SETTINGS, **own},
        )
        for case, own in CASES.items()
        for stop in (0, CUT)
    ]


@pytest.fixture(scope="module")
def began_by_torch(text_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("torch")
    of_another_process("torch", jobs(text_file, place, "torch"))
    return place


@pytest.fixture(scope="module")
def began_by_keras(text_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("keras")
    for _, given in jobs(text_file, place, "keras"):
        train(**given)
    return place


@pytest.fixture(scope="module")
def in_torch(began_by_keras: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    """Runs that keras began and torch continued, what that said, and the scores of torch."""
    place = tmp_path_factory.mktemp("handed over") / "runs"
    shutil.copytree(began_by_keras, place)
    resumed = [("resume", {"path": f"{place}/{case}-{CUT}", "options": ["--engine", "torch"]}) for case in CASES]
    scored = [("score", {"path": f"{place}/{case}-0", "text": TEXT, "engine": "torch"}) for case in CASES]
    return place, of_another_process("torch", resumed + scored)


def weights(path: Path) -> Arrays:
    state = load_file(path / "training" / "last.safetensors")
    return {name: array for name, array in state.items() if name.startswith("weights.")}


def moved(one: Arrays, other: Arrays) -> float:
    return float(np.sqrt(sum(np.square(one[name] - other[name]).sum() for name in one)))


def check(whole: Path, cut: Path, handed: Path) -> None:
    """A run that changed hands has come as far as one that did not; without the moments it would be elsewhere."""
    assert moved(weights(handed), weights(whole)) < 0.02 * moved(weights(cut), weights(whole))


@pytest.mark.parametrize("case", CASES)
def test_keras_continues_what_torch_began(case: str, began_by_torch: Path, tmp_path: Path) -> None:
    whole, cut = began_by_torch / f"{case}-0", began_by_torch / f"{case}-{CUT}"
    shutil.copytree(cut, tmp_path / "m")
    said = resume(str(tmp_path / "m"), ["--engine", "keras"])
    assert "keras goes on with what torch began" in said
    check(whole, cut, tmp_path / "m")
    assert read_recipe(ModelFolder(cut)).training.engine == "torch"
    assert read_recipe(ModelFolder(tmp_path / "m")).training.engine == "keras"


@pytest.mark.parametrize("case", CASES)
def test_torch_continues_what_keras_began(case: str, began_by_keras: Path, in_torch: tuple[Path, list[Any]]) -> None:
    handed, results = in_torch
    assert "torch goes on with what keras began" in results[list(CASES).index(case)]
    check(began_by_keras / f"{case}-0", began_by_keras / f"{case}-{CUT}", handed / f"{case}-{CUT}")


@pytest.mark.parametrize("case", CASES)
def test_a_folder_of_one_engine_has_the_same_logits_in_the_other(
    case: str, began_by_torch: Path, began_by_keras: Path, in_torch: tuple[Path, list[Any]]
) -> None:
    found = in_torch[1][len(CASES) + list(CASES).index(case)]
    np.testing.assert_allclose(found, score(f"{began_by_keras}/{case}-0", TEXT, "keras"), rtol=0, atol=1e-4)
    ours, numpy = (score(f"{began_by_torch}/{case}-0", TEXT, engine) for engine in ("keras", "numpy"))
    np.testing.assert_allclose(ours, numpy, rtol=0, atol=1e-4)


@pytest.mark.parametrize("case", CASES)
def test_without_a_name_the_engine_that_began_goes_on_to_the_last_bit(
    case: str, began_by_keras: Path, tmp_path: Path
) -> None:
    shutil.copytree(began_by_keras / f"{case}-{CUT}", tmp_path / "m")
    unspool.resume(tmp_path / "m")
    assert_same_arrays(began_by_keras / f"{case}-0", tmp_path / "m")


def test_an_engine_that_cannot_train_continues_nothing(began_by_keras: Path, tmp_path: Path) -> None:
    shutil.copytree(began_by_keras / f"lstm-muon-{CUT}", tmp_path / "m")
    with pytest.raises(UsageError, match="engine"):
        unspool.resume(tmp_path / "m", engine="numpy")
