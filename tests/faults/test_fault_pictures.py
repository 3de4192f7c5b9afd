"""Runs on pictures that are killed while they train end with the same weights."""

import pytest

from helpers.killing import assert_same_arrays, kill_and_resume
from helpers.pictures import captioned_folder, tiny_extractor

pytestmark = pytest.mark.slow  # test_fault_extraction.py kills one run while it extracts and while it trains
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
