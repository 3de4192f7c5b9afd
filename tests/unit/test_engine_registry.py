"""Engines are found by name; what is missing is named with its install command."""

from pathlib import Path
from typing import get_args

import pytest

from helpers.small import TINY, random_weights
from unspool.api import train
from unspool.engines import registry
from unspool.engines.base import ORDINARY_RATE
from unspool.engines.numpy.network import NumpyDecoder
from unspool.engines.registry import (
    ENGINES,
    build_learner,
    build_network,
    engine_names,
    installed_engines,
    training_machine,
)
from unspool.errors import MissingExtraError, UsageError
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.runtime import RuntimeSpec
from unspool.specs.training import TrainingSpec

SPEC = NetworkSpec(decoder=DecoderSpec(hidden_size=4, embedding_size=2, vocabulary_size=6))


def test_numpy_is_always_there_and_is_what_auto_starts_with() -> None:
    assert "numpy" in installed_engines()
    assert isinstance(build_network("auto", SPEC, random_weights(SPEC)), NumpyDecoder)


def test_every_engine_can_be_named_on_the_command_line() -> None:
    assert get_args(RuntimeSpec.model_fields["engine"].annotation) == ("auto", *engine_names())


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
    assert f"unspool[{ENGINES['recurrent', 'torch'].extra}]" in caught.value.hint
    assert installed_engines() == []


def test_numba_has_no_extra_and_is_installed_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda package: None)
    with pytest.raises(MissingExtraError, match="needs numba, which is not installed") as caught:
        build_network("numba", SPEC, {})
    assert caught.value.hint == "install it with `pip install numba`."


@pytest.mark.parametrize("problem", [ImportError("Numba needs\nNumPy 2.3 or less."), OSError("no libllvmlite.so")])
def test_an_engine_whose_package_cannot_be_imported_says_why(
    problem: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str) -> None:
        raise problem

    monkeypatch.setattr(registry, "import_module", refuse)
    with pytest.raises(MissingExtraError, match="which cannot be imported: ") as caught:
        build_network("numba", SPEC, random_weights(SPEC))
    assert " ".join(str(problem).split()).rstrip(".") in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("threads", [-1, 1025])
def test_threads_out_of_range_are_refused(threads: int) -> None:
    for engine in ("auto", "numba"):
        with pytest.raises(UsageError, match=rf"0 to 1024\. Received: {threads}"):
            build_network(engine, SPEC, random_weights(SPEC), threads=threads)


def test_threads_are_refused_by_an_engine_that_chooses_them_itself() -> None:
    with pytest.raises(UsageError, match=r"numba and auto alone\. Received: numpy"):
        build_network("numpy", SPEC, random_weights(SPEC), threads=1)


def test_the_rate_of_a_machine_is_measured_only_where_a_run_may_depend_on_it(
    monkeypatch: pytest.MonkeyPatch, text_file: Path, tmp_path: Path
) -> None:
    measured: list[object] = []

    def product_rate(kind: object) -> float:
        measured.append(kind)
        return 7e11

    monkeypatch.setattr("unspool.engines.torch.engine.product_rate", product_rate)
    assert training_machine("torch").rate == ORDINARY_RATE
    settings = {name: value for name, value in TINY.items() if name != "steps"}
    train(text_file, out=tmp_path / "steps", **settings, steps=1)
    assert not measured
    assert training_machine("torch", probe=True).rate == 7e11
    train(text_file, out=tmp_path / "minutes", **settings, minutes=0.01)
    assert len(measured) == 2
