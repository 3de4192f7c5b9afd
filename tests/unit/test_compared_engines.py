"""TensorFlow may be missing, and where it is installed it shares no process with PyTorch: the tests say so and pass."""

import subprocess
import sys
from pathlib import Path

import pytest

from helpers.commands import environment
from unspool.engines.registry import installed_engines

ROOT = Path(__file__).parents[2]
WITHOUT_TENSORFLOW = "import sys; sys.modules['tensorflow'] = None; import pytest; sys.exit(pytest.main(sys.argv[1:]))"


def run_tests(file: str, code: str, engine: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, "-p", "no:cacheprovider", "-k", "0-rnn", file]
    env = environment({"UNSPOOL_TEST_ENGINE": engine})
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=env, timeout=120)


def test_where_tensorflow_is_missing_its_tests_are_skipped_with_a_word() -> None:
    done = run_tests("tests/conformance/test_cells.py", WITHOUT_TENSORFLOW, "keras")
    assert done.returncode == 0, done.stdout
    assert "engines: keras is not installed here, so its tests are skipped" in done.stdout.splitlines()
    assert "passed" not in done.stdout
    assert "skipped" in done.stdout.splitlines()[-1]


@pytest.mark.skipif("keras" not in installed_engines(), reason="TensorFlow is not installed")
def test_without_a_name_keras_is_left_out_with_a_word() -> None:
    code = WITHOUT_TENSORFLOW.replace("sys.modules['tensorflow'] = None; ", "")
    done = run_tests("tests/conformance/test_cells.py", code)
    assert done.returncode == 0, done.stdout
    assert any(line.startswith("engines: keras is left out: ") for line in done.stdout.splitlines())
    assert "UNSPOOL_TEST_ENGINE=keras pytest" in done.stdout
