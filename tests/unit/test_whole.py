"""A reader gets the old model until the new one is there, then the new one, and never something of both."""

import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import unspool
from helpers.small import TINY
from unspool.api import resume, train
from unspool.errors import DataError, ModelFolderError, OutputError
from unspool.folder.atomic import bring_back, drop_replaced, replaced, set_aside
from unspool.folder.model_folder import ModelFolder
from unspool.folder.whole import read_whole
from unspool.tasks.opening import read_pretrained
from unspool.training.callback import Callback, StepEvent, ValidationEvent

SHORT = {**TINY, "steps": 4, "validations": 2}
EARLIER = "so the earlier one is opened"


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text of which no character is in that of the other model."""
    path = tmp_path_factory.mktemp("digits") / "digits.txt"
    path.write_text("0123456789\t9876543210\t" * 60, encoding="utf-8")
    return path


@pytest.fixture
def old(model_folder: Path, tmp_path: Path) -> Path:
    """A copy of a model of words, in which another may be trained."""
    return Path(shutil.copytree(model_folder, tmp_path / "m"))


class Watching(Callback):
    """Does something at the first step of a run, and something else after its first validation."""

    def __init__(self, before: Callable[[], Any], after: Callable[[], Any] = lambda: None) -> None:
        self.before, self.after = before, after
        self.seen: list[str] = []

    def on_step(self, event: StepEvent) -> None:
        if not self.seen:
            self.seen.append("step")
            self.before()

    def on_validation(self, event: ValidationEvent) -> None:
        if self.seen == ["step"]:
            self.seen.append("validation")
            self.after()


def letters(path: Path) -> bool:
    """Whether the model of a folder is the one of words; its parts must be of one model."""
    model: Any = unspool.load(path)
    assert model.network.vocabulary_size == model.tokenizer.vocabulary_size
    known = set(model.tokenizer.vocabulary)
    assert ("a" in known) != ("7" in known)
    return "a" in known


def test_a_reader_during_a_run_gets_the_old_model_whole_and_then_the_new_one(old: Path, digits: Path) -> None:
    figures = unspool.load(old).evaluate()
    saved = old.with_name("saved")

    def before() -> None:
        with pytest.warns(unspool.ModelFolderWarning, match=EARLIER):
            model = unspool.load(old)
        assert model.path == old
        assert model.evaluate().bits_per_byte == figures.bits_per_byte
        assert "small" in model.card
        model.save(saved)
        with pytest.warns(unspool.ModelFolderWarning, match=EARLIER):
            assert "a" in read_pretrained(old).tokenizer.vocabulary

    watching = Watching(before, lambda: letters(old) and pytest.fail("the old model was opened"))
    train(digits, out=old, overwrite=True, callback=watching, **SHORT)
    assert watching.seen == ["step", "validation"]
    assert not letters(old)
    assert letters(saved)
    assert sorted(path.name for path in old.parent.iterdir()) == ["m", "saved"]


def test_a_model_that_is_open_follows_its_folder_and_is_told_when_that_is_gone(old: Path, digits: Path) -> None:
    model, another = unspool.load(old), old.with_name("another")
    figures, card = model.evaluate(), model.card

    def before() -> None:
        assert model.evaluate().bits_per_byte == figures.bits_per_byte
        assert model.card == card

    train(digits, out=old, overwrite=True, callback=Watching(before), **SHORT)
    for use in (model.evaluate, lambda: model.card, lambda: model.save(another)):
        with pytest.raises(ModelFolderError, match=f"^{old} was replaced since it was opened") as caught:
            use()
        assert caught.value.hint == "load it again."
    assert not another.exists()
    assert model.generate("a", max_new_tokens=3, seed=0)
    assert model.evaluate(digits).bits_per_byte > 0  # needs nothing of the folder
    shutil.rmtree(old)
    with pytest.raises(ModelFolderError, match="was removed since it was opened"):
        model.evaluate()


def test_a_reader_during_a_first_run_is_told_to_come_again(digits: Path, tmp_path: Path) -> None:
    path = tmp_path / "m"

    def before() -> None:
        with pytest.raises(ModelFolderError, match="is being trained, and has no model yet") as caught:
            unspool.load(path)
        assert caught.value.hint == "try again later."

    train(digits, out=path, callback=Watching(before, lambda: unspool.load(path)), **SHORT)


def test_what_a_killed_run_left_is_read_and_not_lost(old: Path, digits: Path) -> None:
    """At any moment: before the new folder is made, while the text is read, before the first weights."""
    set_aside(old)
    for make in (lambda: None, ModelFolder(old).create, lambda: (old / "config.json").write_text("{}")):
        make()
        with pytest.warns(unspool.ModelFolderWarning, match=EARLIER):
            assert letters(old)
        with pytest.raises(OutputError):
            train(digits, out=old, **SHORT)
        with pytest.raises(ModelFolderError):
            resume(old)
        assert (replaced(old) / "model.safetensors").exists()
    (old.parent / "bad.txt").write_text("x")
    with pytest.raises(DataError):
        train(old.parent / "bad.txt", out=old, overwrite=True, **SHORT)
    assert letters(old)
    assert not replaced(old).exists()


def test_a_run_in_the_place_of_a_killed_one_keeps_the_model_that_waits_until_it_has_one(
    old: Path, digits: Path
) -> None:
    set_aside(old)
    ModelFolder(old).create()

    def before() -> None:
        with pytest.warns(unspool.ModelFolderWarning, match=EARLIER):
            assert letters(old)

    train(digits, out=old, overwrite=True, callback=Watching(before), **SHORT)
    assert not letters(old)
    assert not replaced(old).exists()


def test_a_killed_run_that_replaces_a_model_is_resumed(old: Path, digits: Path) -> None:
    class Killed(BaseException):
        pass

    def kill() -> None:
        raise Killed

    with pytest.raises(Killed):
        train(digits, out=old, overwrite=True, callback=Watching(kill), **SHORT)
    with pytest.warns(unspool.ModelFolderWarning, match=EARLIER):
        assert letters(old)
    resume(old)
    assert not letters(old)
    assert not replaced(old).exists()


@pytest.fixture
def new(digits: Path, tmp_path: Path) -> Path:
    """A model of digits, somewhere else."""
    path = tmp_path / "new"
    train(digits, out=path, **SHORT)
    return path


def loaded(folder: ModelFolder) -> set[str]:
    return set(unspool.load(folder.path).tokenizer.vocabulary)  # type: ignore[attr-defined]


def test_a_folder_that_is_replaced_while_it_is_read_is_read_again(old: Path, new: Path) -> None:
    """At each of three moments of a swap."""

    def swap_at(moment: int) -> Callable[[ModelFolder], set[str]]:
        swap = [lambda: set_aside(old), lambda: shutil.copytree(new, old), lambda: drop_replaced(old)]

        def read(folder: ModelFolder) -> set[str]:
            for step in swap[:moment]:
                step()
            swap.clear()
            return loaded(folder)

        return read

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", unspool.ModelFolderWarning)
        assert "a" in read_whole(old, swap_at(1))
        bring_back(old)
        assert "7" in read_whole(old, swap_at(2))
        bring_back(old)
        assert "7" in read_whole(old, swap_at(3))


def test_a_folder_that_goes_away_and_comes_back_while_it_is_read_is_read_again(old: Path, new: Path) -> None:
    """A failed run lasts no longer than that."""
    readings = []

    def read(folder: ModelFolder) -> str:
        if not readings:
            set_aside(old)
            shutil.copytree(new, old)
            (old / "model.safetensors").unlink()
            tokenizer = (folder.path / "tokenizer.json").read_text()
            bring_back(old)
        else:
            tokenizer = (folder.path / "tokenizer.json").read_text()
        readings.append(tokenizer)
        return tokenizer

    model = unspool.load(old)
    assert '"a"' in read_whole(old, read)
    assert len(readings) == 2
    assert model.evaluate().bits_per_byte > 0  # the model that was open before is still the same


def test_an_error_of_a_sound_folder_is_not_swallowed(old: Path) -> None:
    tries = []

    def read(folder: ModelFolder) -> None:
        tries.append(folder.path)
        raise KeyError("bug")

    with pytest.raises(KeyError, match="bug"):
        read_whole(old, read)
    assert tries == [old]


def test_a_folder_that_never_stays_the_same_is_given_up(old: Path) -> None:
    def read(folder: ModelFolder) -> None:
        config = (old / "config.json").read_bytes()
        (old / "config.json").unlink()
        (old / "config.json").write_bytes(config)

    with pytest.raises(ModelFolderError, match="times while it was read"):
        read_whole(old, read)


def test_a_new_model_is_told_from_the_old_one_though_it_has_its_inodes(old: Path, new: Path) -> None:
    """A file system gives the inode of a removed file to the next: here the same files get other content."""
    model = unspool.load(old)
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (old / name).write_bytes((new / name).read_bytes())
    with pytest.raises(ModelFolderError, match="was replaced since it was opened"):
        model.evaluate()


def test_saving_over_a_model_keeps_it_until_the_copy_is_whole(
    old: Path, new: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(*_: object, **__: object) -> None:
        with pytest.warns(unspool.ModelFolderWarning, match=EARLIER):
            assert letters(old)
        raise Killed

    model = unspool.load(new)
    monkeypatch.setattr("unspool.folder.copies.write_atomically", kill)
    with pytest.raises(Killed):
        model.save(old, overwrite=True)
    assert letters(old)
    monkeypatch.undo()
    model.save(old, overwrite=True)
    assert not letters(old)
    assert sorted(path.name for path in old.parent.iterdir()) == ["m", "new"]
    assert {path.name for path in old.iterdir()} == {path.name for path in new.iterdir()} - {"training"}


def test_a_model_is_not_saved_into_its_own_folder(old: Path) -> None:
    model = unspool.load(old)
    for place in (old, old / "inside", old / ".." / "m"):
        with pytest.raises(OutputError, match="into its own folder"):
            model.save(place, overwrite=True)
    assert model.evaluate().bits_per_byte > 0


def test_a_model_that_is_being_saved_from_a_folder_which_is_replaced_leaves_nothing(
    old: Path, new: Path, tmp_path: Path
) -> None:
    model = unspool.load(old)
    set_aside(old)
    shutil.copytree(new, old)
    drop_replaced(old)
    with pytest.raises(ModelFolderError, match="was replaced since it was opened"):
        model.save(tmp_path / "saved")
    assert not (tmp_path / "saved").exists()
