"""Runs on pictures that are killed while features are computed, or while they train, end with the same weights."""

import signal
from pathlib import Path

import pytest

from helpers.killing import assert_same_arrays, kill_and_resume
from helpers.onnx_files import write_network
from helpers.pictures import captioned_folder, tiny_extractor

SIZES = ["--hidden-size", 16, "--embedding-size", 8, "--encoder-size", 8, "--batch-size", 16]
STEPS = ["--steps", 150, "--validations", 15, "--patience", 1000, "--threads", 1, "--precision", "float32"]
OPTIONS = [*SIZES, *STEPS]


@pytest.fixture(scope="module", params=["onnx", "cnn"])
def whole(request, faults, tmp_path_factory):
    """A run without interruption, its pictures and its options."""
    folder = tmp_path_factory.mktemp("whole")
    pictures, options = captioned_folder(folder / "squares"), OPTIONS
    if request.param == "onnx":
        options = ["--extractor", tiny_extractor(folder / "tiny.onnx"), *OPTIONS]
    assert faults.call("train", pictures, "--out", folder / "m", *options).code == 0
    return folder / "m", pictures, options


def test_kill_and_resume_of_a_captioner_ends_bit_for_bit_the_same(faults, whole, tmp_path):
    expected, pictures, options = whole
    kill_and_resume(faults, tmp_path / "m", ["train", pictures, "--out", tmp_path / "m", *options], 3)
    assert_same_arrays(expected, tmp_path / "m")


def test_a_run_that_is_killed_while_features_are_computed_goes_on_to_the_same_weights(faults, tmp_path):
    pictures = captioned_folder(tmp_path / "squares")
    network = write_network(tmp_path / "net.onnx", shape=("n", 3, 96, 96), slow=8)
    options = ["--extractor", network, *OPTIONS[:-2], "--precision", "float32"]
    alone = tmp_path / "alone"
    alone.mkdir()
    assert faults.call("train", pictures, "--out", alone / "m", *options).code == 0
    place = tmp_path / "killed" / "m"
    place.parent.mkdir()
    process = faults.start("train", pictures, "--out", place, *options)
    faults.wait_for(process, lambda: any(file.stat().st_size for file in features_in(place.parent)))
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (place / "config.json").exists()
    result = faults.call("train", "--resume", place)
    assert result.code == 0, result.err
    assert_same_arrays(alone / "m", place)


def features_in(folder: Path) -> list[Path]:
    return [file for file in (folder / ".unspool-features").rglob("*") if file.is_file() and file.suffix != ".lock"]
