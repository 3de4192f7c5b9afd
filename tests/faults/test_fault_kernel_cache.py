"""Compiled kernels are kept on disk: without a folder for them, in two processes at once, and after an edit."""

import ast
import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import unspool
from helpers.commands import run_process
from unspool.decode.sampler import COMPILABLE

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


CALLERS = """
import sys
import numpy as np
from unspool.engines.kernels.loss import nats_kernel, workspace_columns
from unspool.engines.kernels.parallel import launch
from unspool.engines.numba.cells import rnn_step

hidden, nats = np.zeros(3, np.float32), np.zeros(1, np.float32)
rnn_step(np.full(3, 0.5, np.float32), hidden)
logits, workspace = np.arange(4, dtype=np.float32), np.zeros((1, workspace_columns(4)), np.float32)
launch(nats_kernel("float32"), 1, 1, 1, 4, logits, np.array([2]), nats, workspace)
print(round(float(hidden[0]), 4), round(float(nats[0]), 4), "torch" in sys.modules)
"""


def copied(folder: Path) -> Path:
    """The package in a folder, without what was compiled before."""
    package = folder / "unspool"
    shutil.copytree(Path(unspool.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    return package


def start(package: Path, probe: str = PROBE, **settings: str) -> "subprocess.Popen[str]":
    """Run a probe with the package below a folder."""
    environment = {**os.environ, "PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1", **settings}
    command = [sys.executable, "-c", probe]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: "subprocess.Popen[str]") -> str:
    out, error = process.communicate(timeout=200)
    assert process.returncode == 0, error
    return out


@pytest.mark.slow
def test_without_a_folder_for_the_cache_kernels_are_compiled_anew(tmp_path: Path) -> None:
    package = copied(tmp_path)
    for folder in ("numba", "kernels"):  # a file where the folder would be: not even root can write into it
        (package / "engines" / folder / "__pycache__").write_text("", encoding="utf-8")
    nowhere = str(package / "__init__.py" / "nowhere")
    settings = {"HOME": nowhere, "XDG_CACHE_HOME": nowhere, "NUMBA_CACHE_DIR": ""}
    found = ended(start(tmp_path, **settings))
    assert len(found.splitlines()) == 10
    assert list(tmp_path.rglob("*.nbi")) == []


@pytest.mark.slow
def test_two_processes_that_start_at_once_share_a_cache(tmp_path: Path) -> None:
    package, cache = Path(unspool.__file__).parent.parent, tmp_path / "cache"
    both = [start(package, NUMBA_CACHE_DIR=str(cache)) for _ in range(2)]
    first, second = (ended(process) for process in both)
    kept = sorted(cache.rglob("*.nbi"))
    times = [path.stat().st_mtime_ns for path in kept]
    assert first == second
    assert kept
    assert ended(start(package, NUMBA_CACHE_DIR=str(cache))) == first
    assert [path.stat().st_mtime_ns for path in kept] == times


def test_an_edit_of_a_called_function_is_noticed_and_what_it_made_stale_is_removed(tmp_path: Path) -> None:
    package = copied(tmp_path)
    arithmetic = package / "engines" / "kernels" / "arithmetic.py"
    source = arithmetic.read_text(encoding="utf-8")

    def edited_output(old: str, new: str) -> tuple[str, set[str]]:
        assert source.count(old) == 1
        arithmetic.write_text(source.replace(old, new), encoding="utf-8")
        out = ended(start(tmp_path, CALLERS, NUMBA_CACHE_DIR=""))
        return out, {path.name for path in package.rglob("*.nb[ci]")}

    whole = "return np.float32(1) / (np.float32(1) + exponential(-x))"
    first, kept = edited_output(whole, whole)
    assert first == "0.4621 1.4402 False\n"  # tanh(0.5), log(e^0 + ... + e^3) - 2
    second, kept_then = edited_output("* r * r + r + np.float32(1.0)", "* r * r + r + np.float32(1.5)")
    assert second != first
    assert kept
    assert len(kept) == len(kept_then)
    assert not kept & kept_then


def test_the_stamp_covers_all_that_compiled_code_is_made_of() -> None:
    compiling = pytest.importorskip("unspool.engines.kernels.compiling")
    covered = {path for pattern in compiling.SOURCES for path in compiling.PACKAGE.glob(pattern)}
    assert {Path(inspect.getfile(function)) for function in COMPILABLE} <= covered
    for path in covered:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("unspool."):
                origin = compiling.PACKAGE.parent.joinpath(*str(node.module).split(".")).with_suffix(".py")
                constants = [alias.name for alias in node.names if alias.name.isupper()]
                assert not constants or origin in covered, (path.name, constants)


STEP = """
import hashlib
import numpy as np
from unspool.data.batches import Batch
from unspool.engines.registry import build_learner
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.training import WindowTrainingSpec

spec = NetworkSpec(decoder=DecoderSpec(cell="gru", hidden_size=40, embedding_size=8, vocabulary_size=280))
learner = build_learner("torch", spec, WindowTrainingSpec(threads=1, optimizer="adamw", dropout=0.0, input_dropout=0.0))
drawn = np.random.default_rng(0).integers(4, 280, (8, 9))
learner.train_step(Batch(drawn[:, :-1].copy(), drawn[:, 1:].copy(), np.ones(8, np.bool_)), 1.0, 0)
for name, array in learner.weights().items():
    print(name, hashlib.md5(array.tobytes()).hexdigest())
"""


@pytest.mark.slow
def test_the_process_that_compiles_kernels_trains_to_the_weights_of_later_ones(tmp_path: Path) -> None:
    package = Path(unspool.__file__).parent.parent
    first, second = (ended(start(package, STEP, NUMBA_CACHE_DIR=str(tmp_path))) for _ in range(2))
    assert first == second
    assert "decoder.output.weight" in first


RUNS = """
import sys
from numba.core import event
import unspool
from unspool.api import train

compiled, texts, pairs, labels = [], *sys.argv[1:]


class Listener(event.Listener):
    def on_start(self, found):
        compiled.append(found)

    def on_end(self, found):
        pass


class Count(unspool.Callback):
    def on_note(self, line):
        if line.startswith("preparing, the first time only"):
            print("announced")
        if line.startswith("training: until"):
            self.before = len(compiled)


event.register("numba:compile", Listener())
sizes = {"steps": 4, "validations": 2, "threads": 1, "batch_size": 8, "precision": "float32"}
decoder, encoder = {"hidden_size": 16, "embedding_size": 8}, {"encoder_size": 8, "encoder_embedding": 8}
pair = {"source": "a", "target": "b", "attention": "additive", "tokenizer": "char", "teacher_forcing": 0.5}
for data, settings in (
    (texts, {"cell": "gru", **decoder}),
    (texts, {"cell": "mingru", "lines": True, **decoder}),
    (pairs, {**pair, **decoder, **encoder}),
    (labels, {"text": "a", "label": "b", "counts": False, **encoder}),  # which are fitted when the clock has stopped
):
    count = Count()
    train(data, callback=count, **sizes, **settings)
    print(count.before > 0, len(compiled) - count.before)
"""


@pytest.mark.slow
def test_all_kernels_of_a_run_are_compiled_before_its_clock_starts_and_only_once(tmp_path: Path) -> None:
    lines = [f"{'abcdefg'[i % 7]} and {i % 5}" for i in range(80)]
    for name, mark in (("t.txt", ""), ("p.tsv", "\t"), ("c.csv", ",")):
        rows = [f"{line}{mark}{i % 2 if mark == ',' else line[::-1]}" if mark else line for i, line in enumerate(lines)]
        (tmp_path / name).write_text("\n".join([*([f"a{mark}b"] if mark else []), *rows]) + "\n", encoding="utf-8")
    package = Path(unspool.__file__).parent.parent
    command = [sys.executable, "-c", RUNS, *(str(tmp_path / name) for name in ("t.txt", "p.tsv", "c.csv"))]
    environment = {**os.environ, "PYTHONPATH": str(package), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    found = [
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=200).stdout
        for _ in range(2)
    ]
    assert found[0].splitlines() == ["announced", *["True 0"] * 4]
    assert found[1].splitlines() == ["False 0"] * 4


def test_a_command_that_compiles_says_so_once_on_standard_error(finished: Path, tmp_path: Path) -> None:
    settings = {"NUMBA_CACHE_DIR": str(tmp_path)}
    first, second = (
        run_process("score", finished, "the fox", "--engine", "numba", "--json", env=settings) for _ in range(2)
    )
    assert first.code == second.code == 0
    assert first.err == "preparing, the first time only: compiling kernels for this processor\n"
    assert second.err == ""
    assert first.out == second.out


@pytest.mark.slow
def test_where_nothing_can_be_kept_it_is_not_said_to_be_the_first_time_only(tmp_path: Path) -> None:
    package = copied(tmp_path)
    for folder in ("numba", "kernels"):
        (package / "engines" / folder / "__pycache__").write_text("", encoding="utf-8")
    nowhere = str(package / "__init__.py" / "nowhere")
    settings = {"HOME": nowhere, "XDG_CACHE_HOME": nowhere, "NUMBA_CACHE_DIR": ""}
    said = "from unspool.engines.announcing import announcing\nwith announcing(print):\n    "
    found = ended(start(tmp_path, said + PROBE.strip().replace("\n", "\n    "), **settings))
    assert found.startswith("preparing: compiling kernels, which no folder can keep")
    assert len(found.splitlines()) == 11
