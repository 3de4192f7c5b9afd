"""Run `unspool` in a process of its own or in this one, and small models to run it on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.commands import OWN, SENTENCE, SMALL, Result, call_main, run_process

NAMES = ["anna", "bertha", "clara", "dora", "emma", "frieda", "greta", "hanna"]


@pytest.fixture(scope="session")
def run() -> Callable[..., Result]:
    return run_process


@pytest.fixture(scope="session")
def call() -> Callable[..., Result]:
    return call_main


@pytest.fixture(scope="session")
def small() -> list[str]:
    """Options of a network that trains at once."""
    return SMALL


@pytest.fixture(scope="session")
def text_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "fox.txt"
    path.write_text(SENTENCE * 40, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text that a model reads later; tests only read it."""
    path = tmp_path_factory.mktemp("own") / "own.txt"
    path.write_text(OWN, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def names_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "names.txt"
    path.write_text("".join(f"{name}\n" for name in NAMES * 20), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory, text_file: Path) -> Path:
    """A model of one endless text; tests only read it."""
    path = tmp_path_factory.mktemp("models") / "fox"
    assert call_main("train", text_file, "--out", path, "--steps", 60, *SMALL).code == 0
    return path


@pytest.fixture(scope="session")
def names_model(tmp_path_factory: pytest.TempPathFactory, names_file: Path) -> Path:
    """A model of documents that has learnt where they end."""
    path = tmp_path_factory.mktemp("models") / "names"
    rates = ["--learning-rate", 0.02, "--matrix-rate", 0.05, "--input-dropout", 0, "--patience", 20]
    options = ["--lines", "--steps", 120, *SMALL, *rates]
    assert call_main("train", names_file, "--out", path, *options).code == 0
    return path
