"""What somebody may have meant who named no model: the models nearby, or the command that learns what was named."""

import os
from contextlib import suppress
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from unspool.errors import ModelFolderError, shell_command, shell_word
from unspool.folder.atomic import CONFIG, UNFINISHED, WEIGHTS, is_model, waiting
from unspool.folder.serialization import RESTORE

RUNS = Path("runs")  # where the command line writes models
MAX_SEEN = 500  # entries of a folder that are looked at
NAMED = 3  # models that a hint names
TEXTS = (".txt", ".md")  # endings of files that can be learnt for certain
TRAIN = "train one with `unspool train`, or name the folder that holds config.json."
START = 4096  # bytes of a file that are looked at


def no_model_at(path: Path, missing: str = CONFIG) -> ModelFolderError:
    """Make the error for a path at which there is no model.

    Args:
        path: was named.
        missing: is the name of the file that is not there.
    """
    if path.is_file():
        return _of_file(path)
    if not (path.exists() or waiting(path)):
        return ModelFolderError(f"{path} does not exist, so it is not a model folder.", _models_near(path) or TRAIN)
    training, below = path / "training", models_in(path)
    if is_model(path):
        return ModelFolderError(f"{path} has no {missing}, so it is no whole model.", RESTORE)
    if any(file.exists() for file in (path / "recipe.toml", training / "last.safetensors", training / UNFINISHED)):
        hint = f"its training was cut off: go on with `{shell_command('train', '--resume', path)}`."
    elif waits := waiting(path):
        hint = f"an earlier model waits in {waits[-1]}: train with --overwrite to replace it."
    elif below:
        hint = f"models in it: {_listed(below)}."
    elif _has_text(path):
        hint = f"`{shell_command('train', path)}` learns the texts in it.{_then(_models_near(path))}"
    else:
        hint = _models_near(path) or TRAIN
    return ModelFolderError(f"{path} has no {missing}, so it is not a model folder.", hint)


def models_in(folder: Path) -> list[Path]:
    """Return the models in a folder, the latest first; none where it cannot be read."""
    found: list[tuple[float, Path]] = []
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in islice(entries, MAX_SEEN):
            path = folder / entry.name
            if not entry.name.startswith(".") and is_model(path):
                found.append(((path / WEIGHTS).stat().st_mtime, path))
    return [path for _, path in sorted(found, key=lambda one: (-one[0], one[1]))]


def _of_file(path: Path) -> ModelFolderError:
    """Make the error for a file in place of a model."""
    if is_model(path.parent):
        message = f"a model is a folder. Received: {path}, a file of one."
        return ModelFolderError(message, f"name the folder: {shell_word(path.parent)}.")
    what, learns = ("a text", "learns it") if _looks_like_text(path) else ("a file", "learns from a file")
    hint = f"`{shell_command('train', path)}` {learns}.{_then(_models_near(path))}"
    return ModelFolderError(f"a model is a folder. Received: {path}, {what}.", hint)


def _looks_like_text(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(START)
    except OSError:
        return False
    return bool(start) and b"\0" not in start


def _models_near(path: Path) -> str:
    """Name the models whose names are close to that of a path, else the latest ones; empty where there are none."""
    models = list(dict.fromkeys((*models_in(path.parent), *models_in(RUNS))))
    if not models:
        return ""
    by_end = {one.name.lower(): one for one in reversed(models)}
    close = [by_end[name] for name in get_close_matches(path.name.lower(), by_end, NAMED, 0.5)]
    if close:
        return f"did you mean {' or '.join(shell_word(one) for one in close)}?"
    return f"models here, the latest first: {_listed(models)}."


def _then(sentence: str) -> str:
    """Return a sentence as it follows another; empty where there is none."""
    return f" {sentence[0].upper()}{sentence[1:]}" if sentence else ""


def latest_models() -> str:
    """Name the latest models that the command line wrote here; empty where there are none."""
    models = models_in(RUNS)
    return f"the latest here: {_listed(models)}." if models else ""


def _listed(models: list[Path]) -> str:
    more = f" and {len(models) - NAMED} more" if len(models) > NAMED else ""
    return ", ".join(shell_word(one) for one in models[:NAMED]) + more


def _has_text(folder: Path) -> bool:
    with suppress(OSError), os.scandir(folder) as entries:
        return any(entry.name.endswith(TEXTS) for entry in islice(entries, MAX_SEEN))
    return False
