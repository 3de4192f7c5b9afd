"""Compiled kernels are kept on disk: also when there is no place for them, and when two processes start at once."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import unspool

PROBE = """
import numpy as np
from unspool.engines.initial import initial_weights
from unspool.engines.registry import build_network
from unspool.specs.network import DecoderSpec, NetworkSpec

spec = NetworkSpec(decoder=DecoderSpec(cell="gru", vocabulary_size=9, hidden_size=6))
network = build_network("numba", spec, initial_weights(spec, 0))
tokens, state = np.array([2]), network.initial_state(1)
for _ in range(10):
    logits, state = network.step(tokens, state)
    tokens = logits.argmax(axis=1)
    print(int(tokens[0]), round(float(logits.max()), 4))
"""


def start(package: Path, **settings: str) -> "subprocess.Popen[str]":
    """Run the probe with the package below a folder."""
    environment = {**os.environ, "PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1", **settings}
    command = [sys.executable, "-c", PROBE]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process: "subprocess.Popen[str]") -> str:
    out, error = process.communicate(timeout=200)
    assert process.returncode == 0, error
    return out


def test_without_a_place_for_the_cache_kernels_are_compiled_anew(tmp_path: Path) -> None:
    package = tmp_path / "unspool"
    shutil.copytree(Path(unspool.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("numba", "kernels"):  # a file where the folder would be: not even root can write into it
        (package / "engines" / folder / "__pycache__").write_text("", encoding="utf-8")
    nowhere = str(package / "__init__.py" / "nowhere")
    settings = {"HOME": nowhere, "XDG_CACHE_HOME": nowhere, "NUMBA_CACHE_DIR": ""}
    found = finished(start(tmp_path, **settings))
    assert len(found.splitlines()) == 10
    assert list(tmp_path.rglob("*.nbi")) == []


def test_two_processes_that_start_at_once_share_a_cache(tmp_path: Path) -> None:
    package, cache = Path(unspool.__file__).parent.parent, tmp_path / "cache"
    both = [start(package, NUMBA_CACHE_DIR=str(cache)) for _ in range(2)]
    first, second = (finished(process) for process in both)
    kept = sorted(cache.rglob("*.nbi"))
    times = [path.stat().st_mtime_ns for path in kept]
    assert first == second
    assert kept
    assert finished(start(package, NUMBA_CACHE_DIR=str(cache))) == first
    assert [path.stat().st_mtime_ns for path in kept] == times
