"""What the tests share: a small text, a small trained model, folders of networks with random weights."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

import unspool
from conformance.engines import NAMED, left_out, loaded_frameworks, trainer
from helpers.small import TINY, random_weights, small_text
from unspool.api import train
from unspool.engines.registry import ENGINES
from unspool.folder.model_folder import ModelFolder
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.sampling import SamplingSpec
from unspool.tasks.language.specs import LanguageConfig
from unspool.text.vocabulary import make_tokenizer

settings.register_profile("unspool", deadline=None, max_examples=60, derandomize=True, database=None)
settings.load_profile("unspool")
# A shell lets what it starts in the background ignore Ctrl-C, and the processes of the tests would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> str:
    return f"engines: {left_out()}" if left_out() else ""


CONFORMANCE = Path(__file__).parent / "conformance"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Where an engine is named, files without tests of every engine are not even imported: some import a framework."""
    test = collection_path.name.startswith("test_") and CONFORMANCE not in collection_path.parents
    return True if NAMED and test and "mark.engines" not in collection_path.read_text(encoding="utf-8") else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where an engine is named, run what is of every engine; skip it where that engine is not installed."""
    if NAMED:
        chosen = [item for item in items if CONFORMANCE in item.path.parents or item.get_closest_marker("engines")]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = chosen
        if left_out():
            for item in items:
                item.add_marker(pytest.mark.skip(reason=left_out()))


@pytest.fixture(scope="session", autouse=True)
def _one_framework() -> Iterator[None]:
    """No process has two frameworks, or another than that of the engine that is named."""
    yield
    assert not NAMED or loaded_frameworks() <= {ENGINES["recurrent", NAMED].package}
    assert len(loaded_frameworks()) <= 1, "two frameworks share a process: name one engine in UNSPOOL_TEST_ENGINE"


@pytest.fixture(scope="session")
def text_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "small.txt"
    path.write_text(small_text(), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def model_folder(text_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained folder; read it, do not write in it."""
    path = tmp_path_factory.mktemp("model") / "small"
    train(text_file, out=path, engine=trainer(), **TINY)
    return path


@pytest.fixture(scope="session")
def model(model_folder: Path) -> unspool.Model:
    return unspool.load(model_folder)


@pytest.fixture
def untrained(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a model folder of any shape with random weights."""

    def write(cell: str = "lstm", name: str = "untrained", by_document: bool = False, **shape: Any) -> Path:
        tokenizer = make_tokenizer("char", [small_text()])
        shape = {"hidden_size": 8, "embedding_size": 4, **shape}
        decoder = DecoderSpec(cell=cell, vocabulary_size=tokenizer.vocabulary_size, **shape)
        spec = NetworkSpec(decoder=decoder)
        folder = ModelFolder(tmp_path / name)
        folder.create()
        folder.write_config(LanguageConfig(tokenizer="char", by_document=by_document, network=spec))
        folder.write_weights(random_weights(spec), {})
        folder.write_tokenizer(tokenizer)
        folder.write_sampling(SamplingSpec())
        return folder.path

    return write
