"""Processes that train into one folder, and one that reads it; each run is known by its seed.

Two runs in a row differ in their alphabet and in their size, so that a mixture of two would be noticed.
"""

import json
import os
import random
import signal
import sys
import time
import warnings
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import unspool
from helpers.small import TINY
from unspool.errors import DataError, ModelFolderError, OutputError
from unspool.folder.model_folder import ModelFolder
from unspool.tasks.opening import read_recipe
from unspool.training.callback import Callback, ValidationEvent


def alphabet(seed: int) -> str:
    """The characters of the text of a run."""
    return "".join(chr(0x3B1 + 30 * (seed % 5) + index) for index in range(8 + seed % 7))


def hidden_size(seed: int) -> int:
    return 8 + seed % 9


def seed_of(folder: ModelFolder) -> int:
    return int(read_recipe(folder).training.seed)


def checked(path: Path, held_out: bool = True) -> int:
    """Open the model of a folder, use all that belongs to it, and return the seed of its run.

    Args:
        path: is that of the folder.
        held_out: evaluates on the held-out part as well, which a model that was saved does not have.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", unspool.ModelFolderWarning)
        model: Any = unspool.load(path, engine="numpy")
    seed = int(model.read_folder(seed_of))
    known = {token for token in model.tokenizer.vocabulary if len(token) == 1}
    assert known == set(alphabet(seed)), (seed, known)
    assert model.config.network.decoder.hidden_size == hidden_size(seed)
    assert set(model.generate("", max_new_tokens=5, seed=0)) <= known
    assert not held_out or model.evaluate().bits_per_byte > 0
    return seed


class Noting(Callback):
    """Appends the seed of a run to a list whenever its model was kept: the lock is held then, so they are in order."""

    def __init__(self, path: Path, kept: Path) -> None:
        self.path, self.kept = path, kept

    def on_validation(self, event: ValidationEvent) -> None:
        if event.best:
            note(self.kept, seed_of(ModelFolder(self.path)))


def note(place: Path, value: object) -> None:
    with place.open("a", encoding="utf-8") as file:
        file.write(json.dumps(value) + "\n")


def noted(place: Path) -> list[Any]:
    return [json.loads(line) for line in place.read_text(encoding="utf-8").splitlines()] if place.exists() else []


def train_for_ever(path: Path, kept: Path, problems: Path, seed: int) -> None:
    """Train models one after the other in the place of what is there; some runs go on with one, and some fail.

    Args:
        path: is that of the folder.
        kept: lists the seeds of the models that were kept.
        problems: lists what must not happen.
        seed: is that of the first run; each adds one.
    """
    warnings.simplefilter("ignore", unspool.ModelFolderWarning)
    generator = random.Random(seed)
    callback = Noting(path, kept)
    while True:
        try:
            kind = generator.random()
            if kind < 0.2:
                unspool.resume(path, callback=callback)
            else:
                train_one(path, callback, seed, generator.choice((2, 8, 30)), text="x" if kind < 0.3 else "")
        except (DataError, ModelFolderError):
            pass  # too little to learn from; nothing to go on with
        except OutputError as error:
            if "one process at a time" not in error.message:
                note(problems, f"{error}")
            time.sleep(0.01)
        except Exception as error:
            note(problems, f"training: {error!r}")
        seed += 1


def train_one(path: Path, callback: Callback, seed: int, steps: int, text: str = "") -> None:
    source = path.with_name(f"{seed}.txt")
    source.write_text(text or alphabet(seed) * 60, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", unspool.ModelFolderWarning)
        settings = {**TINY, "hidden_size": hidden_size(seed), "steps": steps, "validations": 4, "seed": seed}
        unspool.train(source, out=path, overwrite=True, callback=callback, **settings)


def read_for_ever(path: Path, read: Path, problems: Path) -> None:
    """Open the model again and again, and list the seeds."""
    while True:
        try:
            note(read, checked(path))
        except ModelFolderError as error:
            if "since it was opened" not in error.message:  # while it was in use
                note(problems, f"reading: {error}")
        except Exception as error:
            note(problems, f"reading: {error!r}")


CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.utime")


def die_at(moment: int, action: Callable[..., None], *arguments: object) -> None:
    """Do something, and be killed right before the so many-th change of the file system."""
    numbers = count(1)

    def hook(event: str, args: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        if (event in CHANGES or writes) and next(numbers) == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    action(*arguments)


def save_over(path: Path, other: Path) -> None:
    """Save another model over one."""
    unspool.load(other, engine="numpy").save(path, overwrite=True)


def fail_over(path: Path, other: Path) -> None:
    """Begin a run over a model that fails while it reads the data."""
    try:
        train_one(path, Callback(), seed=1, steps=1, text="x")
    except DataError:
        return
    raise AssertionError


def train_over(path: Path, other: Path) -> None:
    """Train another model in the place of one."""
    train_one(path, Callback(), seed=1, steps=2)
