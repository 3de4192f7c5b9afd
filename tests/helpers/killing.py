"""Kill runs, resume them, and compare what comes of them with a run that nobody killed."""

import random
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file


def assert_same_arrays(one: Path, other: Path) -> None:
    """Of two runs: the model, and where the training stands, bit for bit."""
    for name in ("model.safetensors", "training/last.safetensors"):
        first, second = load_file(one / name), load_file(other / name)
        assert first.keys() == second.keys()
        for key in first:
            assert np.array_equal(first[key], second[key]), f"{name}: {key}"
    for name in ("model.safetensors", "counts.safetensors"):
        whole, again = ((place / name).read_bytes() if (place / name).exists() else b"" for place in (one, other))
        assert whole == again, name


def kill_and_resume(faults: Any, place: Path, arguments: list[object], most: int) -> None:
    """Kill a run so many times, each soon after it has saved where it stands; then let it end."""
    generator, kills = random.Random(len(str(arguments[4:]))), 0
    last = place / "training" / "last.safetensors"
    while kills < most:
        process = faults.start(*arguments)
        stamp = last.stat().st_mtime_ns if last.exists() else 0
        faults.wait_for(process, lambda stamp=stamp: last.exists() and last.stat().st_mtime_ns > stamp)
        time.sleep(generator.uniform(0, 0.25))
        if process.poll() is not None:
            break  # it was done before
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        kills += 1
        arguments = ["train", "--resume", place]
    assert kills
    result = faults.call(*arguments)
    assert result.code == 0 or "is trained to the end" in result.err, result.err
