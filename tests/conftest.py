"""What the tests share: a small text, a small trained model, folders of networks with random weights."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

import unspool
from unspool.api import train
from unspool.engines.base import Arrays
from unspool.engines.parameters import parameter_shapes
from unspool.folder.model_folder import Config, ModelFolder
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.sampling import SamplingSpec
from unspool.text.vocabulary import make_tokenizer

settings.register_profile("unspool", deadline=None, max_examples=60, derandomize=True, database=None)
settings.load_profile("unspool")

WORDS = ("the", "a", "cat", "dog", "sees", "hears", "small", "red", "house", "river", "and", "it's")
TINY: dict[str, Any] = {
    "steps": 60,
    "hidden_size": 16,
    "embedding_size": 8,
    "batch_size": 4,
    "sequence_length": 16,
    "threads": 1,
    "precision": "float32",
    "validations": 3,
    "learning_rate": 0.02,
}


def small_text(lines: int = 120, seed: int = 0) -> str:
    """Lines of simple words, about 30 characters each."""
    generator = np.random.default_rng(seed)
    return "".join(" ".join(generator.choice(WORDS, 6)) + ".\n" for _ in range(lines))


def random_weights(spec: NetworkSpec, seed: int = 0) -> Arrays:
    """Weights in which every array matters, the biases too."""
    generator = np.random.default_rng(seed)
    shapes = parameter_shapes(spec)
    return {name: generator.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}


@pytest.fixture(scope="session")
def text_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "small.txt"
    path.write_text(small_text(), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def model_folder(text_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained folder; read it, do not write in it."""
    path = tmp_path_factory.mktemp("model") / "small"
    train(text_file, out=path, **TINY)
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
        folder.write_config(Config(tokenizer="char", by_document=by_document, network=spec))
        folder.write_weights(random_weights(spec), {})
        folder.write_tokenizer(tokenizer)
        folder.write_sampling(SamplingSpec())
        return folder.path

    return write
