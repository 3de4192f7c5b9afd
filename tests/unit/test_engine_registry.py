"""Engines are found by name; what is missing is named with its install command."""

from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest

from helpers.small import TINY, random_weights
from unspool.api import train
from unspool.engines import registry
from unspool.engines.numpy.network import NumpyDecoder
from unspool.engines.registry import (
    ENGINES,
    build_learner,
    build_network,
    engine_names,
    installed_engines,
    training_engines,
    training_machine,
    usual_training_engine,
)
from unspool.errors import MissingExtraError, UsageError
from unspool.specs.network import DecoderSpec, NetworkSpec
from unspool.specs.runtime import RuntimeSpec
from unspool.specs.training import TrainingSpec
from unspool.tasks.opening import read_recipe

FOUND = {"numpy", "numba", "torch", "tensorflow"}
SPEC = NetworkSpec(decoder=DecoderSpec(hidden_size=4, embedding_size=2, vocabulary_size=6))


def missing(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    """Make as if every engine could be imported but those that need some packages."""
    monkeypatch.setattr(registry, "find_spec", lambda package: package in FOUND - set(packages))


def test_numpy_is_always_there_and_is_what_auto_starts_with() -> None:
    assert "numpy" in installed_engines()
    assert isinstance(build_network("auto", SPEC, random_weights(SPEC)), NumpyDecoder)


def test_every_engine_can_be_named_on_the_command_line() -> None:
    assert get_args(RuntimeSpec.model_fields["engine"].annotation) == ("auto", *engine_names())
    assert list(get_args(TrainingSpec.model_fields["engine"].annotation)) == training_engines()


def test_an_engine_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(UsageError, match=r"auto or one of numpy, .*Received: 'jax'"):
        build_network("jax", SPEC, {})
    for name, meant in (("tensorflow", "keras"), ("Keras", "keras"), ("pytorch", "torch"), (["keras"], "keras")):
        with pytest.raises(UsageError, match="engine must be auto or one of numpy") as caught:
            build_network(name, SPEC, {})
        assert caught.value.hint == f"the nearest: {meant}. Left out, auto chooses."


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


def test_keras_names_its_extra_where_it_can_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "sys", SimpleNamespace(version_info=(3, 13, 9)))
    missing(monkeypatch, "tensorflow")
    with pytest.raises(MissingExtraError, match="the engine keras needs tensorflow, which is not installed") as caught:
        build_network("keras", SPEC, {})
    assert caught.value.hint == "install it with `pip install 'unspool[keras]'`."


def test_keras_says_which_python_has_no_tensorflow_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "sys", SimpleNamespace(version_info=(3, 14, 1, "final", 0)))
    missing(monkeypatch, "tensorflow")
    for build in (lambda: build_network("keras", SPEC, {}), lambda: training_machine("keras")):
        with pytest.raises(
            MissingExtraError, match=r"for Python 3\.14 or later yet\. Received: Python 3\.14\."
        ) as caught:
            build()
        assert "pip install" not in caught.value.hint
        assert caught.value.hint.startswith("use an earlier Python")


def test_an_engine_that_trains_and_is_installed_is_named_where_another_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing(monkeypatch, "torch")
    with pytest.raises(MissingExtraError) as caught:
        build_learner("torch", SPEC, TrainingSpec())
    assert caught.value.hint == (
        "install it with `pip install 'unspool[train]'`, or choose the engine keras, which is installed."
    )


@pytest.mark.parametrize(
    ("absent", "usual"),
    [((), "torch"), (("tensorflow",), "torch"), (("torch",), "keras"), (("torch", "tensorflow"), "torch")],
)
def test_the_first_engine_that_is_installed_trains(
    monkeypatch: pytest.MonkeyPatch, absent: tuple[str, ...], usual: str
) -> None:
    missing(monkeypatch, *absent)
    assert usual_training_engine() == usual


def test_a_recipe_names_the_engine_that_trains(text_file: Path, tmp_path: Path) -> None:
    model = train(text_file, out=tmp_path / "m", **{**TINY, "steps": 1})
    recipe = model.read_folder(read_recipe)
    assert recipe.training.engine == "torch"
    settings = recipe.model_dump(include={"data", "network", "training", "budget"})
    with pytest.raises(UsageError, match="engine"):
        train(text_file, settings=settings, engine="numpy")
    settings["training"]["engine"] = "numba"  # that of the settings counts as much as the keyword
    with pytest.raises(UsageError, match="engine"):
        train(text_file, settings=settings)


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
