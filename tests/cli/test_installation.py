"""The blocks that install Unspool, line by line in a new clone and a new environment, with packages from an index."""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.blocks import ROOT, blocks_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]
ADDRESS = "ADDRESS"  # of the repository, in the README
SMALL = {"UNSPOOL_DEMO_MINUTES": "0.01", "UNSPOOL_TRAIN_MINUTES": "0.02"}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """That of a shell: pinned packages, no environment of Python's, and no setting of Unspool's but small budgets."""
    place = tmp_path_factory.mktemp("asked")
    ask = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(place), "wheel"]
    if subprocess.run(ask, capture_output=True, timeout=120, check=False).returncode:
        pytest.skip("no package index is in reach")
    kept = {name: value for name, value in os.environ.items() if not re.match("UNSPOOL|PYTHONPATH|VIRTUAL_ENV", name)}
    path = [folder for folder in kept["PATH"].split(os.pathsep) if not folder.startswith(sys.prefix)]
    return {**kept, **SMALL, "PATH": os.pathsep.join(path), "PIP_CONSTRAINT": str(ROOT / "constraints.txt")}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder that is emptied after the test, as an environment has gigabytes."""
    yield tmp_path
    shutil.rmtree(tmp_path)


@pytest.fixture
def clone(place: Path) -> Path:
    """A new clone of this repository."""
    subprocess.run(["git", "clone", "-q", str(ROOT), str(place / "unspool")], check=True, timeout=120)
    return place / "unspool"


def lines_of(page: str, word: str) -> list[str]:
    """The lines of the first block of a page that has a word, without blank ones."""
    block = next(one for one in blocks_of(ROOT / page) if any(word in line for line in one.lines))
    return [line for line in block.lines if line.strip()]


def run(line: str, folder: Path, environment: dict[str, str]) -> str:
    """Run a line of a shell, and return what it prints."""
    done = subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True, timeout=1200, check=False
    )
    assert done.returncode == 0, (line, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout + done.stderr


def test_the_first_commands_of_the_readme_clone_install_and_train(place: Path, environment: dict[str, str]) -> None:
    cloning, demo, training = lines_of("README.md", "git clone")
    assert "make demo" in demo
    run(cloning.replace(ADDRESS, shlex.quote(str(ROOT)), 1), place, environment)
    unspool = place / "unspool"
    assert "--- temperature 0.8" in run(demo, unspool, environment)
    unspool.joinpath("your-own-text.txt").write_text("The quick brown fox jumps over the lazy dog.\n" * 2500, "utf-8")
    run(training, unspool, environment)
    assert (unspool / "runs" / "your-own-text" / "report.html").is_file()


def test_what_the_readme_installs_can_be_imported(clone: Path, environment: dict[str, str]) -> None:
    gives = {
        "pip install .": "numba",
        "train": "torch",
        "keras": "tensorflow",
        "interactive": "prompt_toolkit",
        "images": "onnxruntime",
        "copying": "pydivsufsort",
    }
    run(f"{shlex.quote(sys.executable)} -m venv .venv", clone, environment)
    inside = {**environment, "PATH": f"{clone / '.venv' / 'bin'}{os.pathsep}{environment['PATH']}"}
    lines = lines_of("README.md", "pip install .")
    assert len(lines) == len(gives)
    for line, (extra, package) in zip(lines, gives.items(), strict=True):
        assert extra in line
        run(line, clone, inside)
        run(f"python -c 'import unspool, {package}' && unspool --help", clone, inside)


def test_the_tutorials_open_in_jupyter_lab(clone: Path, environment: dict[str, str]) -> None:
    *before, lab = lines_of("docs/tutorials/index.md", "jupyter lab")
    for line in before:
        run(line, clone, environment)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"allow_root": True, "open_browser": False, "port": port, "port_retries": 0}
    configuration = clone / ".jupyter"
    configuration.mkdir()
    configured = {"ServerApp": settings, "IdentityProvider": {"token": "word"}}
    (configuration / "jupyter_server_config.json").write_text(json.dumps(configured), "utf-8")
    serves = {**environment, "JUPYTER_CONFIG_DIR": str(configuration), "JUPYTER_DATA_DIR": str(configuration / "data")}
    process = subprocess.Popen(shlex.split(lab), cwd=clone, env=serves, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        notebooks = json.loads(answer(f"{address}/api/contents?token=word"))["content"]
        kept = (ROOT / "docs" / "tutorials" / "pytorch").glob("*.ipynb")
        assert {one["name"] for one in notebooks} >= {path.name for path in kept}
        assert "python3" in json.loads(answer(f"{address}/api/kernelspecs?token=word"))["kernelspecs"]
        assert "JupyterLab" in answer(f"{address}/lab?token=word")
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answer(address: str) -> str:
    """What a server answers, once it has started."""
    ends = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(address, timeout=30) as response:
                return str(response.read().decode())
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > ends:
                raise
            time.sleep(0.5)


def test_a_teacher_can_install_without_a_network(clone: Path, environment: dict[str, str]) -> None:
    collect, make, install = lines_of("docs/tutorials/teacher.md", "pip wheel")
    run(collect, clone, environment)
    run(make, clone, environment)
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_CONFIG_FILE": os.devnull}
    run(install, clone, environment | nowhere)
    run(".venv/bin/jupyter lab --version && .venv/bin/unspool --help", clone, environment)
    run(".venv/bin/python -c 'import torch, unspool'", clone, environment)
