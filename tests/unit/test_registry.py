"""Engines are found by name; what is missing is named with its install command."""

import pytest

from helpers.small import random_weights
from unspool.engines import registry
from unspool.engines.registry import ENGINES, build_learner, build_network, installed_engines
from unspool.errors import MissingExtraError, UsageError
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.training import TrainingSpec

SPEC = NetworkSpec(decoder=DecoderSpec(hidden_size=4, embedding_size=2, vocabulary_size=6))


def test_numpy_is_always_there_and_is_what_auto_takes() -> None:
    assert "numpy" in installed_engines()
    assert type(build_network("auto", SPEC, random_weights(SPEC))).__module__ == "unspool.engines.numpy.network"


def test_an_engine_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(UsageError, match=r"auto or one of numpy, .*Received: 'jax'"):
        build_network("jax", SPEC, {})


def test_an_engine_that_cannot_train_is_refused_with_those_that_can() -> None:
    with pytest.raises(UsageError, match="Received: numpy") as caught:
        build_learner("numpy", SPEC, TrainingSpec())
    assert "torch" in caught.value.hint


def test_an_engine_that_is_not_installed_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda package: None)
    with pytest.raises(MissingExtraError, match="the engine torch needs torch") as caught:
        build_network("torch", SPEC, {})
    assert f"unspool[{ENGINES['torch'].extra}]" in caught.value.hint
    assert installed_engines() == []
