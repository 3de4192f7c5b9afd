"""Whole runs: cut off and resumed, started from another model, failing without a trace."""

import gc
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import unspool
from conformance.engines import trainer
from helpers.small import TINY
from unspool.api import resume, train
from unspool.engines.base import Machine
from unspool.errors import DataError, MissingExtraError, ModelFolderError, OutputError, UsageError
from unspool.folder.atomic import replaced
from unspool.folder.model_folder import ModelFolder
from unspool.folder.request import write_request
from unspool.tasks.opening import read_pretrained, read_recipe
from unspool.tasks.settings import grouped
from unspool.training.callback import StepEvent
from unspool.training.threads import ThreadChoice

SHORT = {**TINY, "engine": trainer(), "steps": 12, "dropout": 0.2}


class Crash(BaseException):
    """What pulling the plug looks like from inside."""


class CrashAt(unspool.Callback):
    """Pulls the plug after a step."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step(self, event: StepEvent) -> None:
        if event.step == self.step:
            raise Crash


def weights_of(path: Path) -> dict[str, Any]:
    return ModelFolder(path).read_weights()


def cut_off(text_file: Path, path: Path, step: int, **settings: Any) -> None:
    with pytest.raises(Crash):
        train(text_file, out=path, callback=CrashAt(step), **{**SHORT, **settings})


@pytest.mark.parametrize("optimizer", ["normuon", "adamw"])
@pytest.mark.parametrize("step", [1, 7, 12])
def test_a_run_that_was_cut_off_ends_like_one_that_was_not(
    text_file: Path, tmp_path: Path, optimizer: str, step: int
) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    train(text_file, out=whole, **SHORT, optimizer=optimizer)
    cut_off(text_file, cut, step, optimizer=optimizer)
    resume(cut)
    expected = weights_of(whole)
    assert all((array == expected[name]).all() for name, array in weights_of(cut).items())
    steps = [
        [json.loads(line)["step"] for line in (path / "history.jsonl").read_text().splitlines()]
        for path in (whole, cut)
    ]
    assert steps[0] == steps[1]


@pytest.fixture
def threads() -> Iterator[None]:
    """Tests that ask for several threads of PyTorch leave as many as there were."""
    if trainer() == "keras":
        yield
        return
    import torch

    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize(
    "cell",
    [
        pytest.param("lstm", marks=pytest.mark.engines),
        *(pytest.param(one, marks=pytest.mark.slow) for one in ("gru", "rnn", "mingru")),
    ],
)
def test_with_two_threads_in_bfloat16_every_bit_is_that_of_the_seed(text_file: Path, tmp_path: Path, cell: str) -> None:
    sizes = {"hidden_size": 64, "batch_size": 32, "sequence_length": 16, "recurrent_dropout": 0.0}
    settings: dict[str, Any] = {**sizes, "cell": cell, "threads": 2, "precision": "bfloat16", "validations": 2}
    for name in ("one", "other"):
        train(text_file, out=tmp_path / name, **{**SHORT, **settings})
    cut_off(text_file, tmp_path / "cut", 7, **settings)
    resume(tmp_path / "cut")
    expected = weights_of(tmp_path / "one")
    for name in ("other", "cut"):
        assert all((array == expected[key]).all() for key, array in weights_of(tmp_path / name).items()), name


def test_a_run_that_is_begun_again_has_the_engine_that_was_requested(
    text_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keras = grouped({"sources": (str(text_file),), "engine": "keras", "steps": 1})
    for settings, engine, wanted in ((keras, None, "keras"), (keras, "torch", "torch"), (grouped({}), None, "torch")):
        folder = ModelFolder(tmp_path / "m")
        folder.create()
        write_request(folder, {"task": "language", "settings": settings, "start_from": None})
        monkeypatch.setattr("unspool.engines.registry.find_spec", lambda package: False)
        with pytest.raises(MissingExtraError, match=f"the engine {wanted} needs"):
            resume(folder.path, engine=engine)


class Staged(ThreadChoice):
    """Is told made-up times of steps, by the number of threads."""

    times: ClassVar[dict[int, float]] = {}

    def __init__(self, most: int, use: Callable[[int], None], settled: Callable[[int], None]) -> None:
        self.in_use, self.use = most, use
        super().__init__(most, self.note, settled)

    def note(self, threads: int) -> None:
        self.in_use = threads
        self.use(threads)

    def after_step(self, seconds: float, tokens: int) -> None:
        super().after_step(self.times[self.in_use], 1000)


@pytest.fixture
def staged(threads: None, monkeypatch: pytest.MonkeyPatch) -> dict[int, float]:
    """The times of steps on a machine of two threads, to be filled in."""
    monkeypatch.setattr(Staged, "times", times := {})
    monkeypatch.setattr("unspool.tasks.run.ThreadChoice", Staged)
    monkeypatch.setattr("unspool.tasks.run.training_machine", lambda *_, **__: Machine("float32", 2))
    return times


@pytest.mark.engines
def test_a_run_of_minutes_comes_to_its_end(text_file: Path, tmp_path: Path) -> None:
    settings = {name: value for name, value in SHORT.items() if name not in ("steps", "batch_size")}
    train(text_file, out=tmp_path / "m", minutes=0.03, **settings)
    *_, end = (json.loads(line) for line in (tmp_path / "m" / "history.jsonl").read_text().splitlines())
    assert (end["event"], end["done"]) == ("end", True)
    assert end["step"] > 1


def of_minutes(text_file: Path, path: Path, **settings: Any) -> None:
    """Cut off a run of minutes after 40 steps."""
    free = {name: value for name, value in SHORT.items() if name not in ("steps", "threads")}
    with pytest.raises(Crash):
        train(text_file, out=path, callback=CrashAt(40), **{**free, "minutes": 5, **settings})


def resume_minutes(path: Path) -> None:
    """Go on, and cut off again."""
    with pytest.raises(Crash):
        resume(path, callback=CrashAt(80))


def threads_of_torch() -> int:
    import torch

    return int(torch.get_num_threads())


def settled(path: Path) -> list[int]:
    """The number in the recipe, and those that were settled on in turn."""
    events = [json.loads(line) for line in (path / "history.jsonl").read_text().splitlines()]
    training = read_recipe(ModelFolder(path)).training
    return [training.settled_threads, *(event["threads"] for event in events if event["event"] == "threads")]


def test_a_run_of_minutes_that_took_one_thread_tries_all_again_when_resumed(
    text_file: Path, tmp_path: Path, staged: dict[int, float]
) -> None:
    staged.update({2: 20.0, 1: 1.0})
    of_minutes(text_file, tmp_path / "m")
    assert settled(tmp_path / "m")[0] == 1
    assert read_recipe(ModelFolder(tmp_path / "m")).training.threads == 2
    staged.update({2: 1.0, 1: 1.8})
    resume_minutes(tmp_path / "m")
    assert settled(tmp_path / "m")[0] == 2
    assert threads_of_torch() == 2


def test_threads_that_were_asked_for_stay_when_resumed(
    text_file: Path, tmp_path: Path, staged: dict[int, float]
) -> None:
    staged.update({2: 20.0, 1: 1.0})
    of_minutes(text_file, tmp_path / "m", threads=2)
    resume_minutes(tmp_path / "m")
    assert settled(tmp_path / "m") == [0]
    assert threads_of_torch() == 2


def test_a_run_of_steps_leaves_the_threads_alone(text_file: Path, tmp_path: Path, staged: dict[int, float]) -> None:
    train(text_file, out=tmp_path / "m", **{name: value for name, value in SHORT.items() if name != "threads"})
    assert settled(tmp_path / "m") == [0]


def test_weights_are_averaged_and_guesses_drawn_as_if_never_cut_off(text_file: Path, tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    settings: dict[str, Any] = {
        "averaged": 2,
        "teacher_forcing": 0.5,
        "scheduled_sampling": True,
        "final_rate": 1.0,
        "validations": 6,
    }
    train(text_file, out=whole, **{**SHORT, **settings})
    cut_off(text_file, cut, 7, **settings)
    resume(cut)
    expected = weights_of(whole)
    assert all((array == expected[name]).all() for name, array in weights_of(cut).items())
    for path in (whole, cut):
        events = [json.loads(line)["event"] for line in (path / "history.jsonl").read_text().splitlines()]
        assert events.count("average") == 1
        assert not list((path / "training").glob("best-*"))


def test_a_run_that_is_over_is_not_resumed(model_folder: Path) -> None:
    with pytest.raises(ModelFolderError, match="is trained to the end: 60 steps") as caught:
        resume(model_folder)
    assert "--from" in caught.value.hint


def test_the_same_seed_trains_the_same_model(text_file: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        train(text_file, out=tmp_path / name, **SHORT, seed=seed)
    a, b, c = (weights_of(tmp_path / name) for name in "abc")
    assert all((a[name] == b[name]).all() for name in a)
    assert any((a[name] != c[name]).any() for name in a)


@pytest.fixture
def new_text(tmp_path: Path) -> Path:
    path = tmp_path / "new.txt"
    path.write_text("Zwölf Boxkämpfer jagen Viktor quer über den Sylter Deich.\n" * 30, encoding="utf-8")
    return path


def test_fine_tuning_extends_the_vocabulary_and_keeps_what_is_known(
    model_folder: Path, new_text: Path, tmp_path: Path
) -> None:
    frozen = {**TINY, "steps": 1, "learning_rate": 1e-30, "matrix_rate": 1e-30, "weight_decay": 0.0}
    sizes = ("hidden_size", "embedding_size")
    asked = {name: value for name, value in frozen.items() if name not in sizes}
    tuned = train(new_text, out=tmp_path / "tuned", start_from=model_folder, **asked)
    start = read_pretrained(model_folder)
    assert tuned.tokenizer.vocabulary[: start.tokenizer.vocabulary_size] == start.tokenizer.vocabulary
    assert "ö" in tuned.tokenizer.vocabulary
    for name, array in weights_of(tmp_path / "tuned").items():
        known = start.weights[name]
        np.testing.assert_array_equal(array[tuple(slice(0, size) for size in known.shape)], known)
    assert read_recipe(ModelFolder(tmp_path / "tuned")).started_from == str(model_folder)


def test_fine_tuning_refuses_other_sizes(model_folder: Path, new_text: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Received: hidden_size, tokenizer"):
        train(new_text, out=tmp_path / "m", start_from=model_folder, steps=1, hidden_size=64, tokenizer="word")


def test_a_failed_run_brings_the_old_model_back(model_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "model"
    unspool.load(model_folder).save(path)
    before = weights_of(path)
    (tmp_path / "tiny.txt").write_text("x")
    with pytest.raises(DataError):
        train(tmp_path / "tiny.txt", out=path, overwrite=True, **SHORT)
    assert not replaced(path).exists()
    assert all((array == before[name]).all() for name, array in weights_of(path).items())


def test_a_failed_run_leaves_the_place_free_for_the_next(text_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "model"
    (tmp_path / "tiny.txt").write_text("x")
    with pytest.raises(DataError):
        train(tmp_path / "tiny.txt", out=path, **SHORT)
    train(text_file, out=path, **SHORT)


def test_a_model_is_not_written_over_unless_asked(text_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "model"
    train(text_file, out=path, **SHORT)
    with pytest.raises(OutputError, match="holds a model already"):
        train(text_file, out=path, **SHORT)
    train(text_file, out=path, overwrite=True, **SHORT)
    assert not replaced(path).exists()


def test_an_engine_that_cannot_train_is_refused_before_anything_is_touched(text_file: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="engine"):
        train(text_file, out=tmp_path / "m", **{**SHORT, "engine": "numpy"})
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("kind", ["word", "bpe", "byte"])
def test_every_tokenizer_trains_and_generates(text_file: Path, tmp_path: Path, kind: str) -> None:
    model = train(text_file, out=tmp_path / kind, tokenizer=kind, **SHORT)
    assert model.generate("the cat", max_new_tokens=8, seed=0) != ""
    assert model.evaluate().bits_per_byte > 0


def test_lines_train_documents_that_end(text_file: Path, tmp_path: Path) -> None:
    model = train(text_file, out=tmp_path / "lines", lines=True, **{**TINY, "steps": 60})
    samples = model.samples("", num_samples=8, max_new_tokens=400, temperature=1.0, seed=0)
    assert any(sample.finish_reason == "stop" for sample in samples)
    assert not any("\n" in sample.text for sample in samples)


def test_a_model_without_a_place_takes_its_folder_with_it(text_file: Path) -> None:
    model = train(text_file, **SHORT)
    path = model.path
    assert model.generate("a", max_new_tokens=3, seed=0)
    del model
    gc.collect()
    assert not path.exists()
