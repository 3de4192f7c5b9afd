"""A full disk or a place that cannot be written: exit code 7, two lines, and nothing old is harmed."""

import resource
import shutil
from contextlib import contextmanager

import pytest


@contextmanager
def files_limited_to(size):
    """The system refuses to write any file beyond so many bytes, as a full disk would."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


@pytest.mark.parametrize("size", [0, 1, 100, 400, 700, 1500, 2500, 3000, 5000, 8000, 12000])
def test_a_disk_that_fills_up_ends_a_new_run_in_two_lines(faults, fox, tmp_path, size):
    with files_limited_to(size):
        result = faults.call("train", fox, "--out", tmp_path / "m", "--steps", 2, *faults.small)
    assert result.code == 7
    assert result.clean, result.err


@pytest.mark.parametrize("size", [0, 100, 700, 2500, 5000, 12000])
def test_a_disk_that_fills_up_harms_no_old_model(faults, fox, finished, tmp_path, size):
    place = shutil.copytree(finished, tmp_path / "m")
    before = faults.bytes_of(place)
    with files_limited_to(size):
        result = faults.call("train", fox, "--out", place, "--overwrite", "--steps", 2, *faults.small)
    assert result.code == 7
    assert result.clean, result.err
    kept = [path for path in (place, tmp_path / "m.replaced") if path.exists() and faults.bytes_of(path) == before]
    assert kept or faults.call("generate", place, "--seed", 1).code == 0  # or the new one was whole already


@pytest.mark.parametrize("size", [0, 100, 5000])
def test_a_disk_that_fills_up_leaves_a_run_that_can_be_resumed(faults, unfinished, tmp_path, size):
    place = shutil.copytree(unfinished, tmp_path / "m")
    before = {name: data for name, data in faults.bytes_of(place).items() if name.endswith(".safetensors")}
    with files_limited_to(size):
        result = faults.call("train", "--resume", place)
    assert result.code == 7
    assert result.clean, result.err
    after = faults.bytes_of(place)
    assert after["training/last.safetensors"] == before["training/last.safetensors"]
    assert after["model.safetensors"] in (before["model.safetensors"], before["training/best.safetensors"])
    assert faults.call("train", "--resume", place).code == 0


def test_a_process_on_a_full_disk_says_two_lines(faults, fox, tmp_path):
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))  # noqa: E731
    options = ["--steps", 2, *faults.small]
    process = faults.start("train", fox, "--out", tmp_path / "m", *options, preexec_fn=limit)
    _, err = process.communicate(timeout=90)
    assert process.returncode == 7
    assert b"Traceback" not in err
    assert [line.split(b":")[0] for line in err.splitlines()[-2:]] == [b"error", b"hint"]


def test_evaluating_on_a_full_disk_says_two_lines(faults, fox, finished):
    with files_limited_to(10):
        result = faults.call("evaluate", finished, fox)
    assert result.code == 7
    assert result.clean, result.err


@pytest.mark.parametrize("place", ["{text}/inside", "/proc/unspool-model", "/proc/self/fd/m"])
def test_a_place_that_cannot_be_written_is_named(faults, fox, place):
    out = place.format(text=fox)
    result = faults.call("train", fox, "--out", out, "--steps", 1, *faults.small)
    assert result.code == 7
    assert result.clean, result.err
    assert out in result.err.splitlines()[-2]
